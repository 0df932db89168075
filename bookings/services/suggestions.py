"""The provider suggests other times; the patient accepts one, or none (contract 10.3-10.5, 11.4, 11.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from bookings import policies
from bookings.actors import Actor
from bookings.errors import (
    BookingNotPending,
    DecisionInProgress,
    NoPendingReschedule,
    RescheduleLimit,
    SlotTaken,
    SuggestedTimeExpired,
    SuggestedTimeNotFound,
)
from bookings.holds import secure_time, take_time
from bookings.models import Booking, PaymentOperation, SuggestedTime, TimeHold
from bookings.models.booking import Decision
from bookings.payments.rules import usable_until
from bookings.payments.vendor import require_vendor
from bookings.services import answers, cancellations
from bookings.services.answers import DecisionResult
from bookings.states import WAITING, State, status_word
from bookings.transitions import as_staff_reason, close_suggestions, effective_state, lock_booking, move
from bookings.wire.booking import time_views
from calendars.reading import CalendarAnswer
from calendars.selectors import live_reading
from findr import clock
from findr.errors import FindrError, Invalid
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot

DECLINED = "Declined suggested times"


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
        BookingNotFound, ChangedMeanwhile, BookingNotPending, DecisionInProgress, RescheduleLimit: nothing changed.
        TimeInPast, TooSoon, TooFarAhead, SlotTaken: nothing changed; `index` says which of the times it is.
    """
    booking, now = lock_booking(booking_id, seen=seen), clock.now()
    _check_starts(booking, starts, now)  # Times in a body are judged before the state (contract 4).
    answers.refuse_unless_answerable(booking, actor)
    if not policies.may_suggest_again(booking.rounds):
        raise RescheduleLimit
    deadline = _deadline(booking, max(starts), now)
    before = list(TimeHold.objects.filter(owner=booking.id, kind=TimeHold.Kind.SUGGESTION).values_list("id", flat=True))
    round_number = booking.rounds + 1
    suggested = [_suggestion(booking, round_number, index, start) for index, start in enumerate(starts)]
    _hold(booking, suggested)
    # After the new ones: to delete holds and then insert others in one transaction is what deadlocks.
    TimeHold.objects.filter(id__in=before).delete()
    close_suggestions(booking)
    SuggestedTime.objects.bulk_create(suggested)
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
        lead=timedelta(minutes=booking.provider.minimum_lead_minutes),
        hold_ends=usable_until(booking.payment.capture_before),
    )
    if deadline - now < policies.SHORTEST_WINDOW:
        raise policies.TooSoon
    return deadline


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
            )
        except SlotTaken:
            raise SlotTaken(index=time.position) from None


def accept_suggested_time(
    *, booking_id: UUID, suggestion_id: UUID | None, start: datetime | None = None, actor: Actor, budget: Budget
) -> DecisionResult:
    """The patient takes one of the suggested times: it is secured, the hold captured, the visit confirmed.

    Args:
        suggestion_id: which one; None takes the one that starts at `start`; with neither, the only one.

    Raises:
        BookingNotFound, BookingNotPending, DecisionInProgress, SuggestedTimeNotFound, SuggestedTimeExpired, SlotTaken:
            nothing changed.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing changed.
        PaymentRefused: `card_declined`: the suggestions stay open; `payment_failed`: the booking is over.
    """
    with vendor_slot():
        if candidate := _candidate(booking_id, suggestion_id, start, actor):
            _refuse_busy_calendar(candidate, budget)
            suggestion_id = candidate.id  # No other than the one that the calendar was asked about.
        booking, operation = _start_accepting(booking_id, suggestion_id, start, actor)
        if operation is None:
            return DecisionResult(booking, processing=booking.state == State.CONFIRMING)
        return answers.capture(operation, actor=actor, budget=budget)


def accept_reschedule(*, booking_id: UUID, actor: Actor, budget: Budget) -> DecisionResult:
    """Accept the one suggestion that is open.

    Raises:
        NoPendingReschedule: none is. Invalid: more than one is, so it must be named. And what accepting raises.
    """
    return accept_suggested_time(booking_id=booking_id, suggestion_id=None, actor=actor, budget=budget)


def _candidate(
    booking_id: UUID, suggestion_id: UUID | None, start: datetime | None, actor: Actor
) -> SuggestedTime | None:
    """What there is to ask the calendar about; None leaves it to the locked check to say why.

    Without a lock: booking and suggestions are of one moment, since they are read by one statement.
    """
    whole = SuggestedTime.objects.select_related("booking__provider").filter(booking_id=booking_id, closed_at=None)
    open_ones = list(whole)
    return _acceptable(open_ones[0].booking, open_ones, suggestion_id, start, actor) if open_ones else None


def _none_pending(booking: Booking, actor: Actor) -> NoPendingReschedule:
    state = State(booking.state)
    return NoPendingReschedule(state=state, word=status_word(state, actor.role))


def _refuse_unless_pending(booking: Booking, actor: Actor, now: datetime) -> None:
    state = effective_state(booking, now)
    if state not in WAITING:
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
    if state == State.CONFIRMING:
        raise DecisionInProgress


def _acceptable(
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
    _refuse_unless_pending(booking, actor, now)
    chosen = _only_one(booking, open_ones, actor) if any_one else _chosen(booking, open_ones, suggestion_id, start)
    if chosen is None:
        raise SuggestedTimeNotFound
    if chosen.start - now < timedelta(minutes=booking.provider.minimum_lead_minutes):
        raise SuggestedTimeExpired
    return chosen


def _only_one(booking: Booking, open_ones: Sequence[SuggestedTime], actor: Actor) -> SuggestedTime:
    if not open_ones:
        raise _none_pending(booking, actor)
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


def _refuse_busy_calendar(chosen: SuggestedTime, budget: Budget) -> None:
    """A calendar that says busy, now. One that cannot be asked does not block."""
    seconds = budget.for_call(settings.CALENDAR_CALL_SECONDS)
    reading = live_reading(chosen.booking.provider_id, chosen.start, chosen.buffered_end, seconds=seconds)
    if reading.answer == CalendarAnswer.BUSY:
        raise SlotTaken


@durable("the acceptance is written")
def _start_accepting(
    booking_id: UUID, suggestion_id: UUID | None, start: datetime | None, actor: Actor
) -> tuple[Booking, PaymentOperation | None]:
    booking = lock_booking(booking_id)
    open_ones = list(booking.suggestions.filter(closed_at=None))
    chosen = _acceptable(booking, open_ones, suggestion_id, start, actor)
    if chosen is None:
        return booking, None
    if booking.payment.amount_cents:
        require_vendor()
    secure_time(booking, start=chosen.start, end=chosen.end, buffer_minutes=chosen.buffer_minutes)
    move(
        booking,
        State.CONFIRMING,
        "reschedule_accepted",
        actor,
        data={"suggestedTimeId": str(chosen.id)},
        decision=Decision.ACCEPT,
        decided_from=booking.state,
        accepted_suggestion=chosen.id,
        start=chosen.start,
        end=chosen.end,
        buffer_minutes=chosen.buffer_minutes,
    )
    return booking, answers.start_capture(booking, actor)


def decline_suggested_times(
    *, booking_id: UUID, actor: Actor, budget: Budget, only_open: bool = False
) -> cancellations.CancelResult:
    """None of them suits the patient: the request is over and the hold is released.

    Args:
        only_open: refuse if no suggestion is open.

    Raises:
        BookingNotFound, BookingNotPending, NoPendingReschedule, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: too many requests wait for vendors; nothing changed.
    """
    with vendor_slot():
        booking, operation = _decline(booking_id, actor, only_open)
        return cancellations.give_back(booking, operation, actor=actor, budget=budget)


@durable("the refusal of all suggestions is written")
def _decline(booking_id: UUID, actor: Actor, only_open: bool) -> tuple[Booking, PaymentOperation | None]:
    booking, now = lock_booking(booking_id), clock.now()
    _refuse_unless_pending(booking, actor, now)
    has_open = booking.suggestions.filter(closed_at=None).exists()
    if only_open and not has_open:
        raise _none_pending(booking, actor)
    event = "reschedule_declined" if has_open else "cancelled"
    return booking, cancellations.end(booking, State.CANCELLED_PATIENT, event, actor, reason=DECLINED, now=now)
