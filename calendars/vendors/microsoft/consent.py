"""Consent to a Microsoft calendar. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow"""

from collections.abc import Mapping

from calendars.vendors.base import Access, Consent, ConsentNarrowed, ExchangeFailed, Grant, Tokens
from calendars.vendors.calls import making_sense
from calendars.vendors.microsoft import client
from calendars.vendors.tokens import tokens_of
from findr.vendors.budget import Budget

# The tenant in which all personal accounts live.
# https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#payload-claims
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"


def consent(state: str) -> Consent:
    """Where to send somebody; the flow is kept, verifier and nonce in it."""
    url, flow = client.consent_flow(state)
    return Consent(url, flow)


def exchange(kept: Mapping[str, object], answer: Mapping[str, str], seconds: float) -> Grant:
    """Tokens for the code of a callback, and whose they are.

    What was allowed is checked, though Microsoft's page has nothing to untick: an administrator may have.
    There is nothing to give back: it has no call that takes back one grant.
    """
    if answer.get("error") in ("access_denied", "consent_required"):
        raise ConsentNarrowed(client.SCOPES)
    if not answer.get("code"):
        raise ExchangeFailed("Microsoft's callback came without a code.")
    budget = Budget(seconds)
    raw = client.tokens_of_code(kept, answer, seconds=budget.left())
    tokens = tokens_of(client.VENDOR, raw)
    allowed = {scope.rpartition("/")[2].lower() for scope in tokens.scopes}
    if missing := [scope for scope in client.SCOPES if scope.lower() not in allowed]:
        raise ConsentNarrowed(missing)
    if not tokens.refresh_token:
        raise ExchangeFailed("Microsoft gave no refresh token.")
    with making_sense(client.VENDOR):
        is_personal = raw["id_token_claims"]["tid"] == PERSONAL_TENANT
    return Grant(tokens, _email(tokens, budget), is_personal)


def _email(tokens: Tokens, budget: Budget) -> str:
    """The mailbox's address; personal accounts have no `mail`, and sign in with it."""
    operation = client.Operation(Access(tokens.access_token, ""), budget.left())
    try:
        person = operation.ask("GET", "/me", query={"$select": "mail,userPrincipalName"})
    finally:
        operation.close()
    with making_sense(client.VENDOR):
        return str(person["mail"] or person["userPrincipalName"])
