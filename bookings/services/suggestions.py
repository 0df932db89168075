"""The provider suggests other times; the patient accepts one, or none (contract 10.3-10.5, 11.4, 11.5)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from bookings import policies, wire
from bookings.actors import Actor
from bookings.errors import (
    BookingNotFound,
    BookingNotPending,
    DecisionInProgress,
    NoPendingReschedule,
    RescheduleLimit,
    SlotTaken,
    SuggestedTimeExpired,
    SuggestedTimeNotFound,
)
from bookings.models import Booking, PaymentOperation, SuggestedTime, TimeHold
from bookings.models.booking import Decision
from bookings.services import answers, asking, cancellations, steps
from bookings.services.answers import Answered
from bookings.states import WAITING, State, status_word
from calendars.reading import Answer
from calendars.selectors import is_connected, live_reading
from findr import clock
from findr.errors import FindrError, Invalid
from findr.transactions import durable
from findr.vendor_time import Budget, place

DECLINED = "Declined suggested times"


@durable
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
        seen: only for this version of the booking (`steps.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, BookingNotPending, DecisionInProgress, RescheduleLimit: nothing changed.
        TimeInPast, TooSoon, TooFarAhead, SlotTaken: nothing changed; `index` says which of the times it is.
    """
    booking, now = steps.lock_booking(booking_id, seen=seen), clock.now()
    _check_starts(booking, starts, now)  # Times in a body are judged before the state (contract 4).
    answers.refuse_unless_answerable(booking, actor)
    if not policies.may_suggest_again(booking.rounds):
        raise RescheduleLimit
    deadline = _deadline(booking, max(starts), now)
    before = list(TimeHold.objects.filter(owner=booking.id, kind=TimeHold.Kind.SUGGESTION).values_list("id", flat=True))
    round_number = booking.rounds + 1
    suggested = [_suggestion(booking, round_number, index, start) for index, start in enumerate(starts)]
    _hold(booking, suggested)
    TimeHold.objects.filter(id__in=before).delete()  # After the new ones: see design 4 on deadlocks.
    steps.close_suggestions(booking)
    booking.open_suggestions = SuggestedTime.objects.bulk_create(suggested)
    steps.move(
        booking,
        State.RESCHEDULE_PROPOSED,
        "reschedule_proposed",
        actor,
        data={"suggestedTimes": wire.time_views(suggested), "message": message or None}
        | steps.staff_reason(staff_reason),
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
        hold_ends=steps.hold_ends(booking.payment.capture_before),
    )
    if deadline - now < policies.SHORTEST_WINDOW:
        raise policies.TooSoon
    return deadline


def _hold(booking: Booking, suggested: Sequence[SuggestedTime]) -> None:
    """In the order of the starts, as everybody does, so that two of these never wait for each other."""
    for time in sorted(suggested, key=lambda one: one.start):
        try:
            steps.take_time(
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
) -> Answered:
    """The patient takes one of the suggested times: it is secured, the hold captured, the visit confirmed.

    Args:
        suggestion_id: which one; None takes the one that starts at `start`; with neither, the only one.

    Raises:
        BookingNotFound, BookingNotPending, DecisionInProgress, SuggestedTimeNotFound, SuggestedTimeExpired, SlotTaken:
            nothing changed.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing changed.
        PaymentRefused: `card_declined`: the suggestions stay open; `payment_failed`: the booking is over.
    """
    with place():
        if is_connected(_provider_of(booking_id)):
            booking, chosen = _look_ahead(booking_id, suggestion_id, start, actor)
            if chosen:
                _refuse_busy_calendar(booking, chosen, budget)
                suggestion_id = chosen.id  # No other than the one that the calendar was asked about.
        booking, operation = _start_accepting(booking_id, suggestion_id, start, actor)
        if operation is None:
            return Answered(booking, processing=booking.state == State.CONFIRMING)
        return answers.capture(operation, actor=actor, budget=budget)


def accept_reschedule(*, booking_id: UUID, actor: Actor, budget: Budget) -> Answered:
    """Accept the one suggestion that is open.

    Raises:
        NoPendingReschedule: none is. Invalid: more than one is, so it must be named. And what accepting raises.
    """
    return accept_suggested_time(booking_id=booking_id, suggestion_id=None, actor=actor, budget=budget)


def _provider_of(booking_id: UUID) -> UUID:
    provider_id = Booking.objects.filter(id=booking_id).values_list("provider_id", flat=True).first()
    if provider_id is None:
        raise BookingNotFound
    return provider_id


@durable
def _look_ahead(
    booking_id: UUID, suggestion_id: UUID | None, start: datetime | None, actor: Actor
) -> tuple[Booking, SuggestedTime | None]:
    """What there is to ask the calendar about. Under the lock: state and suggestions must be of one moment."""
    booking = steps.lock_booking(booking_id)
    return booking, _acceptable(booking, suggestion_id, start, actor)


def _none_pending(booking: Booking, actor: Actor) -> NoPendingReschedule:
    state = State(booking.state)
    return NoPendingReschedule(state=state, word=status_word(state, actor.role))


def _refuse_unless_pending(booking: Booking, actor: Actor, now: datetime) -> None:
    state = steps.as_good_as(booking, now)
    if state not in WAITING:
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
    if state == State.CONFIRMING:
        raise DecisionInProgress


def _acceptable(
    booking: Booking, suggestion_id: UUID | None, start: datetime | None, actor: Actor
) -> SuggestedTime | None:
    """The suggestion, if it can be accepted; None if that is being done already. In the order of contract 10.3."""
    any_one = suggestion_id is None and start is None
    if booking.state == State.CONFIRMING and booking.accepted_suggestion:
        named = None if any_one else _chosen(booking, suggestion_id, start)
        if any_one or (named and named.id == booking.accepted_suggestion):
            return None
    now = clock.now()
    _refuse_unless_pending(booking, actor, now)
    chosen = _only_one(booking, actor) if any_one else _chosen(booking, suggestion_id, start)
    if chosen is None:
        raise SuggestedTimeNotFound
    if chosen.start - now < timedelta(minutes=booking.provider.minimum_lead_minutes):
        raise SuggestedTimeExpired
    return chosen


def _only_one(booking: Booking, actor: Actor) -> SuggestedTime:
    open_ones = list(booking.suggestions.filter(closed_at=None)[:2])
    if not open_ones:
        raise _none_pending(booking, actor)
    if len(open_ones) > 1:
        raise Invalid("suggestedTimeId is required", suggestedTimeId="suggestedTimeId is required")
    return open_ones[0]


def _chosen(booking: Booking, suggestion_id: UUID | None, start: datetime | None) -> SuggestedTime | None:
    """The open suggestion with this id, else with the wall time of this start: the clocks may show that one twice."""
    open_ones = booking.suggestions.filter(closed_at=None)
    if suggestion_id:
        return open_ones.filter(id=suggestion_id).first()
    same = (
        time for time in open_ones.order_by("start") if start and _wall(booking, time.start) == _wall(booking, start)
    )
    return next(same, None)


def _wall(booking: Booking, moment: datetime) -> datetime:
    return moment.astimezone(booking.provider.zone).replace(tzinfo=None)


def _refuse_busy_calendar(booking: Booking, chosen: SuggestedTime, budget: Budget) -> None:
    """A calendar that says busy, now. One that cannot be asked does not block."""
    seconds = budget.for_call(settings.CALENDAR_CALL_SECONDS)
    reading = live_reading(booking.provider_id, chosen.start, chosen.buffered_end, seconds=seconds)
    if reading.answer == Answer.BUSY:
        raise SlotTaken


@durable
def _start_accepting(
    booking_id: UUID, suggestion_id: UUID | None, start: datetime | None, actor: Actor
) -> tuple[Booking, PaymentOperation | None]:
    booking = steps.lock_booking(booking_id)
    chosen = _acceptable(booking, suggestion_id, start, actor)
    if chosen is None:
        return booking, None
    if booking.payment.amount_cents:
        asking.require_vendor()
    booking.start, booking.end = chosen.start, chosen.end
    steps.secure_time(booking, buffer_minutes=chosen.buffer_minutes)
    steps.move(
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
) -> cancellations.Cancelled:
    """None of them suits the patient: the request is over and the hold is released.

    Args:
        only_open: refuse if no suggestion is open.

    Raises:
        BookingNotFound, BookingNotPending, NoPendingReschedule, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: too many requests wait for vendors; nothing changed.
    """
    with place():
        booking, operation = _decline(booking_id, actor, only_open)
        return cancellations.give_back(booking, operation, actor=actor, budget=budget)


@durable
def _decline(booking_id: UUID, actor: Actor, only_open: bool) -> tuple[Booking, PaymentOperation | None]:
    booking, now = steps.lock_booking(booking_id), clock.now()
    _refuse_unless_pending(booking, actor, now)
    has_open = booking.suggestions.filter(closed_at=None).exists()
    if only_open and not has_open:
        raise _none_pending(booking, actor)
    event = "reschedule_declined" if has_open else "cancelled"
    return booking, cancellations.end(booking, State.CANCELLED_PATIENT, event, actor, reason=DECLINED, now=now)
