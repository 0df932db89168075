"""REST framework's door: the bearer token is the only proof of identity (contract 2.6, 3.1)."""

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from findr.accounts.models import User
from findr.api.identity import Identity
from findr.api.tokens import Claims, verify
from findr.errors import Unauthorized
from findr.postgresql.compiled_queries import compiled


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <jwt>` of an account that is active and has not been signed out."""

    def authenticate(self, request: Request) -> tuple[Identity, Claims]:
        """The identity behind the request.

        Raises:
            Unauthorized: no token, a bad or expired one, or one that has been revoked.
        """
        header = request.headers.get("Authorization", "").strip()
        if not header:
            raise Unauthorized("Authentication required - no token provided")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized("Authentication required - no token provided")
        claims = verify(token.strip())
        refuse_revoked(claims)
        return claims.identity, claims


class OptionalBearerToken(BearerToken):
    """For public endpoints, which ignore a missing or bad token (contract 3.1)."""

    def authenticate(self, request: Request) -> tuple[Identity, Claims] | None:  # type: ignore[override]
        try:
            return super().authenticate(request)
        except Unauthorized:
            return None


def refuse_revoked(claims: Claims) -> None:
    """The one database question of sign-in: does the account still stand behind this token?

    Raises:
        Unauthorized: disabled, signed out everywhere, gone, or another role or another practice's by now.
    """
    identity = claims.identity
    account = (identity.user_id, identity.kind, claims.generation)
    found = _desk(*account, identity.provider_id) if identity.kind == "provider" else _account(*account)
    if not found:
        raise Unauthorized("Invalid token")


@compiled
def _account(user_id: UUID, role: str, generation: int) -> QuerySet[User, UUID]:
    standing = User.objects.filter(id=user_id, role=role, is_active=True, token_generation=generation)
    return standing.order_by().values_list("id", flat=True)


@compiled
def _desk(user_id: UUID, role: str, generation: int, provider_id: UUID | None) -> QuerySet[User, UUID]:
    standing = User.objects.filter(id=user_id, role=role, is_active=True, token_generation=generation)
    return standing.filter(provider=provider_id).order_by().values_list("id", flat=True)
