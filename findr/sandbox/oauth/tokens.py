"""The token and revocation endpoints (RFC 6749 sections 4.1.3, 5 and 6, RFC 7636 section 4.6, RFC 7009)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.errors import NOT_KEPT, OAuthError
from findr.sandbox.oauth.parameters import check_client, read_form, read_once
from findr.sandbox.oauth.settings import IssuerSettings, Rotation
from findr.sandbox.oauth.store import ACCESS, CODE, GRANT, REFRESH, GrantStore

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class TokenEndpoint:
    """Turns codes and refresh tokens into access tokens."""

    def __init__(self, settings: IssuerSettings, store: GrantStore, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._kinds = {"authorization_code": self._by_code, "refresh_token": self._by_refresh_token}

    def issue(self, request: Request, *_ids: str) -> Answer:
        """Answer a token request."""
        form = read_form(request)
        client = check_client(request, form, self._settings.clients)
        kind = self._kinds.get(form.get("grant_type", ""))
        if kind is None:
            raise OAuthError("unsupported_grant_type", f"A grant_type is one of {', '.join(self._kinds)}.")
        return json_answer(200, kind(client, form), NOT_KEPT)

    def revoke(self, request: Request, *_ids: str) -> Answer:
        """Kill the grant behind a token. An unknown token is nothing wrong: it is worth nothing already."""
        form = {**read_once(request.query), **(read_form(request) if request.body else {})}
        client = None
        if self._settings.revoking_needs_secret:
            client = check_client(request, form, self._settings.clients)
        if not form.get("token"):
            raise OAuthError("invalid_request", "Name the token.")
        found = self._store.find(REFRESH, form["token"]) or self._store.find(ACCESS, form["token"])
        if found:
            grant = self._store.grant_of(found)
            if client not in (None, grant["client_id"]):
                raise OAuthError("unauthorized_client", "This token was given to another client.")
            self._store.kill(grant, "revoked")
        elif self._settings.revokes_known_only:
            raise OAuthError("invalid_token", "Token expired or revoked", 400)
        return json_answer(200, {}, NOT_KEPT)

    def access(self, grant: Object, scopes: list[str]) -> Object:
        """A token answer with a new access token for these of the grant's scopes."""
        lives = self._settings.access_seconds
        made = self._store.make(ACCESS, grant=grant["id"], scopes=scopes, expires_at=self._clock.now() + lives)
        answer = {"access_token": made["id"], "token_type": "Bearer", "expires_in": lives, "scope": " ".join(scopes)}
        return self._settings.complete(grant, answer)

    def expire(self, grants: list[Object]) -> int:
        """The access tokens of these grants are too old now; how many there were."""
        now = self._clock.now()
        found = [token for grant in grants for token in self._store.access_of(grant) if token["expires_at"] > now]
        for token in found:
            self._store.save(ACCESS, {**token, "expires_at": now})
        return len(found)

    def _by_code(self, client: str, form: Mapping[str, str]) -> Object:
        code = self._store.find(CODE, form.get("code"))
        grant = self._store.grant_of(code) if code else None
        if code is None or grant is None or grant["client_id"] != client:
            raise OAuthError("invalid_grant", "There is no such code.")
        if code["used"]:
            # Two hold it, and one of them stole it: nothing that came of it is safe (RFC 6749 section 4.1.2).
            self._store.kill(grant, "its code was used twice")
            raise OAuthError("invalid_grant", "The code has been used.")
        if code["expires_at"] <= self._clock.now() or grant["dead"]:
            raise OAuthError("invalid_grant", "The code is too old.")
        if form.get("redirect_uri") != code["redirect_uri"]:
            raise OAuthError("invalid_grant", "The redirect_uri is not the one that the code was sent to.")
        _check_verifier(code["challenge"], form.get("code_verifier"))
        self._store.save(CODE, {**code, "used": True})
        return self.access(grant, grant["scopes"]) | (self._refresh_token(grant) if grant["offline"] else {})

    def _by_refresh_token(self, client: str, form: Mapping[str, str]) -> Object:
        token = self._store.find(REFRESH, form.get("refresh_token"))
        grant = self._store.grant_of(token) if token else None
        if token is None or grant is None or grant["client_id"] != client:
            raise OAuthError("invalid_grant", "There is no such refresh token.")
        if token["retired"] or grant["refresh_dead"]:
            raise OAuthError("invalid_grant", "The refresh token has been expired or revoked.")
        scopes = form["scope"].split() if form.get("scope") else grant["scopes"]
        if not set(scopes) <= set(grant["scopes"]):
            raise OAuthError("invalid_scope", "More is asked for than was granted.")
        grant = self._store.save(GRANT, {**grant, "refreshes": grant["refreshes"] + 1})
        answer = self.access(grant, scopes)
        if self._settings.rotation is Rotation.NEVER:
            return answer
        if self._settings.rotation is Rotation.RETIRES_OLD:
            self._store.save(REFRESH, {**token, "retired": True})
        return answer | self._refresh_token(grant)

    def _refresh_token(self, grant: Object) -> Object:
        return {"refresh_token": self._store.make(REFRESH, grant=grant["id"], retired=False)["id"]}


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    """The code is for whoever made the challenge."""
    if challenge is None and verifier is None:
        return
    if challenge is None or verifier is None or not VERIFIER.fullmatch(verifier):
        raise OAuthError("invalid_grant", "The code_verifier is missing, malformed, or nobody asked for it.")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not secrets.compare_digest(digest, challenge):
        raise OAuthError("invalid_grant", "The code_verifier is not the one of the challenge.")
