"""Each move and each reminder has its notification beside its frame, and the books find one that is missing or too many."""

from datetime import timedelta
from uuid import uuid4

import pytest
from acts import cancel, confirm
from cast import fresh

from bookings import reconciliation as books
from bookings.models import Reminder
from bookings.services.reminders import remind_all
from findr import clock
from notifications.models import FeedCounter, FeedEvent, Notification


@pytest.fixture
def reminded(patient, provider, time):
    """A visit that its patient was reminded of, after a request that its practice was warned of."""
    booking = patient.has_asked()
    time.set(booking.expires_at - timedelta(hours=3))
    remind_all()
    confirm(provider, booking)
    time.set(booking.start - timedelta(hours=23))
    remind_all()
    assert (Reminder.objects.filter(told=True).count(), books.check_books()) == (2, [])
    return fresh(booking.id)


def said():
    return [str(finding) for finding in books.check_books()]


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("booking_pending", "patient"),
        ("new_booking_request", "provider"),
        ("booking_expiring_reminder", "provider"),
        ("booking_confirmed", "patient"),
        ("booking_reminder", "patient"),
    ],
)
def test_a_notification_that_is_missing_or_doubled_is_found(reminded, kind, who):
    row = Notification.objects.get(type=kind)
    Notification.objects.filter(id=row.id).delete()
    assert said() == [f"notification: {reminded.number}: the {who} was notified of {kind} 0 of 1 times"]

    row.save(force_insert=True)
    row.id, row.event_id = uuid4(), None
    row.save(force_insert=True)

    assert said() == [f"notification: {reminded.number}: the {who} was notified of {kind} 2 times, not 1"]
    assert "tell them what the booking is now" in books.why_a_person(books.check_books()[0])


@pytest.mark.parametrize(("kind", "who"), [("booking_reminder", "patient"), ("booking.expiring_soon", "provider")])
def test_a_reminder_whose_frame_is_missing_is_found(reminded, kind, who):
    FeedEvent.objects.filter(type=kind).update(type="something.else")

    assert said() == [f"feed: {reminded.number}: the {who} was told {kind} 0 of 1 times"]


def test_a_reminder_without_a_mark_is_found(reminded, patient):
    Reminder.objects.filter(kind="day_before").update(told=False)
    Reminder.objects.create(booking=reminded, kind="hour_before", due_for=reminded.start, told=True)
    FeedEvent.objects.create(
        recipient=patient.id, seq=4, type="booking_reminder", booking_id=reminded.id, frame={}, created_at=clock.now()
    )
    FeedCounter.objects.filter(recipient=patient.id).update(last_seq=4)

    assert said() == [f"feed: {reminded.number}: the patient was told booking_reminder 2 times, not 1"]


def test_what_happened_before_there_were_notifications_owes_none(reminded, patient, time):
    """As it is when this release is installed where there are bookings."""
    Notification.objects.all().delete()
    assert said() == []

    time.passes(minutes=5)
    cancel(patient, reminded)

    assert said() == []
    Notification.objects.filter(recipient=patient.id).delete()
    assert said() == [f"notification: {reminded.number}: the patient was notified of booking_cancelled 0 of 1 times"]
