"""Was everybody told of everything, once and in order? Each feed, read as an app reads it, against the history."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chaos.people import Somebody
from chaos.phone import Phone

from bookings.models import Booking, BookingEvent
from bookings.states import State

if TYPE_CHECKING:
    from chaos.play import Play

PAGE = 300
# Contract 15.6: the event of history, and what the patient and the practice are told of it.
FOR_PATIENT = {
    "payment_held": "booking_pending",
    "confirmed": "booking_confirmed",
    "reschedule_proposed": "times_suggested",
    "declined": "booking_declined",
    "cancelled": "booking_cancelled",
    "reschedule_declined": "booking_cancelled",
    "expired": "booking_expired",
    "payment_failed": "payment_required",
    "payment_authentication_required": "payment_required",
}
FOR_PRACTICE = {
    "payment_held": "booking.new",
    "confirmed": "booking.confirmed",
    "reschedule_proposed": "booking.updated",
    "declined": "booking.cancelled",
    "cancelled": "booking.cancelled",
    "reschedule_declined": "booking.cancelled",
    "expired": "booking.cancelled",
}
# The books hold these against the marks of who was reminded.
REMINDERS = ("booking_reminder", "booking.expiring_soon")
Told = dict[tuple[str, str], list[str]]


def broken(play: "Play") -> list[str]:
    """A line for each gap, and for each booking of which somebody was told something else than what happened."""
    should, found = _should_be_told(), []
    for somebody in (*play.people.patients, *play.people.practices):
        phone = Phone(somebody, play.world.port, play.diary, play.over)
        events = list(_read(phone))
        numbers = [event["seq"] for event in events]
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"the feed of {somebody.name} is numbered {numbers}")
        found += _differences(somebody, events, should)
    return found


def _read(phone: Phone) -> Iterator[dict[str, Any]]:
    since, more = 0, True
    while more:
        page = phone.get("feed", f"/api/notifications?since={since}&limit={PAGE}").body
        yield from page["events"]
        since, more = page["nextSince"], page["hasMore"]


def _differences(somebody: Somebody, events: list[dict[str, Any]], should: Told) -> Iterator[str]:
    told: dict[str, list[str]] = defaultdict(list)
    for event in (one for one in events if one["type"] not in REMINDERS):
        told[str(event.get("bookingId") or event["data"]["bookingId"])].append(event["type"])
    whose = {booking_id: kinds for (recipient, booking_id), kinds in should.items() if recipient == str(somebody.id)}
    for booking_id in {*told, *whose}:
        if told[booking_id] != whose.get(booking_id, []):
            yield f"{somebody.name} was told {told[booking_id]} of {booking_id}, not {whose.get(booking_id, [])}"


def _should_be_told() -> Told:
    should: Told = defaultdict(list)
    whose = {one.id: one for one in Booking.objects.all()}
    secured = set()
    for event in BookingEvent.objects.order_by("id"):
        booking = whose[event.booking_id]
        if event.new_state in (State.PENDING_CONFIRMATION, State.CONFIRMING):
            secured.add(booking.id)
        to_patient, to_practice = _told_of(event)
        if to_patient:
            should[(str(booking.patient_id), str(booking.id))].append(to_patient)
        if to_practice and booking.id in secured:
            should[(str(booking.provider_id), str(booking.id))].append(to_practice)
    return should


def _told_of(event: BookingEvent) -> tuple[str | None, str | None]:
    kind, back = event.event_type, event.new_state != State.PAYMENT_FAILED
    to_patient, to_practice = FOR_PATIENT.get(kind), FOR_PRACTICE.get(kind)
    if kind == "payment_failed":
        to_practice = "booking.updated" if back else "booking.cancelled"
    if to_patient == "payment_required" and event.source == "app":
        to_patient = None  # It was the answer to the patient's own call.
    return to_patient, to_practice
