"""The events of visits in the console: how each stands, why it is not as it should be, and once more if staff say so."""

import re

import pytest
from admin.actions import fill_in
from admin.forms import filled
from admin.pages import LIST as BOOKINGS
from admin.pages import editable, page_of, text_of, told
from calendar_accounts import CAL, OTHER, Desk
from cast import fresh, promised, put_into, run_jobs, wish_at
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils.text import capfirst

from bookings import tasks
from bookings.models import BookFinding
from bookings.reconciliation import check_books
from calendars.models import CalendarEvent
from calendars.services.health import declare_dead
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD

LIST = "/admin/calendars/calendarevent/"


@pytest.fixture
def desk(provider, sandbox):
    return Desk(provider, sandbox)


@pytest.fixture
def connection(desk):
    return desk.connect()


@pytest.fixture
def written(connection, patient):
    """A visit that stands in the calendar."""
    booking = patient.has_asked()
    run_jobs()
    return fresh(booking.id)


@pytest.fixture
def failing(connection, desk, patient):
    """A visit whose event the vendor refuses."""
    booking = patient.has_asked()
    desk.accounts.fail(403, "forbidden", operation="events.insert")
    run_jobs()
    desk.sandbox.behave()
    assert event_of(booking).state == "failed"
    return fresh(booking.id)


def event_of(booking):
    return CalendarEvent.objects.get(booking_id=booking.id)


def again(client, *bookings):
    chosen = [str(event_of(booking).pk) for booking in bookings]
    return client.post(LIST, {"action": "write_again", "index": "0", "_selected_action": chosen})


def starts(desk, account=CAL):
    return [event["start"] for event in desk.accounts.events(account) if event["status"] != "cancelled"]


def test_events_are_listed_with_their_booking_and_how_they_stand(console, failing):
    page = console.get(LIST)

    for fact in (failing.number, CAL, "Google", "America/Denver", "failing", "0 of 1 written"):
        assert fact in text_of(page), fact
    assert "The consent does not cover it" in text_of(page)
    assert f'href="{page_of(failing)}"' in page.content.decode()


def test_events_are_found_by_booking_account_practice_vendor_and_state(console, desk, failing, other_patient):
    fine = other_patient.has_asked(**wish_at(days=9))
    run_jobs()
    asked = {
        ("q", failing.number): [failing.id],
        ("q", event_of(fine).vendor_id): [fine.id],
        ("q", f"ridge {CAL}"): [fine.id, failing.id],
        ("standing", "wrong"): [failing.id],
        ("standing", "failed"): [failing.id],
        ("standing", "synced"): [fine.id],
        ("connection__vendor__exact", "microsoft"): [],
    }

    for (name, value), expected in asked.items():
        found = console.get(LIST, {name: value}).context_data["cl"].queryset
        assert [event.booking_id for event in found] == expected, (name, value)


def test_an_event_has_a_page_and_nobody_edits_it(console, written):
    event = event_of(written)
    path = f"{LIST}{event.pk}/change/"

    page = console.get(path)

    for fact in (written.number, CAL, "findr visit", "written", "1 of 1 written", event.vendor_id, "In the calendar"):
        assert fact in text_of(page), fact
    assert editable(page) == []
    assert console.post(path, {"state": "failed"}).status_code == 403
    for forbidden in (f"{LIST}add/", path.replace("change", "delete")):
        assert console.get(forbidden).status_code == 403


@pytest.mark.lesson(43)
def test_a_failing_event_is_written_when_staff_say_so(console, staff, desk, failing):
    front = text_of(console.get("/admin/"))
    assert "Visits wrong in their calendar 1" in front

    answer = again(console, failing)
    assert told(answer) == [f"Booking {failing.number}: is being written again."]
    assert promised() == ["calendars.sync_event"]
    run_jobs()

    assert (event_of(failing).state, len(starts(desk))) == ("synced", 1)
    assert "Visits wrong in their calendar 0" in text_of(console.get("/admin/"))
    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id) == (staff.user.id, str(event_of(failing).pk))
    assert entry.change_message == "Written again."


def test_one_that_stands_there_is_written_again_and_stays_one(console, desk, written):
    again(console, written)
    again(console, written)
    run_jobs()

    assert (event_of(written).state, len(starts(desk))) == ("synced", 1)


def test_what_is_out_of_reach_is_left_alone(console, connection, written):
    declare_dead(connection)

    answer = again(console, written)

    assert told(answer) == [f"Booking {written.number}: its calendar is out of reach, so nothing was done."]
    assert event_of(written).version == 1
    assert LogEntry.objects.count() == 0


def test_writing_again_takes_a_right_and_looking_does_not(failing):
    client = Client()
    client.force_login(User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF))

    assert client.get(LIST).status_code == 200
    again(client, failing)

    assert promised() == []
    assert event_of(failing).state == "failed"


# --- The booking page -------------------------------------------------------------------------------------------------
def test_the_booking_page_tells_how_the_visit_stands_in_the_calendar(console, patient, written):
    page = text_of(console.get(page_of(written)))

    assert re.search(
        rf"In the calendar .* Google calendar of {CAL} written [A-Z][a-z]+ \d+, \d+, [\d:]+ 1 - History", page
    )
    assert "Instant, because the calendar said that the time is free. Asked " in page
    assert " ms: free." in page
    assert "Google answered in" in page
    assert "calendar event created" in page
    patient.post(f"/api/bookings/{written.id}/cancel")
    run_jobs()
    page = text_of(console.get(page_of(written)))
    assert f"Google calendar of {CAL} deleted" in page
    assert "calendar event deleted" in page


def test_the_booking_page_tells_why_the_visit_is_not_in_the_calendar(console, failing):
    page = text_of(console.get(page_of(failing)))

    why = "the consent does not cover it, or the account's administrator forbids it"
    assert f"Google calendar of {CAL} failing - 1 {capfirst(why)}. It is tried again by itself." in page
    assert f"calendar sync failed - system (job) reason: {why}" in page


@pytest.mark.parametrize(
    ("misbehaviour", "words"),
    [
        ({"status": 500}, "the vendor did not answer in time, or not in a way that makes sense"),
        ({"status": 401, "times": 2}, "the vendor refused the access token, and a fresh one too"),
        ({"status": 429, "code": "rateLimitExceeded"}, "the vendor wants to be asked less often"),
    ],
)
def test_why_a_booking_is_no_instant_one_is_told_in_words(console, desk, connection, patient, misbehaviour, words):
    desk.accounts.fail(**misbehaviour, operation=desk.accounts.asks_busy)

    page = text_of(console.get(page_of(patient.has_asked())))

    assert "A request, because the calendar did not say that the time is free. Asked " in page
    assert "Google could not be read, after " in page
    assert f" ms: {words}." in page


def test_staff_have_a_visit_written_again_from_its_page(console, staff, desk, failing):
    path = f"{BOOKINGS}{failing.id}/calendar/"
    assert f'href="{path}"' in console.get(page_of(failing)).content.decode()
    assert f"Its event is written into the Google calendar of {CAL}" in text_of(console.get(path))
    assert promised() == []

    answer = fill_in(console, "calendar", failing)

    assert answer.url == page_of(failing)
    assert told(answer) == [f"{failing.number}: is being written into the calendar. This page then shows it."]
    run_jobs()
    assert (event_of(failing).state, len(starts(desk))) == ("synced", 1)
    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id) == (staff.user.id, str(failing.id))
    assert entry.change_message == "Written into the calendar again."


def test_a_visit_from_before_its_calendar_was_connected_is_written(console, provider, patient, desk):
    visit = patient.has_asked()
    provider.post(f"/api/bookings/{visit.id}/confirm")
    assert "Nothing can be done: no calendar is connected." in text_of(console.get(f"{BOOKINGS}{visit.id}/calendar/"))
    desk.connect()

    fill_in(console, "calendar", fresh(visit.id))
    run_jobs()

    assert len(starts(desk)) == 1
    assert check_books() == []


def test_it_is_written_where_it_was_written_first(console, desk, written, provider, sandbox):
    desk.connect(OTHER)

    fill_in(console, "calendar", written)
    run_jobs()

    assert (len(starts(desk, CAL)), len(starts(desk, OTHER))) == (1, 0)


def test_what_waits_or_was_never_written_is_not_offered(console, desk, patient, other_patient):
    waiting = patient.has_asked()
    called_off = put_into(other_patient.has_asked(**wish_at(days=9)), "cancelled_patient")
    desk.connect()

    for booking, why in ((waiting, "it is pending confirmation"), (called_off, "it was never written into a calendar")):
        path = f"{BOOKINGS}{booking.id}/calendar/"
        assert path not in console.get(page_of(booking)).content.decode()
        assert f"Nothing can be done: {why}." in text_of(console.get(path))


def test_a_page_that_is_old_writes_nothing(console, patient, written):
    path = f"{BOOKINGS}{written.id}/calendar/"
    form = filled(console.get(path))
    patient.post(f"/api/bookings/{written.id}/cancel")
    run_jobs()

    answer = console.post(path, form)

    assert "It has changed since the page was opened" in text_of(answer)
    assert promised() == []


def test_what_the_third_book_finds_is_told_on_the_booking_page(console, desk, written):
    (event,) = desk.accounts.events(CAL)
    desk.accounts.remove(event["id"], CAL)

    tasks.check_books()

    finding = BookFinding.objects.get()
    assert (finding.invariant, finding.booking_id) == ("calendar", written.id)
    for page in (console.get("/admin/bookings/bookfinding/"), console.get(page_of(written))):
        assert "is not in the calendar" in text_of(page)
