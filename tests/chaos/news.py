"""What each line of a booking's history is told to whom, and by which ways: contract 14.3, 15.6 and the mails, in one table.

Written apart from the product's own table, so that one holds the other.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from bookings.models import Booking, BookingEvent
from bookings.states import State
from notifications.models import FeedEvent


@dataclass(frozen=True)
class Words:
    """The type of the frame, of the push and of the mail; None: not told by this way."""

    frame: str
    push: str | None = None
    mail: str | None = None


@dataclass(frozen=True)
class News:
    """One side's part of one line of history."""

    recipient: UUID
    line: BookingEvent
    words: Words


FOR_PATIENT = {
    "payment_held": Words("booking_pending", "booking_pending", "patient_request_sent"),
    "confirmed": Words("booking_confirmed", "booking_confirmed", "patient_confirmed"),
    "reschedule_proposed": Words("times_suggested", "times_suggested", "patient_times_suggested"),
    "declined": Words("booking_declined", "booking_declined", "patient_declined"),
    "cancelled": Words("booking_cancelled", "booking_cancelled", "patient_cancelled"),
    "reschedule_declined": Words("booking_cancelled", "booking_cancelled", "patient_cancelled"),
    "expired": Words("booking_expired", "booking_expired", "patient_expired"),
    "payment_failed": Words("payment_required", "payment_required", "patient_payment_failed"),
    "card_refused": Words("payment_required", "payment_required"),
    "payment_authentication_required": Words("payment_required", "payment_required"),
}
FOR_PRACTICE = {
    "payment_held": Words("booking.new", "new_booking_request", "practice_new_request"),
    "confirmed": Words("booking.confirmed", "booking_confirmed", "practice_visit_booked"),
    "reschedule_proposed": Words("booking.updated"),
    "declined": Words("booking.cancelled", "booking_cancelled", "practice_called_off"),
    "cancelled": Words("booking.cancelled", "booking_cancelled", "practice_called_off"),
    "reschedule_declined": Words("booking.cancelled", "booking_cancelled", "practice_called_off"),
    "expired": Words("booking.cancelled", "booking_expired", "practice_request_expired"),
    "payment_failed": Words("booking.cancelled", "booking_cancelled", "practice_not_paid"),
    "card_refused": Words("booking.updated"),
}
# What a practice did itself it hears live, on its other screens, and is neither pushed nor mailed.
ITS_OWN = ("confirmed", "declined", "cancelled")
# The clock's own, by the type of their frames: nobody has done anything.
REMINDERS = {"booking_reminder": "booking_reminder", "booking.expiring_soon": "booking_expiring_reminder"}
REMINDER_MAILS = {
    "day_before": "patient_reminder_24h",
    "hour_before": "patient_reminder_1h",
    "expiring": "practice_request_expiring",
}


def all_news() -> Iterator[News]:
    """Of every booking, in the order of its history."""
    whose = {one.id: one for one in Booking.objects.all()}
    secured: set[UUID] = set()
    agreed_by: dict[UUID, str] = {}
    for line in BookingEvent.objects.order_by("id"):
        if line.new_state in (State.PENDING_CONFIRMATION, State.CONFIRMING):
            secured.add(line.booking_id)
        if line.new_state == State.CONFIRMING != line.old_state:
            agreed_by[line.booking_id] = line.actor_role
        booking, is_secured = whose[line.booking_id], line.booking_id in secured
        if words := _to_patient(line, is_secured=is_secured):
            yield News(booking.patient_id, line, words)
        if is_secured and (words := _to_practice(line, agreed_by.get(line.booking_id, ""))):
            yield News(booking.provider_id, line, words)


def _to_patient(line: BookingEvent, *, is_secured: bool) -> Words | None:
    words = FOR_PATIENT.get(kind_of(line))
    if words and words.frame == "payment_required" and line.source == "app":
        return None  # It was the answer to the patient's own call.
    return words if is_secured else words and replace(words, mail=None)


def _to_practice(line: BookingEvent, agreed_by: str) -> Words | None:
    words = FOR_PRACTICE.get(kind_of(line))
    did_it = agreed_by if line.event_type == "confirmed" else line.actor_role
    is_own = line.event_type in ITS_OWN and did_it == "provider"
    return words and (Words(words.frame) if is_own else words)


def kind_of(line: BookingEvent) -> str:
    """The line's type; a failure after which the booking goes on waiting is another thing than one that ends it."""
    goes_on = line.event_type == "payment_failed" and line.new_state != State.PAYMENT_FAILED
    return "card_refused" if goes_on else line.event_type


def is_mailed(line: BookingEvent) -> bool:
    """Whether either side is mailed about lines of this kind."""
    sides = (FOR_PATIENT.get(kind_of(line)), FOR_PRACTICE.get(kind_of(line)))
    return any(words.mail for words in sides if words)


def histories() -> dict[UUID, list[BookingEvent]]:
    """The lines of each booking, in order."""
    lines = defaultdict(list)
    for line in BookingEvent.objects.order_by("id"):
        lines[line.booking_id].append(line)
    return lines


def told_frames() -> Iterator[tuple[FeedEvent, News | None]]:
    """Each frame about a booking, with the news that it tells; None: the clock's own.

    The feeds are taken for right: they are held against the history before.
    """
    news = defaultdict(list)
    for one in all_news():
        news[(one.recipient, one.line.booking_id)].append(one)
    frames = FeedEvent.objects.exclude(booking_id=None).order_by("recipient", "booking_id", "seq")
    for whose, told in groupby(frames, key=lambda frame: (frame.recipient, frame.booking_id)):
        waiting = iter(news[whose])
        for frame in told:
            yield frame, None if frame.type in REMINDERS else next(waiting)


def deadline_in(frame: FeedEvent) -> datetime | None:
    """Until when a request waits, as a frame names it."""
    named = frame.frame["data"].get("expiresAt")
    return datetime.fromisoformat(named) if named else None
