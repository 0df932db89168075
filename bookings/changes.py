"""What happened to a booking, in the product's words: each move, and what people are told beside moves."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from bookings.actors import Actor, Source
from bookings.models import BookingEvent
from bookings.states import ANSWERABLE, CANCELLED, Role, State


class ChangeKind(StrEnum):
    """The kinds of changes that owe different effects (contract 15.6)."""

    REQUESTED = "requested"
    AUTHENTICATION_REQUIRED = "authentication_required"
    CONFIRM_STARTED = "confirm_started"
    CARD_REFUSED = "card_refused"
    CONFIRMED = "confirmed"
    TIMES_SUGGESTED = "times_suggested"
    VISIT_WENT_ON = "visit_went_on"
    MOVED = "moved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PAYMENT_FAILED = "payment_failed"
    REFUNDED = "refunded"


# Lines of history that are no move, and what they are; of a refund people are not always told.
BESIDE_MOVES = {
    "payment_authentication_required": ChangeKind.AUTHENTICATION_REQUIRED,
    "payment_refunded": ChangeKind.REFUNDED,
    "moved": ChangeKind.MOVED,
}


@dataclass(frozen=True)
class Change:
    """One move of a booking, or, with equal states, something else that people are told.

    Attributes:
        beside_moves: what it is, if it is no move.
        owed_cents: captured money that goes back because of a cancellation; what is on its way already is not in it.
        line: the line of history that tells of it; None where nobody is mailed about it.
    """

    old: State
    new: State
    actor: Actor
    data: dict[str, Any] = field(default_factory=dict)
    beside_moves: ChangeKind | None = None
    owed_cents: int = 0
    line: BookingEvent | None = None

    def kind(self, *, is_declined: bool) -> ChangeKind:
        """What it is. `is_declined`: the booking ended by the provider's no, and not by a cancellation."""
        if self.beside_moves:
            return self.beside_moves
        if self.old == State.CONFIRMING and self.new in ANSWERABLE:
            return ChangeKind.CARD_REFUSED
        if self.new in CANCELLED:
            return ChangeKind.DECLINED if is_declined else ChangeKind.CANCELLED
        return _BY_STATE.get(self.new, ChangeKind.VISIT_WENT_ON)


_BY_STATE = {
    State.PENDING_CONFIRMATION: ChangeKind.REQUESTED,
    State.RESCHEDULE_PROPOSED: ChangeKind.TIMES_SUGGESTED,
    State.CONFIRMING: ChangeKind.CONFIRM_STARTED,
    State.CONFIRMED: ChangeKind.CONFIRMED,
    State.EXPIRED: ChangeKind.EXPIRED,
    State.PAYMENT_FAILED: ChangeKind.PAYMENT_FAILED,
}


def change_of(event: BookingEvent) -> Change | None:
    """The change that a line of history tells of; None if nobody is told of such a line."""
    beside_moves = BESIDE_MOVES.get(event.event_type)
    if not (beside_moves or event.is_move):
        return None
    actor = Actor(Role(event.actor_role), event.actor_user_id, cast("Source", event.source))
    return Change(State(event.old_state), State(event.new_state), actor, event.data, beside_moves, line=event)
