"""Whatever happens to a writing, there is one event in the end, or none (lesson 26)."""

import time as real_time
from datetime import datetime, timedelta
from threading import Event

import pytest
from calendar_accounts import CAL, OTHER
from cast import booking_of, fresh, run_jobs
from concurrency.together import at_once
from django.db import connection, transaction
from realtime.blackouts import until

from bookings import reconciliation as books
from bookings.models import BookingEvent
from bookings.transitions import lock_booking
from calendars import tasks
from calendars.models import CalendarEvent, SyncState
from calendars.services import writing

WRITES = {"google": "events.insert", "microsoft": "events.create"}
DELETES = {"google": "events.delete", "microsoft": "events.delete"}


def standing(desk, account=CAL):
    return [one for one in desk.accounts.events(account) if one["status"] != "cancelled"]


def confirmed(patient):
    """A visit whose event is yet to be written."""
    answer = patient.asks()
    assert answer.body["bookingType"] == "instant"
    return booking_of(answer)


def later(time):
    """Every lease is over, and every wait; whatever is due is done, until nothing is."""
    end = real_time.monotonic() + 30
    while CalendarEvent.objects.exclude(state=SyncState.SYNCED).exists() and real_time.monotonic() < end:
        time.passes(hours=1)
        run_jobs()
        tasks.sweep_events()
        real_time.sleep(0.05)  # A vendor that wants to be left alone counts by its own clock.


@pytest.mark.lesson(26)
@pytest.mark.parametrize("misbehaviour", ["drop_before", "drop_after", "hang", "500", "500 after it was done", "429"])
def test_one_event_in_the_end(desk, patient, time, settings, misbehaviour):
    settings.CALENDAR_WRITE_SECONDS = 1.0
    desk.connect()
    booking = confirmed(patient)
    rule = {"operation": WRITES[desk.vendor], "times": 2}
    match misbehaviour:
        case "500" | "429":
            rule |= {"action": "status", "status": int(misbehaviour), "headers": {"Retry-After": "1"}}
        case "500 after it was done":
            rule |= {"action": "status", "status": 500, "do_work": True}
        case _:
            rule |= {"action": misbehaviour}
    desk.accounts.misbehave(rule)

    run_jobs()
    assert CalendarEvent.objects.get().state != SyncState.SYNCED
    later(time)

    (event,) = standing(desk)
    assert datetime.fromisoformat(event["start"]) == booking.start
    assert CalendarEvent.objects.get().state == SyncState.SYNCED
    lines = [one.event_type for one in fresh(booking.id).events.all() if one.event_type.startswith("calendar")]
    failed = [] if misbehaviour == "429" else ["calendar_sync_failed"]
    assert lines == [*failed, "calendar_event_created"]
    assert books.check_books() == []


@pytest.mark.lesson(22, 26)
@pytest.mark.parametrize("misbehaviour", ["drop_before", "drop_after", "hang"])
def test_no_event_in_the_end(desk, patient, time, settings, misbehaviour):
    """Called off while nobody knows whether it was written, and again while nobody knows whether it was deleted."""
    settings.CALENDAR_WRITE_SECONDS = 1.0
    desk.connect()
    booking = confirmed(patient)
    desk.accounts.misbehave({"operation": WRITES[desk.vendor], "action": misbehaviour, "times": 1})
    desk.accounts.misbehave({"operation": DELETES[desk.vendor], "action": misbehaviour, "times": 1})
    run_jobs()
    assert patient.post(f"/api/bookings/{booking.id}/cancel").status == 200

    later(time)

    assert standing(desk) == []
    assert CalendarEvent.objects.get().state == SyncState.SYNCED
    assert books.check_books() == []


def test_two_workers_at_once_write_one(desk, patient):
    desk.connect()
    confirmed(patient)
    event_id = CalendarEvent.objects.get().id

    at_once(*[lambda: writing.sync_event(event_id)] * 8)

    assert len(standing(desk)) == 1
    assert len(desk.accounts.calls(WRITES[desk.vendor])) == 1
    assert books.check_books() == []


def test_what_changes_while_it_is_written_is_written_after_it(desk, patient, time):
    desk.connect()
    booking = confirmed(patient)
    row = CalendarEvent.objects.get()
    taken = writing.claim(CalendarEvent.objects.filter(pk=row.pk), seconds=30)
    assert patient.post(f"/api/bookings/{booking.id}/cancel").status == 200
    written = writing._write(taken, seconds=10)
    writing._record(taken, written)
    assert len(standing(desk)) == 1

    run_jobs()

    assert standing(desk) == []
    assert books.check_books() == []


def test_whoever_lost_the_lease_writes_nothing_down(desk, patient, time):
    desk.connect()
    confirmed(patient)
    row = CalendarEvent.objects.get()
    slow = writing.claim(CalendarEvent.objects.filter(pk=row.pk), seconds=30)
    written = writing._write(slow, seconds=10)
    time.passes(minutes=1)
    writing.sync_event(row.pk)
    before = CalendarEvent.objects.values().get()

    writing._record(slow, written)

    assert CalendarEvent.objects.values().get() == before
    assert len(standing(desk)) == 1


@pytest.mark.lesson(53)
def test_an_event_keeps_the_account_it_was_written_to(desk, patient, time):
    desk.connect(CAL)
    booking = confirmed(patient)
    run_jobs()
    desk.connect(OTHER)

    assert patient.post(f"/api/bookings/{booking.id}/cancel").status == 200
    run_jobs()

    assert (standing(desk, CAL), standing(desk, OTHER)) == ([], [])
    assert desk.accounts.events(CAL) != []


@pytest.mark.lesson(53)
def test_what_cannot_be_reached_any_more_is_listed(desk, patient, mailoutbox):
    desk.connect()
    booking = confirmed(patient)
    run_jobs()
    mailoutbox.clear()

    desk.disconnect()
    run_jobs()

    (told,) = mailoutbox
    assert booking.number in told.body
    assert "America/Denver" in told.body
    patient.post(f"/api/bookings/{booking.id}/cancel")
    run_jobs()
    assert CalendarEvent.objects.get().state == SyncState.LOST
    view = desk.person.get(f"/api/bookings/{booking.id}").body["booking"]
    assert view["calendarSyncStatus"] == "failed"
    # Whoever connects the same account again has it put in order.
    desk.connect()
    tasks.sweep_events()
    assert (standing(desk), CalendarEvent.objects.get().state) == ([], SyncState.SYNCED)


def test_a_dead_grant_is_written_to_once_it_lives_again(desk, patient, time):
    desk.connect()
    booking = confirmed(patient)
    desk.accounts.oauth.kill(CAL)
    desk.accounts.expire_tokens(CAL)
    run_jobs()
    assert (CalendarEvent.objects.get().state, standing(desk)) == (SyncState.FAILED, [])

    desk.connect()
    run_jobs()
    tasks.sweep_events()

    (event,) = standing(desk)
    assert datetime.fromisoformat(event["start"]) == booking.start


def test_an_event_that_somebody_deleted_by_hand_is_written_anew_when_the_visit_changes(desk, patient):
    desk.connect()
    confirmed(patient)
    run_jobs()
    (event,) = standing(desk)
    desk.accounts.remove(event["id"], CAL)

    (finding,) = books.check_books()
    assert (finding.invariant, finding.detail) == ("calendar", "is not in the calendar")
    (repaired,) = books.repair([finding])

    assert (repaired.is_done, len(standing(desk)), books.check_books()) == (True, 1, [])


def test_the_books_find_what_stands_wrongly_and_put_it_right(desk, patient, other_patient):
    desk.connect()
    booking = confirmed(patient)
    run_jobs()
    row = CalendarEvent.objects.get()
    (event,) = standing(desk)
    moved = booking.start + timedelta(hours=3)
    desk.accounts.change(event["id"], CAL, start=moved.isoformat(), end=(moved + timedelta(hours=1)).isoformat())

    (stale,) = books.check_books()
    assert stale.detail == "stands at another time in the calendar"
    assert [one.is_done for one in books.repair([stale])] == [True]
    assert [datetime.fromisoformat(one["start"]) for one in standing(desk)] == [booking.start]

    # A row that says that it is gone, and an event that still stands.
    CalendarEvent.objects.filter(pk=row.pk).update(wanted=False, vendor_id="")
    found = books.check_books()
    assert {one.detail for one in found} == {
        "its event is to be deleted, though the visit stands",
        "is still in the calendar",
    }
    list(books.repair(found))
    list(books.repair(books.check_books()))
    assert (len(standing(desk)), books.check_books()) == (1, [])

    # An event of ours that stands for nobody.
    CalendarEvent.objects.all().delete()
    details = {one.detail for one in books.check_books()}
    assert details == {"no event is wanted of it, though its calendar is connected", "stands for no visit"}
    list(books.repair(books.check_books()))
    assert (len(standing(desk)), books.check_books()) == (1, [])


def test_a_visit_that_was_confirmed_without_a_calendar_is_owed_no_event(desk, patient, time):
    """Not before the first connection, and not while it was taken apart."""
    booking = patient.has_asked()
    assert desk.person.post(f"/api/bookings/{booking.id}/confirm").status == 200
    time.passes(minutes=1)
    desk.connect()
    desk.disconnect()
    other = patient.has_asked(appointmentTime="14:00")
    assert desk.person.post(f"/api/bookings/{other.id}/confirm").status == 200
    time.passes(minutes=1)
    desk.connect()

    run_jobs()

    assert CalendarEvent.objects.count() == 0
    assert books.check_books() == []


def test_a_line_of_history_waits_for_whoever_is_changing_the_visit(desk, patient):
    """Else it would say in which state the visit had been, after the line that says that it is not."""
    desk.connect()
    booking = confirmed(patient)
    event_id, is_locked = CalendarEvent.objects.get().pk, Event()
    lines = BookingEvent.objects.filter(booking=booking, event_type="calendar_event_created")

    def change():
        with transaction.atomic():
            lock_booking(booking.id)
            is_locked.set()
            until(somebody_waits_for_a_lock)
            return lines.count()

    def write():
        assert is_locked.wait(20)
        writing.sync_event(event_id)

    while_it_was_changed, _ = at_once(change, write)

    assert (while_it_was_changed, lines.count()) == (0, 1)


def somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] == 1
