"""A visit is confirmed at once when its lane's calendar says, now, that the time is free; and then it stands in there."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from calendar_accounts import CAL, OTHER, VENDORS, Desk
from cast import booking_of, fresh, run_jobs, wish_at

from bookings import reconciliation as books
from providers.models import TeamMember

HOUR = timedelta(hours=1)


def wished():
    """When the visit would begin that a patient asks for."""
    wish = wish_at()
    local = datetime.fromisoformat(f"{wish['appointmentDate']}T{wish['appointmentTime']}")
    return local.replace(tzinfo=ZoneInfo("America/Denver"))


def standing(desk, account=CAL):
    """What stands in the account's calendar: title, start and end of each."""
    events = [one for one in desk.accounts.events(account) if one["status"] != "cancelled"]
    return [(one["title"], datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in events]


def calls_of(sandbox, act):
    """What an act asked of the vendors."""
    since = max((call["n"] for call in sandbox.log()), default=0)
    result = act()
    return result, [(call["vendor"], call["method"], call["path"]) for call in sandbox.log(since=since)]


@pytest.mark.lesson(24, 30)
def test_free_is_instant_and_stands_in_the_calendar(desk, patient, sandbox):
    desk.connect()

    answer, calls = calls_of(sandbox, patient.asks)

    booking = booking_of(answer)
    body = answer.body
    assert (answer.status, body["bookingType"], body["booking"]["paymentStatus"]) == (201, "instant", "paid")
    assert [vendor for vendor, *_ in calls] == [desk.vendor, "stripe"], calls
    assert booking.type_receipt["vendor"] == desk.vendor
    run_jobs()
    assert standing(desk) == [("findr visit", booking.start, booking.end)]
    assert desk.person.get(f"/api/bookings/{booking.id}").body["booking"]["calendarSyncStatus"] == "synced"
    assert [event.event_type for event in booking.events.all()][-1] == "calendar_event_created"
    assert books.check_books() == []


def test_nobody_reads_in_a_calendar_who_comes(desk, patient, sandbox):
    desk.connect()
    booking = booking_of(patient.asks(notes="my back hurts"))
    run_jobs()

    (event,) = desk.accounts.events(CAL)
    told = str(event)
    assert booking.number in told
    for word in (
        patient.user.first_name,
        patient.user.last_name,
        patient.user.email,
        "back hurts",
        booking.service_name,
    ):
        assert word not in told


@pytest.mark.lesson(23)
def test_busy_is_a_request_with_a_hold(desk, patient):
    desk.connect()
    desk.accounts.book(CAL, wished() + HOUR / 2, wished() + 2 * HOUR)

    answer = patient.asks()

    body = answer.body
    assert (answer.status, body["bookingType"], body["booking"]["paymentStatus"]) == (201, "auto-request", "held")
    assert booking_of(answer).type_receipt["answer"] == "busy"
    run_jobs()
    assert len(standing(desk)) == 1


def test_what_touches_it_is_free(desk, patient):
    desk.connect()
    desk.accounts.book(CAL, wished() - HOUR, wished())
    desk.accounts.book(CAL, wished() + HOUR, wished() + 2 * HOUR)

    assert patient.asks().body["bookingType"] == "instant"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_member_has_a_calendar_of_their_own(provider, patient, sandbox, vendor):
    """The lane reads and writes its member's, and everybody else's the practice's (contract 17)."""
    lee = TeamMember.objects.get(provider=provider.id)
    kim = TeamMember.objects.create(provider=provider.provider, name="Kim")
    practice, hers = Desk(provider, sandbox, vendor), Desk(provider, sandbox, vendor, member=lee)
    practice.connect(CAL)
    hers.connect(OTHER)
    hers.accounts.book(OTHER, wished(), wished() + HOUR)

    assert patient.asks(teamMemberId=str(lee.id)).body["bookingType"] == "auto-request"
    instant = patient.asks(teamMemberId=str(kim.id), appointmentTime="11:30")
    assert instant.body["bookingType"] == "instant"
    run_jobs()
    assert (len(standing(practice, CAL)), len(standing(hers, OTHER))) == (1, 1)


def test_the_break_after_the_visit_is_asked_about_too(desk, patient):
    desk.connect()
    desk.person.provider.buffer_minutes = 30
    desk.person.provider.save()
    desk.accounts.book(CAL, wished() + HOUR, wished() + 2 * HOUR)

    assert patient.asks().body["bookingType"] == "auto-request"


def test_every_path_into_a_confirmed_visit_writes_it(desk, patient):
    desk.connect()
    block = desk.accounts.book(CAL, wished(), wished() + HOUR)
    booking = booking_of(patient.asks())
    desk.accounts.remove(block["id"], CAL)

    assert desk.person.post(f"/api/bookings/{booking.id}/confirm").status == 200

    run_jobs()
    assert [when for _, *when in standing(desk)] == [[booking.start, booking.end]]


@pytest.mark.lesson(22, 26)
def test_a_visit_that_is_called_off_leaves_the_calendar(desk, patient):
    desk.connect()
    booking = booking_of(patient.asks())
    run_jobs()

    assert patient.post(f"/api/bookings/{booking.id}/cancel").status == 200

    run_jobs()
    assert standing(desk) == []
    assert desk.person.get(f"/api/bookings/{booking.id}").body["booking"]["calendarSyncStatus"] == "deleted"
    assert fresh(booking.id).events.last().event_type == "calendar_event_deleted"
    assert books.check_books() == []


def test_a_visit_that_is_called_off_before_it_was_written_never_stands_there(desk, patient):
    desk.connect()
    booking = booking_of(patient.asks())
    patient.post(f"/api/bookings/{booking.id}/cancel")

    run_jobs()

    assert desk.accounts.events(CAL) == []


def test_the_service_is_named_if_the_owner_wants_it(desk, patient):
    row = desk.connect()
    row.names_service = True
    row.save()
    booking = booking_of(patient.asks())

    run_jobs()

    assert [title for title, *_ in standing(desk)] == [f"findr visit: {booking.service_name}"]
