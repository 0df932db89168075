"""A vendor's issuer: its pages and endpoints under the vendor's own paths, and the check of its tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

from findr.sandbox.exchange import Answer, Request
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.authorize import AuthorizePage
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.settings import IssuerSettings
from findr.sandbox.oauth.store import ACCESS, CODE, REFRESH, GrantStore
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
        # With what the log calls them.
        routes: dict[tuple[str, str], tuple[str, Callable[..., Answer]]] = {
            ("GET", settings.authorize_path): ("authorize", page.show),
            ("POST", settings.authorize_path): ("consent", page.decide),
            ("POST", settings.token_path): ("token", self.tokens.issue),
        }
        if settings.revoke_path:
            routes["POST", settings.revoke_path] = ("revoke", self.tokens.revoke)
        self._table = RouteTable(routes)

    def answer(self, request: Request) -> Answer | None:
        """Answer what is asked of the issuer; None for anything else."""
        try:
            _, (_, handler), ids = self._table.find(request.method, request.path)
        except UnknownPath:
            return None
        try:
            return handler(request, *ids)
        except OAuthError as error:
            return self._settings.render(error)

    def describe(self, request: Request) -> dict[str, str] | None:
        """What the log says of a call to the issuer: ``operation``, and ``account`` if a token or code names it."""
        try:
            _, (operation, _), _ = self._table.find(request.method, request.path)
        except UnknownPath:
            return None
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if operation == "token" and form.get("grant_type") == "refresh_token":
            operation = "refresh"
        words = (form.get(name) for name in ("refresh_token", "code", "token"))
        made = (self.store.find(kind, word) for word in words for kind in (REFRESH, CODE, ACCESS))
        accounts = (str(self.store.grant_of(thing)["account"]) for thing in made if thing)
        return {"operation": f"oauth.{operation}", "account": next(accounts, form.get("account", ""))}

    def account_of(self, request: Request) -> str:
        """Whose the bearer token of an API call is, whether or not it still works; empty if nobody's."""
        token = self._token(request)
        return str(self.store.grant_of(token)["account"]) if token else ""

    def scopes_of(self, request: Request) -> list[str]:
        """What the bearer token of an API call is good for."""
        token = self._token(request)
        return list(token["scopes"]) if token else []

    def grant_of(self, request: Request, needs: Iterable[str] = (), any_of: Iterable[str] = ()) -> Object:
        """The grant behind an API call's bearer token.

        OAuthError if it has none that lives, or not all the scopes that are needed, or not ``any_of`` those that do.
        """
        token = self._token(request)
        grant = self.store.grant_of(token) if token else None
        if token is None or grant is None or grant["dead"] or token["expires_at"] <= self._clock.now():
            raise OAuthError("invalid_token", "The access token is missing, unknown, too old or revoked.")
        has, enough = set(token["scopes"]), set(any_of)
        if not set(needs) <= has or (enough and not enough & has):
            raise OAuthError("insufficient_scope", f"This needs {' '.join([*needs, *sorted(enough)])}.")
        return grant

    def _token(self, request: Request) -> Object | None:
        scheme, _, word = request.headers.get("authorization", "").partition(" ")
        return self.store.find(ACCESS, word) if scheme.lower() == "bearer" else None
