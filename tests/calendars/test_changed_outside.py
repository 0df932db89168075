"""Somebody deletes or moves a visit's event in the calendar itself: it shows and is told, and the visit stays."""

import pytest
from calendar_accounts import CAL
from cast import booking_of, fresh, run_jobs, wish_at
from django.core import mail
from mirrors import HOUR, mirrored, poll

from calendars import selectors
from calendars.models import CalendarEvent, MirroredCalendar
from calendars.services.events import write_again
from calendars.vendors.base import Unavailable


@pytest.fixture
def visit(desk, patient, time):
    """A confirmed visit, whose event the mirror knows."""
    mirrored(desk)
    booking = booking_of(patient.asks(**wish_at(days=3, hour=12)))
    run_jobs()
    poll(time)
    assert run_jobs() == []
    mail.outbox.clear()
    return booking


def event_of(desk):
    (event,) = [one for one in desk.accounts.events(CAL) if not one["deleted"]]
    return event["id"]


def delete(desk, booking):
    desk.accounts.remove(event_of(desk), CAL)


def move(desk, booking):
    desk.accounts.change(event_of(desk), CAL, start=booking.start + HOUR, end=booking.end + HOUR)


@pytest.mark.parametrize("is_whole", [False, True], ids=["by its changes", "from the beginning"])
@pytest.mark.parametrize(
    ("act", "status", "line", "said"),
    [
        (delete, "deleted", "calendar_event_deleted", "the event was deleted"),
        (move, "failed", "calendar_event_updated", "the event has another time"),
    ],
)
def test_it_shows_is_told_once_and_the_visit_stays(is_whole, act, status, line, said, desk, visit, provider, time):
    before = fresh(visit.id)
    act(desk, visit)
    if is_whole:
        desk.accounts.forget_cursors(CAL)

    poll(time)
    assert run_jobs() == ["calendars.look_at_event", "calendars.mail_changed_outside"]
    poll(time)
    run_jobs()

    now = fresh(visit.id)
    assert (now.state, now.start, now.updated_at) == ("confirmed", before.start, before.updated_at)
    shown = provider.get(f"/api/bookings/{visit.id}").body["booking"]
    assert (shown["calendarSyncStatus"], shown["state"]) == (status, "confirmed")
    last = visit.events.last()
    assert (last.event_type, last.data) == (line, {"reason": "by hand, in the calendar"})
    assert [event.event_type for event in visit.events.all()].count(line) == 1
    (told,) = mail.outbox
    assert told.to == ["ridge@example.test"]
    assert f"Booking {visit.number}: {said}" in told.body
    assert selectors.wrong_events().count() == 1


def test_it_is_right_again_once_it_was_put_back_and_told_again_if_not(desk, visit, time):
    identity = event_of(desk)
    for _ in range(2):
        move(desk, visit)
        poll(time)
        run_jobs()
        desk.accounts.change(identity, CAL, start=visit.start, end=visit.end)
        poll(time)
        assert run_jobs() == ["calendars.look_at_event"]
        assert CalendarEvent.objects.get().outside == ""

    assert selectors.sync_statuses([visit.id]) == {visit.id: "synced"}
    assert len(mail.outbox) == 2


def test_staff_have_it_written_again_as_it_should_be(desk, visit, time):
    delete(desk, visit)
    poll(time)
    run_jobs()

    assert write_again(CalendarEvent.objects.get().pk)
    run_jobs()
    poll(time)

    assert run_jobs() == []
    assert selectors.sync_statuses([visit.id]) == {visit.id: "synced"}
    assert not selectors.wrong_events().exists()


@pytest.mark.lesson(48)
def test_an_event_that_a_list_says_is_gone_is_read_before_anybody_is_told(desk, visit, time):
    """It has left the list that the mirror goes by, and stands where it stood."""
    desk.accounts.change(event_of(desk), CAL, show_as="free")

    poll(time)

    assert run_jobs() == ["calendars.look_at_event"]
    assert mail.outbox == []
    assert CalendarEvent.objects.get().outside == ""


def test_while_the_vendor_does_not_answer_nothing_is_told(desk, visit, time):
    delete(desk, visit)
    poll(time)
    desk.accounts.fail(503, times=None)
    with pytest.raises(Unavailable):
        run_jobs()

    assert CalendarEvent.objects.get().outside == ""
    assert MirroredCalendar.objects.get().read_at
    assert mail.outbox == []


@pytest.mark.parametrize("act", [delete, move])
def test_a_visit_that_is_called_off_afterwards_leaves_nothing_behind(act, desk, visit, patient, time):
    act(desk, visit)
    poll(time)
    run_jobs()

    assert patient.post(f"/api/bookings/{visit.id}/cancel", {"reason": "ill"}).status == 200
    run_jobs()

    assert [one for one in desk.accounts.events(CAL) if not one["deleted"]] == []
    assert selectors.sync_statuses([visit.id]) == {visit.id: "deleted"}
    assert not selectors.wrong_events().exists()
