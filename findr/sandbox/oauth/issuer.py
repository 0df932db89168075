"""A vendor's issuer: its pages and endpoints under the vendor's own paths, and the check of its tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from findr.sandbox.exchange import Answer, Request
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.authorize import AuthorizePage
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.settings import IssuerSettings
from findr.sandbox.oauth.store import ACCESS, GrantStore
from findr.sandbox.oauth.tokens import TokenEndpoint
from findr.sandbox.routes import RouteTable, UnknownPath
from findr.sandbox.vendor import Context


class Issuer:
    """Everything about a vendor's tokens."""

    def __init__(self, settings: IssuerSettings, context: Context) -> None:
        self.store = GrantStore(context.ledger)
        self._settings = settings
        self._clock = context.clock
        page = AuthorizePage(settings, self.store, context.clock)
        self.tokens = TokenEndpoint(settings, self.store, context.clock)
        routes: dict[tuple[str, str], Callable[..., Answer]] = {
            ("GET", settings.authorize_path): page.show,
            ("POST", settings.authorize_path): page.decide,
            ("POST", settings.token_path): self.tokens.issue,
        }
        if settings.revoke_path:
            routes["POST", settings.revoke_path] = self.tokens.revoke
        self._table = RouteTable(routes)

    def answer(self, request: Request) -> Answer | None:
        """Answer what is asked of the issuer; None for anything else."""
        try:
            _, handler, ids = self._table.find(request.method, request.path)
        except UnknownPath:
            return None
        try:
            return handler(request, *ids)
        except OAuthError as error:
            return self._settings.render(error)

    def grant_of(self, request: Request, needs: Iterable[str] = ()) -> Object:
        """The grant behind an API call's bearer token; OAuthError if it has none that lives, or not these scopes."""
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        token = self.store.find(ACCESS, word) if scheme.lower() == "bearer" else None
        grant = self.store.grant_of(token) if token else None
        if token is None or grant is None or grant["dead"] or token["expires_at"] <= self._clock.now():
            raise OAuthError("invalid_token", "The access token is missing, unknown, too old or revoked.")
        if not set(needs) <= set(token["scopes"]):
            raise OAuthError("insufficient_scope", f"This needs {' '.join(needs)}.")
        return grant
