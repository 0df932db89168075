"""Who does something to a booking, and through which door. The system is an actor too."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from bookings.states import Role

Source = Literal["app", "web", "staff", "job", "webhook"]


@dataclass(frozen=True)
class Actor:
    """The `actor` and `context` of a history event (contract 12.2)."""

    role: Role
    user_id: UUID | None
    source: Source

    def as_system(self) -> "Actor":
        """The system, acting on what this actor set in motion: same door, nobody's decision."""
        return Actor(Role.SYSTEM, None, self.source)


JOB = Actor(Role.SYSTEM, None, "job")
WEBHOOK = Actor(Role.SYSTEM, None, "webhook")
