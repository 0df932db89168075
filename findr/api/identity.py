"""Who is asking: the verified identity behind a request (contract 1, 3)."""

from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from rest_framework.request import Request

Kind = Literal["patient", "provider", "staff"]


@dataclass(frozen=True)
class Identity:
    """A patient, a practice (through its account) or a staff member, as a token names them.

    Attributes:
        kind: the token's `type`.
        user_id: the account.
        provider_id: the practice, for a provider's account.
    """

    kind: Kind
    user_id: UUID
    email: str
    provider_id: UUID | None = None
    role: str = ""

    # What Django and REST framework ask of a user.
    is_authenticated = True
    is_active = True

    @property
    def id(self) -> UUID:
        """The identity's own id: limits, idempotency keys, devices and feeds belong to it."""
        return self.provider_id or self.user_id

    @property
    def limit_key(self) -> str:
        """The name under which this identity's calls are counted."""
        return f"{self.kind}:{self.id}"


def viewer_of(request: Request) -> Identity:
    """Who asks. For endpoints whose permission lets nobody in without a token."""
    return cast("Identity", request.user)


def known_viewer_of(request: Request) -> Identity | None:
    """Who asks, on an endpoint that takes anybody; None without a good token."""
    user: Any = request.user
    return user if isinstance(user, Identity) else None
