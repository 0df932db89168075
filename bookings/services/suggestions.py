"""The provider suggests other times (contract 11.4, 11.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from bookings import policies
from bookings.actors import Actor
from bookings.errors import RescheduleLimit, SlotTaken
from bookings.holds import replacing, take_time
from bookings.models import Booking, SuggestedTime, TimeHold
from bookings.payments.rules import usable_until
from bookings.services import answers
from bookings.states import State
from bookings.transitions import as_staff_reason, close_suggestions, lock_booking, move
from bookings.wire.times import time_views
from findr import clock
from findr.errors import FindrError
from findr.transactions import durable


@durable("the suggestions are written")
def suggest_times(
    *,
    booking_id: UUID,
    starts: Sequence[datetime],
    message: str,
    actor: Actor,
    staff_reason: str = "",
    seen: str | None = None,
) -> Booking:
    """The provider, or staff, suggests one to three other times: they are kept for this patient until answered.

    Args:
        starts: in the provider's order; they replace what was suggested before.
        staff_reason: why staff suggest in the practice's place, for the history that staff read.
        seen: only for this version of the booking (`transitions.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, PracticeNotApproved, BookingNotPending, DecisionInProgress, RescheduleLimit:
            nothing changed.
        TimeInPast, TooSoon, TooFarAhead, SlotTaken: nothing changed; `index` says which of the times it is.
    """
    booking, now = lock_booking(booking_id, seen=seen), clock.now()
    policies.refuse_unless_approved(booking.provider)
    _check_starts(booking, starts, now)  # Times in a body are judged before the state (contract 4).
    answers.refuse_unless_answerable(booking, actor)
    if not policies.may_suggest_again(booking.rounds):
        raise RescheduleLimit
    deadline = _deadline(booking, max(starts), now)
    round_number = booking.rounds + 1
    suggested = [_suggestion(booking, round_number, index, start) for index, start in enumerate(starts)]
    _replace_what_was_suggested(booking, suggested)
    move(
        booking,
        State.RESCHEDULE_PROPOSED,
        "reschedule_proposed",
        actor,
        data={"suggestedTimes": time_views(suggested), "message": message or None} | as_staff_reason(staff_reason),
        rounds=round_number,
        suggested_at=now,
        suggestion_message=message,
        expires_at=deadline,
    )
    return booking


def _suggestion(booking: Booking, round_number: int, position: int, start: datetime) -> SuggestedTime:
    return SuggestedTime(
        booking=booking,
        round=round_number,
        position=position,
        start=start,
        end=start + timedelta(minutes=booking.duration_minutes),
        buffer_minutes=booking.provider.buffer_minutes,
    )


def _check_starts(booking: Booking, starts: Sequence[datetime], now: datetime) -> None:
    notice = policies.notice_of(booking.provider)
    for index, start in enumerate(starts):
        try:
            notice.check(start, now=now, extra=policies.REQUEST_MARGIN)
        except FindrError as refusal:
            refusal.extra["index"] = index
            raise


def _deadline(booking: Booking, latest_start: datetime, now: datetime) -> datetime:
    deadline = policies.suggestion_deadline(
        suggested_at=now,
        latest_start=latest_start,
        lead=policies.notice_of(booking.provider).lead,
        hold_ends=usable_until(booking.payment.capture_before),
    )
    if deadline - now < policies.SHORTEST_WINDOW:
        raise policies.TooSoon
    return deadline


def _replace_what_was_suggested(booking: Booking, suggested: Sequence[SuggestedTime]) -> None:
    with replacing(TimeHold.objects.filter(owner=booking.id, kind=TimeHold.Kind.SUGGESTION)):
        _hold(booking, suggested)
    close_suggestions([booking])
    SuggestedTime.objects.bulk_create(suggested)


def _hold(booking: Booking, suggested: Sequence[SuggestedTime]) -> None:
    """In the order of the starts, as everybody does, so that two of these never wait for each other."""
    for time in sorted(suggested, key=lambda one: one.start):
        try:
            take_time(
                lane=booking.lane,
                owner=booking.id,
                start=time.start,
                end=time.buffered_end,
                kind=TimeHold.Kind.SUGGESTION,
                patient_id=booking.patient_id,
            )
        except SlotTaken:
            raise SlotTaken(index=time.position) from None
