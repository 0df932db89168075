"""Reminders: each once for its moment, however late, however often and by how many it is looked for (contract 15.6)."""

from datetime import timedelta

import pytest
from acts import accept, cancel, confirm, later, open_ones, suggest, wall, wish_for
from cast import fresh, wish_at
from concurrency.together import at_once
from django.db import connection
from frames import feed

from bookings import reconciliation as books
from bookings.models import Booking, Reminder
from bookings.policies import Breakable
from bookings.selectors import reminders
from bookings.services.reminders import delete_past_marks, remind, remind_all
from bookings.tasks import send_reminders
from findr import clock
from findr.api.times import instant
from notifications.models import FeedEvent, Notification
from providers.models import Provider

DAY, HOUR, EXPIRING = Reminder.Kind.DAY_BEFORE, Reminder.Kind.HOUR_BEFORE, Reminder.Kind.EXPIRING
SECOND = timedelta(seconds=1)


@pytest.fixture
def visit(patient, provider):
    booking = patient.has_asked()
    confirm(provider, booking)
    return fresh(booking.id)


def reminded(person):
    """How many hours before, of each reminder that this patient had."""
    return [one["data"]["hoursBefore"] for one in feed(person)["events"] if one["type"] == "booking_reminder"]


def warned(person):
    return [one for one in feed(person)["events"] if one["type"] == "booking.expiring_soon"]


@pytest.mark.lesson(36)
def test_a_visit_is_reminded_of_a_day_and_an_hour_before_once_each(visit, patient, provider, time):
    time.set(visit.start - timedelta(hours=24, seconds=20))
    send_reminders()
    assert reminded(patient) == []

    time.set(visit.start - timedelta(hours=24))
    send_reminders()
    send_reminders()
    assert reminded(patient) == [24]
    time.set(visit.start - timedelta(hours=1))
    send_reminders()
    time.passes(minutes=1)
    send_reminders()

    assert reminded(patient) == [24, 1]
    frame = feed(patient)["events"][-1]
    assert frame["message"] == "Your appointment is coming up"
    assert frame["data"] == {
        "appointmentDate": instant(visit.start),
        "appointmentTime": "10:00 AM",
        "providerTimezone": "America/Denver",
        "providerName": "Ridge Physical Therapy",
        "hoursBefore": 1,
    }
    told = Notification.objects.filter(type="booking_reminder", recipient=patient.id)
    local = visit.start.astimezone(visit.provider.zone)
    assert {(one.title, one.body) for one in told} == {
        (
            "Appointment Reminder",
            f"Your appointment with Ridge Physical Therapy is on {local:%a, %b} {local.day} at 10:00 AM",
        )
    }
    assert [one.valid_until for one in told] == [visit.start] * 2
    assert not [one for one in feed(provider)["events"] if "reminder" in one["type"]]


@pytest.mark.lesson(36)
def test_a_late_job_still_reminds_until_the_visit_begins(visit, patient, time):
    time.set(visit.start - timedelta(minutes=5))
    send_reminders()
    assert sorted(reminded(patient)) == [1, 24]

    Reminder.objects.all().delete()
    time.set(visit.start)
    send_reminders()

    assert sorted(reminded(patient)) == [1, 24]


@pytest.mark.lesson(65)
def test_a_visit_that_moved_is_reminded_of_at_its_new_time_alone(visit, patient, moves, time):
    time.set(visit.start - timedelta(hours=24))
    send_reminders()
    moves(visit, later(visit, 3))
    moved = fresh(visit.id)

    time.set(visit.start - timedelta(minutes=30))
    send_reminders()
    assert reminded(patient) == [24]
    time.set(moved.start - timedelta(hours=24))
    send_reminders()
    time.set(moved.start - timedelta(minutes=59))
    send_reminders()

    assert reminded(patient) == [24, 24, 1]
    assert feed(patient)["events"][-1]["data"]["appointmentDate"] == instant(moved.start)
    assert books.check_books() == []


@pytest.mark.lesson(22, 65)
def test_a_visit_that_is_called_off_is_not_reminded_of(visit, patient, time):
    cancel(patient, visit)

    time.set(visit.start - timedelta(minutes=30))
    send_reminders()

    assert (reminded(patient), Reminder.objects.count()) == ([], 0)


def test_what_was_past_when_it_was_confirmed_or_moved_is_skipped(patient, provider, moves, time):
    """Three hours before: told just then, so that only the hour before is left."""
    Provider.objects.filter(id=provider.id).update(response_hours=72)
    booking = patient.has_asked(**wish_at(days=2, hour=15))
    time.set(booking.start - timedelta(hours=3))
    assert confirm(provider, booking).status == 200
    send_reminders()
    time.set(booking.start - timedelta(minutes=59))
    send_reminders()
    assert reminded(patient) == [1]
    later = booking.start + timedelta(minutes=30)
    moves(fresh(booking.id), later, Breakable.LEAD, Breakable.HOURS)

    send_reminders()
    assert reminded(patient) == [1]
    time.set(later - timedelta(minutes=59))
    send_reminders()

    assert reminded(patient) == [1, 1]
    skipped = Reminder.objects.filter(told=False).order_by("due_for")
    assert [(one.kind, one.due_for) for one in skipped] == [("day_before", booking.start), ("day_before", later)]


def test_a_request_is_warned_of_four_hours_before_its_deadline_once(patient, provider, sandbox, time):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    time.set(booking.expires_at - timedelta(hours=4) - 20 * SECOND)
    send_reminders()
    assert warned(provider) == []

    time.set(booking.expires_at - timedelta(hours=4))
    send_reminders()
    # A refused capture brings it back to where it was, with the same deadline.
    confirm(provider, booking)
    send_reminders()

    (frame,) = warned(provider)
    assert frame["hoursRemaining"] == 4.0
    ids = dict.fromkeys(("_id", "id", "bookingId"), str(booking.id))
    word = "pending_confirmation"
    about = {"status": word, "state": word, "bookingNumber": booking.number, "expiresAt": instant(booking.expires_at)}
    assert frame["data"] == {**ids, **about}
    (told,) = Notification.objects.filter(type="booking_expiring_reminder")
    assert (told.recipient, told.priority, told.valid_until) == (provider.id, "high", booking.expires_at)
    assert not [one for one in feed(patient)["events"] if "expiring" in one["type"]]
    assert books.check_books() == []


def test_a_short_window_or_one_that_is_over_is_not_warned_of(patient, provider, time):
    Provider.objects.filter(id=provider.id).update(response_hours=4)
    short = patient.has_asked(**wish_at(days=8))
    Provider.objects.filter(id=provider.id).update(response_hours=24)
    answered, overdue = (patient.has_asked(**wish_at(days=day)) for day in (9, 10))
    suggest(provider, answered, wall(11))

    send_reminders()
    time.set(overdue.expires_at)
    send_reminders()

    assert warned(provider) == []
    assert [(one.booking_id, one.told) for one in Reminder.objects.all()] == [(short.id, False)]


def test_a_new_deadline_for_the_practice_would_be_warned_of_anew(patient, provider, time):
    """The mark names the deadline: another one has another."""
    booking = patient.has_asked(**wish_at(days=9))
    time.set(booking.expires_at - timedelta(hours=3))
    send_reminders()
    Booking.objects.filter(id=booking.id).update(expires_at=booking.expires_at + timedelta(minutes=30))

    send_reminders()

    assert len(warned(provider)) == 2


@pytest.mark.lesson(36)
def test_many_at_once_remind_once(visit, patient, other_patient, provider, time):
    """Without the booking's lock, each would find no mark and tell; the constraint refuses the second mark."""
    time.set(visit.start - timedelta(hours=23))

    told = at_once(*[lambda: remind(booking_id=visit.id, kind=DAY)] * 6)

    assert sorted(told) == [False] * 5 + [True]
    assert reminded(patient) == [24]
    assert FeedEvent.objects.filter(type="booking_reminder").count() == 1


def test_one_that_fails_stops_no_other(visit, patient, other_patient, provider, time, caplog):
    other = other_patient.has_asked(**wish_for(visit.start - timedelta(hours=2)))
    confirm(provider, other)
    time.set(visit.start - timedelta(hours=23))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE bookings_reminder ADD CONSTRAINT broken CHECK (booking_id <> '{visit.id}')")
        try:
            failed = remind_all()
        finally:
            cursor.execute("ALTER TABLE bookings_reminder DROP CONSTRAINT broken")

    assert failed == [visit.id]
    assert "could be reminded" in caplog.text
    assert (reminded(patient), reminded(other_patient)) == ([], [24])
    send_reminders()
    assert reminded(patient) == [24]


def test_a_time_that_was_accepted_late_is_reminded_of_as_confirmed(patient, provider, time):
    booking = patient.has_asked()
    suggest(provider, booking, wall(8))
    accept(patient, booking, open_ones(booking)[0])
    accepted = fresh(booking.id)

    time.set(accepted.start - timedelta(hours=24))
    send_reminders()

    assert reminded(patient) == [24]
    assert feed(patient)["events"][-1]["data"]["appointmentDate"] == instant(accepted.start)


@pytest.mark.parametrize("kind", list(Reminder.Kind))
def test_the_query_finds_what_the_predicate_says(kind, visit, patient, time):
    request = patient.has_asked(**wish_at(days=9))
    for booking in (visit, request):
        moment = booking.expires_at if kind == EXPIRING else booking.start
        for apart in (-kind.before - 20 * SECOND, -kind.before, -SECOND, 0 * SECOND):
            now = (moment or booking.start) + apart
            found = reminders.due(kind, now).filter(id=booking.id).exists()
            assert found == reminders.is_due(fresh(booking.id), kind, now), (booking, apart)
    assert reminders.is_due(fresh(visit.id), kind, visit.start - kind.before) == (kind != EXPIRING)


def test_old_marks_are_forgotten_and_no_others(visit, time, settings):
    time.set(visit.start - timedelta(minutes=30))
    send_reminders()
    time.set(visit.start + timedelta(days=settings.FEED_DAYS))
    assert delete_past_marks() == 0
    time.passes(days=2)

    assert (delete_past_marks(), Reminder.objects.count()) == (2, 0)
    assert clock.now() > visit.start
