"""Consent to a Google calendar. https://developers.google.com/identity/protocols/oauth2/web-server"""

from collections.abc import Mapping

from calendars.vendors.base import Access, Consent, ConsentNarrowed, ExchangeFailed, Grant, Tokens
from calendars.vendors.calls import making_sense
from calendars.vendors.google import client
from calendars.vendors.tokens import tokens_of
from findr.vendors.budget import Budget

_SCOPE = "https://www.googleapis.com/auth/"
# The least that works. `calendar.events` and not `calendar.events.owned`: a practice's calendar is often one that is
# shared with it to be written to, and that is not owned. It does not cover free/busy, which `calendar.freebusy` does.
NEEDED = (
    f"{_SCOPE}calendar.freebusy",
    f"{_SCOPE}calendar.events",
    f"{_SCOPE}calendar.calendarlist.readonly",
    f"{_SCOPE}userinfo.email",
)
SCOPES = ("openid", *NEEDED)


def consent(state: str) -> Consent:
    """Where to send somebody; the verifier is kept."""
    url, verifier = client.consent_url(SCOPES, state)
    return Consent(url, {"code_verifier": verifier})


def exchange(kept: Mapping[str, object], answer: Mapping[str, str], seconds: float) -> Grant:
    """Tokens for the code of a callback, and whose they are."""
    if answer.get("error") == "access_denied":
        raise ConsentNarrowed(NEEDED)
    code = answer.get("code")
    if not code or answer.get("error"):
        raise ExchangeFailed("Google's callback came without a code.")
    budget = Budget(seconds)
    raw = client.tokens_of_code(code, str(kept["code_verifier"]), seconds=budget.left())
    tokens = tokens_of(client.VENDOR, raw)
    missing = [scope for scope in NEEDED if scope not in tokens.scopes]
    # What is of no use is forgotten, and not revoked: that would take back all that this person ever allowed findr, such as
    # a connection that works. https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
    if missing or not tokens.refresh_token:
        raise ConsentNarrowed(missing) if missing else ExchangeFailed("Google gave no refresh token.")
    return Grant(tokens, _email(tokens, budget))


def _email(tokens: Tokens, budget: Budget) -> str:
    operation = client.Operation(Access(tokens.access_token, ""), budget.left())
    person = operation.ask(lambda api: api.userinfo().get(), api="oauth2")
    with making_sense(client.VENDOR):
        return str(person["email"])
