"""The service account that sends: its signed assertions, and the access tokens that it gets for them.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest, RFC 7523.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.ledger import VendorLedger
from findr.sandbox.oauth.errors import NOT_KEPT, OAuthError

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Whatever address the token endpoint has here: the assertion names Google's own.
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPES = {
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/firebase.messaging",
}
LONGEST_SECONDS = 3600
TOKEN_SECONDS = 3599
TOKEN, ACCOUNT = "token", "account"


class ServiceAccount:
    """The account of the environment; without one no assertion is anybody's."""

    def __init__(self, environ: Mapping[str, str], ledger: VendorLedger, clock: Clock) -> None:
        self.project = environ.get("FIREBASE_PROJECT_ID", "")
        self._email = environ.get("FIREBASE_CLIENT_EMAIL", "")
        self._private_key = environ.get("FIREBASE_PRIVATE_KEY", "").replace("\\n", "\n")
        self._ledger = ledger
        self._clock = clock

    @cached_property
    def _public_key(self) -> Any:
        return load_pem_private_key(self._private_key.encode(), None).public_key()

    def exchange(self, request: Request) -> Answer:
        """The token endpoint: an access token for a good assertion.

        Raises:
            OAuthError
        """
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if form.get("grant_type") != GRANT_TYPE:
            raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        self._check(form.get("assertion", ""))
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._ledger.put(TOKEN, {"id": token, "expires_at": self._clock.now() + TOKEN_SECONDS})
        return json_answer(
            200, {"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}, dict(NOT_KEPT)
        )

    def _check(self, assertion: str) -> None:
        if not self._email or not self.is_alive:
            raise OAuthError("invalid_grant", "Invalid grant: account not found")
        try:
            # Its times are those of the caller's machine, which is this one, and not of a clock that was moved.
            claims = jwt.decode(
                assertion,
                self._public_key,
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=self._email,
                options={"require": ["iat", "exp", "aud", "iss"]},
            )
        except jwt.PyJWTError as error:
            raise OAuthError("invalid_grant", f"Invalid JWT: {error}") from error
        if claims["exp"] - claims["iat"] > LONGEST_SECONDS:
            raise OAuthError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).")
        if not SCOPES.intersection(str(claims.get("scope", "")).split()):
            raise OAuthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")

    def authorize(self, request: Request) -> None:
        """Let in whoever has a token of this account.

        Raises:
            OAuthError
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        known = self._ledger.get(TOKEN, token) if kind == "Bearer" else None
        if known is None or known["expires_at"] <= self._clock.now() or not self.is_alive:
            raise OAuthError("invalid_token", "The access token is unknown, too old, or its account is gone.")

    @property
    def is_alive(self) -> bool:
        """Whether the account's key is still good."""
        return bool((self._ledger.get(ACCOUNT, ACCOUNT) or {"alive": True})["alive"])

    def set_alive(self, *, alive: bool) -> None:
        """Its key is revoked, or good again; tokens that are out go with the key."""
        self._ledger.put(ACCOUNT, {"id": ACCOUNT, "alive": alive})
