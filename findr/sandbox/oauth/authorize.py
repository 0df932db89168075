"""The authorize endpoint and its consent page (RFC 6749 section 4.1.1 and 4.1.2, RFC 7636 section 4.3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer, Request
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.parameters import read_once
from findr.sandbox.oauth.settings import IssuerSettings
from findr.sandbox.oauth.store import CODE, GRANT, GrantStore
from findr.sandbox.pages import html_page, redirect

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
SOMEBODY = "somebody@example.test"
QUESTION = """<p>{client} wants to:</p>
<form method="post">
{boxes}
<p><label>As <input type="email" name="account" value="{account}" required></label></p>
<button type="submit" class="yes" name="outcome" value="allow">Allow</button>
<button type="submit" name="outcome" value="deny">Deny</button>
</form>
<p><small>This is the sandbox's test page: nobody's account is touched.</small></p>"""
BOX = '<label><input type="checkbox" name="scope" value="{scope}" checked> {words}</label>'
LINE = '<p>{words}<input type="hidden" name="scope" value="{scope}"></p>'
POSTING = """<form method="post" action="{address}">
{fields}
<button type="submit">Go on</button>
</form>
<script>document.forms[0].submit()</script>"""
FIELD = '<input type="hidden" name="{name}" value="{value}">'


class AuthorizePage:
    """Asks a person, and sends the browser back with a code or an error."""

    def __init__(self, settings: IssuerSettings, store: GrantStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock

    def show(self, request: Request, *_ids: str) -> Answer:
        """Show the question."""
        return self._told_back(request, self._question)

    def decide(self, request: Request, *_ids: str) -> Answer:
        """Take what the person clicked."""
        return self._told_back(request, lambda asked: self._decided(request, asked))

    def _told_back(self, request: Request, go_on: Callable[[Object], Answer]) -> Answer:
        """Errors go back to the client, unless it is the client or its address that is wrong."""
        try:
            asked = read_once(request.query)
        except OAuthError as error:
            return html_page(400, "This link is wrong", f"<p>{escape(error.description)}</p>")
        back = asked.get("redirect_uri", "")
        if asked.get("client_id") not in self._settings.clients or not self._settings.redirect_allowed(back):
            return html_page(400, "This link is wrong", "<p>It names no known client, or no address of its own.</p>")
        try:
            self._check(asked)
            return go_on(asked)
        except OAuthError as error:
            return _back(asked, {"error": error.code, "error_description": error.description})

    def _check(self, asked: Object) -> None:
        settings = self._settings
        if asked.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "Only codes are given here.")
        if asked.get("response_mode", "query") not in ("query", "form_post"):
            raise OAuthError("invalid_request", "The answer comes in a query or as a posted form.")
        unknown = set(_scopes(asked)) - set(settings.scopes) - settings.silent_scopes
        if unknown or not _scopes(asked):
            raise OAuthError("invalid_scope", f"Unknown, or none at all: {' '.join(sorted(unknown))}")
        _check_challenge(asked, required=settings.requires_pkce)
        settings.check(asked)

    def _question(self, asked: Object) -> Answer:
        settings = self._settings
        shape = BOX if settings.granular else LINE
        shown = [scope for scope in _scopes(asked) if scope not in settings.silent_scopes]
        boxes = [shape.format(scope=escape(scope), words=escape(settings.scopes[scope])) for scope in shown]
        account = escape(asked.get("login_hint", SOMEBODY))
        content = QUESTION.format(client=escape(asked["client_id"]), boxes="\n".join(boxes), account=account)
        return html_page(200, f"{settings.title}: connect your account", content)

    def _decided(self, request: Request, asked: Object) -> Answer:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        if form.get("outcome") != ["allow"]:
            raise OAuthError("access_denied", "The person said no.")
        asked_for = _scopes(asked)
        ticked = set(form.get("scope", [])) | self._settings.silent_scopes
        granted = [scope for scope in asked_for if scope in ticked]
        shown = set(asked_for) - self._settings.silent_scopes
        if shown and not shown & set(granted):
            raise OAuthError("access_denied", "The person allowed nothing.")
        if not self._settings.granular and granted != asked_for:
            raise OAuthError("access_denied", "This vendor's people allow all or nothing.")
        return _back(asked, {"code": self._code(asked, form.get("account", [SOMEBODY])[0], granted)})

    def _code(self, asked: Object, account: str, granted: list[str]) -> str:
        grant = self._store.make(
            GRANT,
            client_id=asked["client_id"],
            account=account,
            scopes=granted,
            nonce=asked.get("nonce"),
            offline=self._offline(asked, account),
            created=self._clock.now(),
            dead=None,
            refresh_dead=None,
            refreshes=0,
        )
        code = self._store.make(
            CODE,
            grant=grant["id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked.get("code_challenge"),
            expires_at=self._clock.now() + self._settings.code_seconds,
            used=False,
        )
        return str(code["id"])

    def _offline(self, asked: Object, account: str) -> bool:
        """Whether the code is good for a refresh token."""
        settings, client = self._settings, asked["client_id"]
        return settings.offline(asked) and (
            settings.offline_again(asked) or not self._store.holds_refresh_token(client, account)
        )


def _scopes(asked: Object) -> list[str]:
    return list(dict.fromkeys(asked.get("scope", "").split()))


def _check_challenge(asked: Object, *, required: bool) -> None:
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method", "plain")
    if challenge is None and required:
        raise OAuthError("invalid_request", "A code_challenge is required.")
    if challenge is not None and (method != "S256" or not CHALLENGE.fullmatch(challenge)):
        raise OAuthError("invalid_request", "A code_challenge is a SHA-256, and its method S256.")


def _back(asked: Object, told: dict[str, str]) -> Answer:
    """To the client's address, in its query or as a form that posts itself."""
    told = told | ({"state": asked["state"]} if "state" in asked else {})
    if asked.get("response_mode") != "form_post":
        return redirect(asked["redirect_uri"], told)
    fields = [FIELD.format(name=escape(name), value=escape(value)) for name, value in told.items()]
    content = POSTING.format(address=escape(asked["redirect_uri"]), fields="\n".join(fields))
    return html_page(200, "Going back", content)
