"""The 3-D Secure page, as a browser sees it."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

CARD = "pm_card_authenticationRequired"
BUTTONS = [("complete", "Complete authentication"), ("fail", "Fail authentication")]


def browse(url, method="GET", **form):
    """Status, headers and text of a page; redirects are not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, f"{parts.path}?{parts.query}", urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_shows_what_is_asked_and_two_buttons(hold, sandbox):
    intent = hold(CARD)
    url = sandbox.stripe.authentication_url(intent.id)

    status, headers, page = browse(url)

    assert url.startswith(f"{sandbox.base_url}/__stripe/3d-secure/{intent.id}?client_secret=")
    assert url == intent.next_action.use_stripe_sdk.stripe_js
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Pay 50.00 USD to FINDR SANDBOX with the card ending in 3184." in page
    assert re.findall(r'name="outcome" value="(\w+)">([^<]+)<', page) == BUTTONS
    assert sandbox.stripe.intent(intent.id)["status"] == "requires_action"


@pytest.mark.parametrize(
    ("outcome", "status", "title"),
    [
        ("complete", "requires_capture", "Authentication complete"),
        ("fail", "requires_payment_method", "Authentication failed"),
    ],
)
def test_a_button_ends_it(hold, sandbox, outcome, status, title):
    intent = hold(CARD)
    url = sandbox.stripe.authentication_url(intent.id)

    answered, _, page = browse(url, "POST", outcome=outcome)

    assert (answered, sandbox.stripe.intent(intent.id)["status"]) == (200, status)
    assert f"<h1>{title}</h1>" in page
    again, _, page = browse(url, "POST", outcome=outcome)
    assert (again, sandbox.stripe.intent(intent.id)["status"]) == (409, status)


def test_says_when_the_bank_declines_after_all(hold, sandbox):
    intent = hold("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")

    _, _, page = browse(sandbox.stripe.authentication_url(intent.id), "POST", outcome="complete")

    assert "<h1>Your bank declined the payment</h1>" in page
    assert sandbox.stripe.intent(intent.id)["status"] == "requires_payment_method"


@pytest.mark.parametrize(("outcome", "said"), [("complete", "succeeded"), ("fail", "failed")])
@pytest.mark.parametrize("back", ["https://findr.test/back?booking=b1#top", "findr://payment/back"])
def test_goes_back_to_where_the_app_wants(hold, sandbox, outcome, said, back):
    intent = hold(CARD, return_url=back)
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.return_url == back

    status, headers, _ = browse(intent.next_action.redirect_to_url.url, "POST", outcome=outcome)

    gone, wanted = urlsplit(headers["Location"]), urlsplit(back)
    assert status == 303
    assert (gone.scheme, gone.netloc, gone.path, gone.fragment) == (
        wanted.scheme,
        wanted.netloc,
        wanted.path,
        wanted.fragment,
    )
    assert parse_qs(gone.query) == {
        **parse_qs(wanted.query),
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": [said],
    }


def test_stripes_own_form_needs_no_redirect(hold):
    intent = hold(CARD, return_url="https://findr.test/back", use_stripe_sdk=True)

    assert intent.next_action.type == "use_stripe_sdk"


def test_serves_the_saving_of_a_card_too(api, sandbox):
    customer = api.customers.create({})
    setup = api.setup_intents.create({"customer": customer.id})
    sandbox.stripe.confirm(setup.id, payment_method=CARD, return_url="findr://wallet")
    url = sandbox.stripe.authentication_url(setup.id)

    _, _, page = browse(url)
    _, headers, _ = browse(url, "POST", outcome="complete")

    assert "Save with the card" not in page
    assert "Save the card ending in 3184." in page
    assert parse_qs(urlsplit(headers["Location"]).query)["setup_intent"] == [setup.id]
    assert [one["status"] for one in sandbox.stripe.setup_intents(customer.id)] == ["succeeded"]


@pytest.mark.parametrize("change", ["?client_secret=wrong", "", "?client_secret="])
def test_is_only_for_who_has_the_client_secret(hold, sandbox, change):
    intent = hold(CARD)
    url = sandbox.stripe.authentication_url(intent.id).partition("?")[0] + change

    assert [browse(url)[0], browse(url, "POST", outcome="complete")[0]] == [404, 404]
    assert sandbox.stripe.intent(intent.id)["status"] == "requires_action"


def test_an_unknown_payment_or_answer_changes_nothing(hold, sandbox):
    intent = hold(CARD)
    url = sandbox.stripe.authentication_url(intent.id)

    assert browse(url.replace(intent.id, "pi_unknown"))[0] == 404
    assert browse(url.replace(intent.id, "x"))[0] == 404
    assert browse(url, "POST", outcome="maybe")[0] == 400
    assert sandbox.stripe.intent(intent.id)["status"] == "requires_action"
