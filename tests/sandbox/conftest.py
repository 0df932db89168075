"""The sandbox as its users meet it: a process of its own, driven by the real Stripe SDK."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.sandbox.client import SandboxClient
from findr.sandbox.process import start_sandbox

from .google_people import PAT, SCOPES, connect_google, service_of
from .receiver import SECRET, Receiver, receiving
from .toy_client import TOY
from .toy_vendor import Toy

SURFACES = ("api", "connect", "files", "meter_events")
HELD = {
    "amount": 5000,
    "currency": "usd",
    "capture_method": "manual",
    "confirm": True,
    "allowed_payment_method_types": ["card"],
    "payment_method": "pm_card_visa",
}


@pytest.fixture
def sandbox(sandbox_process: SandboxClient) -> SandboxClient:
    """The sandbox with nothing in it."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture(scope="session")
def both_url() -> Iterator[str]:
    """One sandbox with Stripe and Toy, for the tests that add a vendor."""
    with start_sandbox(vendors=[TOY]) as base_url:
        yield base_url


@pytest.fixture
def both(both_url: str) -> SandboxClient:
    """That sandbox with nothing in it."""
    client = SandboxClient(both_url, vendors=[Toy])
    client.reset()
    return client


@pytest.fixture
def connect() -> Iterator[Callable[..., stripe.StripeClient]]:
    """Makes Stripe clients for a sandbox's URL, and closes their connections."""
    made: list[stripe.RequestsClient] = []

    def make(base_url: str, timeout: float = 10, **options: Any) -> stripe.StripeClient:
        stripe.enable_telemetry = False
        http = stripe.RequestsClient(timeout=(3, timeout))
        made.append(http)
        bases = dict.fromkeys(SURFACES, SandboxClient(base_url).stripe.base_url)
        return stripe.StripeClient(
            options.pop("key", "sk_test_findr"), base_addresses=bases, http_client=http, **options
        )

    yield make
    for http in made:
        http.close()


@pytest.fixture
def api(sandbox: SandboxClient, connect: Callable[..., stripe.StripeClient]) -> Any:
    """Stripe's v1 services against the empty sandbox."""
    return connect(sandbox.base_url).v1


@pytest.fixture
def save_card(api: Any) -> Callable[..., Any]:
    """Saves a card for a customer, as an app with a setup intent does; gives its id."""

    def save(customer: str, card: str = "pm_card_visa") -> Any:
        params = {"customer": customer, "payment_method": card, "confirm": True}
        return api.setup_intents.create({"allowed_payment_method_types": ["card"], **params}).payment_method

    return save


@pytest.fixture
def hold(api: Any) -> Callable[..., Any]:
    """Puts a manual hold of $50 on a card."""

    def place(card: str = "pm_card_visa", options: dict[str, Any] | None = None, **changes: Any) -> Any:
        return api.payment_intents.create({**HELD, "payment_method": card, **changes}, options or {})

    return place


@pytest.fixture
def refusal() -> Callable[..., stripe.StripeError]:
    """Calls something that Stripe refuses and gives the SDK's error."""

    def catch(call: Callable[..., Any], *arguments: Any) -> stripe.StripeError:
        with pytest.raises(stripe.StripeError) as caught:
            call(*arguments)
        return caught.value

    return catch


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds, five seconds at most."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "it never came true"

    return wait


@pytest.fixture
def receiver(sandbox: SandboxClient) -> Iterator[Receiver]:
    """Takes the sandbox's webhooks, one at a time, and is never tried twice."""
    with receiving() as receiver:
        sandbox.stripe.webhooks.send_to(receiver.url, SECRET, retry_seconds=[], at_once=1)
        yield receiver
        sandbox.reset()


@pytest.fixture
def google(sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Google's control client; its libraries take http, and scopes other than those that were asked for."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    return sandbox.google


@pytest.fixture
def people(google: Any) -> Iterator[Callable[..., Any]]:
    """Connects accounts: the Calendar API as each of them, closed at the end."""
    made: list[Any] = []

    def connect_as(account: str = PAT, scopes: list[str] = SCOPES, **options: Any) -> Any:
        made.append(service_of(google, connect_google(google, account, scopes, **options)))
        return made[-1]

    yield connect_as
    for service in made:
        service.close()
