"""Microsoft's SDK, msal, and Graph over HTTP. The one module that imports msal.

An msal application lives for one call: it keeps refused token requests and answers like ones with them, other people's too.
Graph has no SDK here; a session lives for one operation.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msal
import requests
from django.conf import settings

from calendars.vendors.base import Access, CalendarError, CalendarMissing, ExchangeFailed, GrantDead, Unavailable
from calendars.vendors.calls import CalendarCalls, making_sense
from calendars.vendors.limits import Mailbox, turn
from calendars.vendors.refusals import refusal
from calendars.vendors.rewriting import prepare, rewritten, time_outs
from findr.vendors.answers import word
from findr.vendors.budget import Budget

VENDOR = "Microsoft"
LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"
# Beside these msal asks for `openid`, `profile` and `offline_access` itself.
SCOPES = ["Calendars.ReadWrite", "User.Read"]
# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-codes-for-token-endpoint-errors
DEAD = ("invalid_grant", "interaction_required", "consent_required", "login_required", "unauthorized_client")
# https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
CALLS_AT_ONCE = 4
# Times in UTC, also where an event was made elsewhere; dates of whole days stay dates. The size is of pages for which $top
# cannot be asked: those of a delta.
HEADERS = {"Prefer": 'outlook.timezone="UTC", odata.maxpagesize=200', "Accept": "application/json"}
# What Graph says of an id that could not be one: there is no such thing.
NO_SUCH_ID = ("ErrorInvalidIdMalformed", "ErrorInvalidId")
MAX_PAGES = 100

T = TypeVar("T")
calls = CalendarCalls(VENDOR)


# --- Consent and tokens -----------------------------------------------------------------------------------------------
def consent_flow(state: str) -> tuple[str, dict[str, object]]:
    """Where to send somebody, and what msal wants to see again. Asks nobody."""
    flow = _application(_Wire(1)).initiate_auth_code_flow(
        SCOPES, redirect_uri=settings.MICROSOFT_REDIRECT_URI, state=state, response_mode="form_post"
    )
    url = _answered_by_get(str(flow.pop("auth_uri")))
    return rewritten(url, settings.MICROSOFT_BASE), flow


def tokens_of_code(flow: Mapping[str, object], answer: Mapping[str, str], *, seconds: float) -> dict[str, Any]:
    """The token endpoint's answer for the code of a callback, with `id_token_claims`.

    Raises:
        ExchangeFailed, RateLimited, Unavailable
    """
    if answer.get("state") != flow["state"]:
        raise ExchangeFailed("Microsoft's callback belongs to another consent.")
    with making_sense(VENDOR):
        made = _sign_in(seconds, lambda app: app.acquire_token_by_auth_code_flow(dict(flow), dict(answer)))
    if "access_token" not in made:
        raise ExchangeFailed(f"Microsoft took no code: {word(made.get('error'))}")
    return made


def tokens_of_refresh(refresh_token: str, *, seconds: float) -> dict[str, Any]:
    """The token endpoint's answer for a refresh token.

    Raises:
        GrantDead, RateLimited, Unavailable
    """
    with making_sense(VENDOR):
        made = _sign_in(seconds, lambda app: app.acquire_token_by_refresh_token(refresh_token, SCOPES))
    if "access_token" not in made:
        kind: type[CalendarError] = GrantDead if made.get("error") in DEAD else Unavailable
        raise kind(f"Microsoft refreshed no token: {word(made.get('error'))}")
    return made


def _sign_in(seconds: float, ask: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    wire = _Wire(seconds)
    try:
        return ask(_application(wire))
    except requests.RequestException as error:
        raise _no_answer(error) from None
    finally:
        wire.close()


def _application(wire: "_Wire") -> Any:
    return msal.ConfidentialClientApplication(
        settings.MICROSOFT_CLIENT_ID,
        client_credential=settings.MICROSOFT_CLIENT_SECRET,
        authority=f"{LOGIN}/{settings.MICROSOFT_TENANT_ID}",
        http_client=wire,
        instance_discovery=False,
    )


def _answered_by_get(url: str) -> str:
    """The consent page comes back with a GET. msal wants a POST, which would arrive from another site without any cookie,
    and warns of everything else.
    """
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), "response_mode": "query"}
    return urlunsplit(parts._replace(query=urlencode(query)))


@dataclass
class _Said:
    """An answer as msal reads one."""

    text: str
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """It is a good one."""


class _Wire:
    """msal's way out, which refuses outages before msal takes them for an answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._session = requests.Session()
        prepare(self._session, settings.MICROSOFT_BASE)

    def get(self, url: str, **_: Any) -> _Said:
        """The only thing that msal gets: where the tenant's endpoints are. They are the same for each, and documented:
        asking would put another call before each refresh, and one before showing a link.
        https://learn.microsoft.com/entra/identity-platform/v2-protocols#endpoints
        """
        tenant = f"{LOGIN}/{settings.MICROSOFT_TENANT_ID}"
        endpoints = {name: f"{tenant}/oauth2/v2.0/{path}" for name, path in _ENDPOINTS.items()}
        return _Said(json.dumps({"issuer": f"{tenant}/v2.0", **endpoints}))

    def post(self, url: str, **options: Any) -> requests.Response:
        """A token request."""
        answer = self._session.post(url, timeout=time_outs(self._seconds), **options)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise refusal(VENDOR, answer.status_code, retry_after=answer.headers.get("Retry-After"))
        said = _json(answer)
        if "error" not in said and "access_token" not in said:
            raise Unavailable("Microsoft's answer holds neither a token nor an error.")
        return answer

    def close(self) -> None:
        """Closes its connections."""
        self._session.close()


_ENDPOINTS = {"authorization_endpoint": "authorize", "token_endpoint": "token"}


# --- Graph ------------------------------------------------------------------------------------------------------------
class Operation:
    """The requests of one operation on somebody's behalf, which end together."""

    def __init__(self, access: Access, seconds: float) -> None:
        self._access = access
        self._budget = Budget(seconds)
        self._session = requests.Session()
        prepare(self._session, settings.MICROSOFT_BASE)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        missing: type[CalendarError] = CalendarMissing,
    ) -> dict[str, Any]:
        """Make one request of Graph, such as `ask("GET", "/me/calendars")`.

        Args:
            path: below the version; or a link of Graph's own.
            missing: what is not there if it answers 404 or 410.
        """
        url = path if path.startswith("http") else f"{GRAPH}/v1.0{path}"
        if query:
            url = f"{url}?{urlencode(query)}"
        with turn(Mailbox(VENDOR, self._access.email, at_once=CALLS_AT_ONCE), self._budget):
            answer = self._send(method, url, body)
            if answer.status_code >= 300:
                raise _refused(answer, missing)
        return {} if answer.status_code == 204 else _json(answer)

    def pages(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        missing: type[CalendarError] = CalendarMissing,
    ) -> Iterator[dict[str, Any]]:
        """Each page of a list. https://learn.microsoft.com/graph/paging

        Args:
            path: below the version; or a link that Graph gave, to go on with.
            missing: what is not there if a page answers 404 or 410.
        """
        answer = self.ask("GET", _own(path) if path.startswith("http") else path, query=query, missing=missing)
        for _ in range(MAX_PAGES):
            yield answer
            link = answer.get("@odata.nextLink")
            if not link:
                return
            if self._budget.is_over:
                break
            answer = self.ask("GET", _own(str(link)), missing=missing)
        raise Unavailable("Microsoft's list does not end in time.")

    def _send(self, method: str, url: str, body: Mapping[str, Any] | None) -> requests.Response:
        headers = {**HEADERS, "Authorization": f"Bearer {self._access.token}"}
        time_out = time_outs(self._budget.left())
        try:
            return self._session.request(method, url, json=body, headers=headers, timeout=time_out)
        except (requests.RequestException, OSError) as error:
            raise _no_answer(error) from None

    def close(self) -> None:
        """Closes its connections."""
        self._session.close()


def within(access: Access, seconds: float, work: Callable[[Operation], T]) -> T:
    """What `work` makes of an operation within `seconds` of wall clock."""

    def whole() -> T:
        operation = Operation(access, seconds)
        try:
            return work(operation)
        finally:
            operation.close()

    return calls.within(seconds, whole)


def _own(link: str) -> str:
    """A link of Graph's as one below its own address: a token goes nowhere else."""
    for base in (GRAPH, settings.MICROSOFT_BASE):
        if base and link.startswith(f"{base}/v1.0/"):
            return GRAPH + link.removeprefix(base)
    raise Unavailable("Microsoft's list goes on elsewhere.")


def _refused(answer: requests.Response, missing: type[CalendarError]) -> CalendarError:
    try:
        code = str(answer.json()["error"]["code"])
    except (ValueError, LookupError, TypeError):
        code = ""
    status = 404 if code in NO_SUCH_ID else answer.status_code
    return refusal(VENDOR, status, code, retry_after=answer.headers.get("Retry-After"), missing=missing)


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unavailable("Microsoft's answer is no object.")
    return said


def _no_answer(error: Exception) -> Unavailable:
    return Unavailable(f"Microsoft did not answer: {type(error).__name__}")
