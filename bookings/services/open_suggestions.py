"""Which of the open suggestions a patient may still take (contract 10.3)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bookings import policies
from bookings.actors import Actor
from bookings.errors import (
    BookingNotPending,
    DecisionInProgress,
    NoPendingReschedule,
    SuggestedTimeExpired,
    SuggestedTimeNotFound,
)
from bookings.models import Booking, SuggestedTime
from bookings.states import WAITING, State, status_word
from bookings.transitions import effective_state
from findr import clock
from findr.errors import Invalid


def none_pending(booking: Booking, actor: Actor) -> NoPendingReschedule:
    """The refusal of an answer to suggestions of which none is open."""
    state = State(booking.state)
    return NoPendingReschedule(state=state, word=status_word(state, actor.role))


def refuse_unless_pending(booking: Booking, actor: Actor, now: datetime) -> None:
    """Raises BookingNotPending: it is over. DecisionInProgress: somebody's decision waits for the money."""
    state = effective_state(booking, now)
    if state not in WAITING:
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
    if state == State.CONFIRMING:
        raise DecisionInProgress


def acceptable(
    booking: Booking,
    open_ones: Sequence[SuggestedTime],
    suggestion_id: UUID | None,
    start: datetime | None,
    actor: Actor,
) -> SuggestedTime | None:
    """The suggestion, if it can be accepted; None if that is being done already. In the order of contract 10.3.

    Args:
        open_ones: the booking's open suggestions, in the provider's order.
    """
    any_one = suggestion_id is None and start is None
    if booking.state == State.CONFIRMING and booking.accepted_suggestion:
        named = None if any_one else _chosen(booking, open_ones, suggestion_id, start)
        if any_one or (named and named.id == booking.accepted_suggestion):
            return None
    now = clock.now()
    refuse_unless_pending(booking, actor, now)
    policies.refuse_unless_approved(booking.provider)
    chosen = _only_one(booking, open_ones, actor) if any_one else _chosen(booking, open_ones, suggestion_id, start)
    if chosen is None:
        raise SuggestedTimeNotFound
    if chosen.start - now < policies.notice_of(booking.provider).lead:
        raise SuggestedTimeExpired
    return chosen


def _only_one(booking: Booking, open_ones: Sequence[SuggestedTime], actor: Actor) -> SuggestedTime:
    if not open_ones:
        raise none_pending(booking, actor)
    if len(open_ones) > 1:
        raise Invalid("suggestedTimeId is required", suggestedTimeId="suggestedTimeId is required")
    return open_ones[0]


def _chosen(
    booking: Booking, open_ones: Sequence[SuggestedTime], suggestion_id: UUID | None, start: datetime | None
) -> SuggestedTime | None:
    """The open suggestion with this id, else with the wall time of this start: the clocks may show that one twice."""
    if suggestion_id:
        return next((time for time in open_ones if time.id == suggestion_id), None)
    in_order = sorted(open_ones, key=lambda time: time.start)
    same = (time for time in in_order if start and _wall(booking, time.start) == _wall(booking, start))
    return next(same, None)


def _wall(booking: Booking, moment: datetime) -> datetime:
    return moment.astimezone(booking.provider.zone).replace(tzinfo=None)
