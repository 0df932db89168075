"""Access tokens: JWT (RFC 7519), HS256, signed with `JWT_SECRET` (contract 3.1).

`gen` is the account's token generation: raising it (a new password, a disabled account) revokes every older token.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import jwt
from django.conf import settings
from jwt.algorithms import HMACAlgorithm

from findr import clock
from findr.api.identity import Identity, Kind
from findr.errors import Unauthorized


class _KnownSecret(HMACAlgorithm):
    """HS256 that looks once whether a secret is some other kind of key, which takes longer than to verify a token with it."""

    prepare_key = lru_cache(maxsize=8)(HMACAlgorithm.prepare_key)


jwt.unregister_algorithm("HS256")
jwt.register_algorithm("HS256", _KnownSecret(HMACAlgorithm.SHA256))

KINDS = ("patient", "provider", "staff")


@dataclass(frozen=True)
class Claims:
    """What a token with a good signature says."""

    identity: Identity
    generation: int
    expires_at: datetime


def issue(identity: Identity, *, generation: int) -> str:
    """A token for `identity`, good for 30 days (patient), 7 days (provider) or 24 hours (staff)."""
    issued_at = clock.now()
    claims: dict[str, Any] = {
        "type": identity.kind,
        "userId": str(identity.user_id),
        "email": identity.email,
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + timedelta(days=settings.TOKEN_DAYS[identity.kind])).timestamp()),
        "gen": generation,
    }
    if identity.provider_id:
        claims["providerId"] = str(identity.provider_id)
    if identity.role:
        claims["role"] = identity.role
    return jwt.encode(claims, settings.JWT_SECRET, algorithm="HS256")


def verify(token: str) -> Claims:
    """The claims of a token whose signature and age are good.

    Raises:
        Unauthorized: `Invalid token`, or `Token expired`.
    """
    claims = _decode(token, settings.JWT_SECRET)
    if claims is None:
        raise Unauthorized("Invalid token")
    if claims.expires_at <= clock.now():
        raise Unauthorized("Token expired")
    return claims


def peek(header: str) -> Claims | None:
    """The claims behind an `Authorization` header if the signature is good; nothing is looked up, nothing raised."""
    scheme, _, token = header.partition(" ")
    return _decode(token.strip(), settings.JWT_SECRET) if scheme.lower() == "bearer" else None


@lru_cache(maxsize=2048)
def _decode(token: str, secret: str) -> Claims | None:
    # Kept, since each call asks twice, and whoever calls calls again: a good signature stays good. Whether the account
    # still stands is asked of the database each time.
    # The expiry is ours to check, against the one clock. A token without it is no token of ours.
    options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "type", "userId", "gen"]}
    try:
        raw = jwt.decode(token, secret, algorithms=["HS256"], options=cast("Any", options))
        if raw["type"] not in KINDS or (raw["type"] == "provider") != ("providerId" in raw):
            return None
        identity = Identity(
            kind=cast("Kind", raw["type"]),
            user_id=UUID(raw["userId"]),
            email=str(raw.get("email", "")),
            provider_id=UUID(raw["providerId"]) if "providerId" in raw else None,
            role=str(raw.get("role", "")),
        )
        return Claims(identity, int(raw["gen"]), datetime.fromtimestamp(int(raw["exp"]), UTC))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError):
        return None
