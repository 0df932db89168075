"""The bank's 3-D Secure page as a customer sees it in a browser: say yes or no, and go back to the app."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qs, urlencode

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.authentication import PAGE
from findr.sandbox.stripe.happenings import authenticate, fail_authentication
from findr.sandbox.wire import Answer, Request

KINDS = {"pi": "payment_intent", "seti": "setup_intent"}
OUTCOMES = {"complete": authenticate, "fail": fail_authentication}
DONE = ("succeeded", "requires_capture")
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem; color: #1f2937 }}
button {{ font: inherit; padding: .6rem 1rem; margin: .5rem .5rem 0 0; border: 1px solid #9ca3af; border-radius: .4rem }}
button[value=complete] {{ background: #1d4ed8; border-color: #1d4ed8; color: #fff }}
small {{ color: #4b5563 }}
</style></head>
<body><main><h1>{title}</h1>
{content}
</main></body></html>
"""
QUESTION = """<p>{what} the card ending in {last4}.</p>
<form method="post">
<button type="submit" name="outcome" value="complete">Complete authentication</button>
<button type="submit" name="outcome" value="fail">Fail authentication</button>
</form>
<p><small>This is the sandbox's test page: no bank is asked and no money moves.</small></p>"""
GO_BACK = "<p>You can close this page and return to the app.</p>"


def authentication_page(account: Account, request: Request) -> Answer:
    """Show the question (GET) or take its answer (POST); the page is for whoever has the client secret."""
    intent = _intent(account, request)
    if intent is None:
        return _page(404, "No such payment", "<p>The link is wrong or has been cut short.</p>")
    if intent["status"] != "requires_action":
        return _page(409, "Nothing to authenticate", "<p>This has been answered already, or given up.</p>")
    outcome = parse_qs(request.body.decode("utf-8", "replace")).get("outcome", [""])[0]
    if request.method != "POST":
        return _page(200, "Authenticate", _question(account, intent))
    if outcome not in OUTCOMES:
        return _page(400, "No answer", "<p>Go back and press one of the buttons.</p>")
    return _answer(account, intent, outcome)


def _intent(account: Account, request: Request) -> Object | None:
    identity = request.path.removeprefix(PAGE)
    kind = KINDS.get(identity.partition("_")[0])
    intent = account.find(kind, identity) if kind else None
    known = parse_qs(request.query).get("client_secret") == [intent["client_secret"]] if intent else False
    return intent if known else None


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
        return _page(200, "Authentication complete", GO_BACK)
    title = "Authentication failed" if outcome == "fail" else "Your bank declined the payment"
    return _page(200, title, GO_BACK)


def _redirect(back: str, intent: Object, status: str) -> Answer:
    kind = intent["object"]
    told: dict[str, Any] = {
        kind: intent["id"],
        f"{kind}_client_secret": intent["client_secret"],
        "redirect_status": status,
    }
    page, mark, fragment = back.partition("#")
    url = f"{page}{'&' if '?' in page else '?'}{urlencode(told)}{mark}{fragment}"
    return Answer(303, b"", {"Location": url, "Content-Type": "text/plain"})


def _page(status: int, title: str, content: str) -> Answer:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, FRAME.format(title=escape(title), content=content).encode(), headers)
