"""REST framework's door: the bearer token is the only proof of identity (contract 2.6, 3.1)."""

from collections.abc import Sequence
from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from findr.api.http import header
from findr.api.identity import Identity
from findr.api.tokens import Claims, verify
from findr.errors import Unauthorized
from findr.postgresql.statements import fetch


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <jwt>` of an account that is active and has not been signed out."""

    def authenticate(self, request: Request) -> tuple[Identity, Claims]:
        """The identity behind the request.

        Raises:
            Unauthorized: no token, a bad or expired one, or one that has been revoked.
        """
        given = (header(request, "Authorization") or "").strip()
        if not given:
            raise Unauthorized("Authentication required - no token provided")
        scheme, _, token = given.partition(" ")
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
    if not fetch(_STANDS, _asked_of(claims)):
        raise Unauthorized("Invalid token")


def revoked_among(tokens: Sequence[Claims]) -> list[Claims]:
    """Those behind which the account does not stand any more. One statement, whatever their number."""
    columns = [list(column) for column in zip(*map(_asked_of, tokens), strict=True)]
    return [tokens[position - 1] for (position,) in fetch(_REVOKED, columns)]


def _asked_of(claims: Claims) -> tuple[UUID, str, int, UUID | None]:
    identity = claims.identity
    return identity.user_id, identity.kind, claims.generation, identity.provider_id


# A provider's account stands behind the tokens of its own practice alone.
_STANDING = """
    SELECT 1 FROM accounts_user AS account
    LEFT JOIN providers_provider AS practice ON practice.account_id = account.id
    WHERE account.id = given.user_id AND account.role = given.role AND account.is_active
        AND account.token_generation = given.generation
        AND (given.provider_id IS NULL OR practice.id = given.provider_id)
"""
# Every call asks about one token: without arrays that takes half of the time.
_STANDS = f"""
    SELECT FROM (SELECT %s::uuid, %s::text, %s::bigint, %s::uuid) AS given (user_id, role, generation, provider_id)
    WHERE EXISTS ({_STANDING})
"""
_REVOKED = f"""
    SELECT given.position
    FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::uuid[])
        WITH ORDINALITY AS given (user_id, role, generation, provider_id, position)
    WHERE NOT EXISTS ({_STANDING})
"""  # noqa: S608 (no values)
