"""The patient accepts a suggested time (contract 10.3, 10.5)."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from bookings.actors import Actor
from bookings.errors import SlotTaken
from bookings.holds import secure_time
from bookings.models import Booking, PaymentOperation, SuggestedTime
from bookings.models.booking import Decision
from bookings.payments.vendor import require_vendor
from bookings.services import answers
from bookings.services.answers import DecisionResult
from bookings.services.open_suggestions import acceptable
from bookings.states import State
from bookings.transitions import lock_booking, move
from calendars.reading import CalendarAnswer
from calendars.selectors import live_reading
from findr.postgresql.compiled_queries import compiled
from findr.switches import Switch, is_on
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


def accept_suggested_time(
    *, booking_id: UUID, suggestion_id: UUID | None, start: datetime | None = None, actor: Actor, budget: Budget
) -> DecisionResult:
    """The patient takes one of the suggested times: it is secured, the hold captured, the visit confirmed.

    Args:
        suggestion_id: which one; None takes the one that starts at `start`; with neither, the only one.

    Raises:
        BookingNotFound, BookingNotPending, DecisionInProgress, PracticeNotApproved, SuggestedTimeNotFound,
            SuggestedTimeExpired, SlotTaken: nothing changed.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing changed.
        PaymentRefused: `card_declined`: the suggestions stay open; `payment_failed`: the booking is over.
    """
    with vendor_slot():
        if candidate := _candidate(booking_id, suggestion_id, start, actor):
            _refuse_busy_calendar(candidate, budget)
            suggestion_id = candidate.id  # No other than the one that the calendar was asked about.
        booking, operation = _start_accepting(booking_id, suggestion_id, start, actor)
        if operation is None:
            return DecisionResult(booking)
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
    open_ones = _open_with_booking(booking_id)
    return acceptable(open_ones[0].booking, open_ones, suggestion_id, start, actor) if open_ones else None


def _open(booking_id: UUID) -> QuerySet[SuggestedTime, SuggestedTime]:
    return SuggestedTime.objects.filter(booking_id=booking_id, closed_at=None)


_open_ones = compiled(_open)


@compiled
def _open_with_booking(booking_id: UUID) -> QuerySet[SuggestedTime, SuggestedTime]:
    return _open(booking_id).select_related("booking__provider")


def _refuse_busy_calendar(chosen: SuggestedTime, budget: Budget) -> None:
    """A calendar that says busy, now. One that cannot be asked, or shall not be, does not block."""
    if not is_on(Switch.CALENDAR_CHECKS):
        return
    seconds = budget.for_call(settings.CALENDAR_CALL_SECONDS)
    booking = chosen.booking
    reading = live_reading(
        booking.provider_id, booking.team_member_id, chosen.start, chosen.buffered_end, seconds=seconds
    )
    if reading.answer == CalendarAnswer.BUSY:
        raise SlotTaken


@durable("the acceptance is written")
def _start_accepting(
    booking_id: UUID, suggestion_id: UUID | None, start: datetime | None, actor: Actor
) -> tuple[Booking, PaymentOperation | None]:
    booking = lock_booking(booking_id)
    chosen = acceptable(booking, _open_ones(booking_id), suggestion_id, start, actor)
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
