"""The bank's 3-D Secure page as a customer sees it in a browser: say yes or no, and go back to the app."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qs

from findr.sandbox.exchange import Answer, Request
from findr.sandbox.ledger import Object
from findr.sandbox.pages import html_page, redirect
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.scenarios import authenticate, fail_authentication

KINDS = {"pi": "payment_intent", "seti": "setup_intent"}
OUTCOMES = {"complete": authenticate, "fail": fail_authentication}
DONE = ("succeeded", "requires_capture")
QUESTION = """<p>{what} the card ending in {last4}.</p>
<form method="post">
<button type="submit" class="yes" name="outcome" value="complete">Complete authentication</button>
<button type="submit" name="outcome" value="fail">Fail authentication</button>
</form>
<p><small>This is the sandbox's test page: no bank is asked and no money moves.</small></p>"""
GO_BACK = "<p>You can close this page and return to the app.</p>"


def authentication_page(account: Account, request: Request, identity: str) -> Answer:
    """Show the question (GET) or take its answer (POST); the page is for whoever has the client secret."""
    intent = _intent(account, request, identity)
    if intent is None:
        return html_page(404, "No such payment", "<p>The link is wrong or has been cut short.</p>")
    if intent["status"] != "requires_action":
        return html_page(409, "Nothing to authenticate", "<p>This has been answered already, or given up.</p>")
    outcome = parse_qs(request.body.decode("utf-8", "replace")).get("outcome", [""])[0]
    if request.method != "POST":
        return html_page(200, "Authenticate", _question(account, intent))
    if outcome not in OUTCOMES:
        return html_page(400, "No answer", "<p>Go back and press one of the buttons.</p>")
    return _answer(account, intent, outcome)


def _intent(account: Account, request: Request, identity: str) -> Object | None:
    kind = KINDS.get(identity.partition("_")[0])
    intent = account.find(kind, identity) if kind else None
    return intent if intent and request.asked("client_secret") == intent["client_secret"] else None


def _question(account: Account, intent: Object) -> str:
    method = account.fetch("payment_method", intent["payment_method"])
    what = "Save"
    if intent["object"] == "payment_intent":
        what = f"Pay {intent['amount'] / 100:.2f} {intent['currency'].upper()} to FINDR SANDBOX with"
    return QUESTION.format(what=escape(what), last4=escape(method["card"]["last4"]))


def _answer(account: Account, intent: Object, outcome: str) -> Answer:
    back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    OUTCOMES[outcome](account, intent, {})
    passed = intent["status"] in DONE
    if back:
        return _redirect(back, intent, "succeeded" if passed else "failed")
    if passed:
        return html_page(200, "Authentication complete", GO_BACK)
    title = "Authentication failed" if outcome == "fail" else "Your bank declined the payment"
    return html_page(200, title, GO_BACK)


def _redirect(back: str, intent: Object, status: str) -> Answer:
    kind = intent["object"]
    told: dict[str, Any] = {
        kind: intent["id"],
        f"{kind}_client_secret": intent["client_secret"],
        "redirect_status": status,
    }
    return redirect(back, told)
