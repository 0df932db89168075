"""Free times know the connected calendars from a mirror that is kept by polling."""

from datetime import timedelta
from uuid import uuid4

import pytest
from calendar_accounts import CAL, OTHER, Desk
from cast import booking_of, fresh, run_jobs, wish_at
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from mirrors import DAY, HOUR, held, is_offered, lane_of, mirrored, noon, poll, read_whole

from bookings.models import TimeHold
from calendars.busy_times import calendars_of_lanes
from calendars.models import BusyTime, Mirror, MirroredCalendar
from calendars.services import mirroring
from calendars.tasks import sweep_mirrors
from findr import clock
from findr.sandbox.calendars.times import text_of
from findr.transactions import durable
from providers.models import Provider, TeamMember


def test_busy_times_are_not_offered_and_a_change_shows_within_one_period(desk, time):
    desk.accounts.book(CAL, noon(), noon() + HOUR)
    connection = mirrored(desk)

    lane = lane_of(noon())
    assert (lane["calendarConnected"], lane["bookingMode"]) == (True, "instant")
    assert not is_offered(noon())
    assert is_offered(noon() + HOUR)

    desk.accounts.book(CAL, noon() + HOUR, noon() + 2 * HOUR)
    assert is_offered(noon() + HOUR)
    poll(time)

    assert not is_offered(noon() + HOUR)
    assert held(connection) == read_whole(connection)


def test_a_calendar_that_was_not_read_for_ten_minutes_makes_requests(desk, time):
    desk.accounts.book(CAL, noon(), noon() + HOUR)
    mirrored(desk)
    time.passes(seconds=599)
    assert lane_of(noon())["bookingMode"] == "instant"

    time.passes(seconds=2)

    assert (lane_of(noon())["bookingMode"], lane_of(noon())["calendarConnected"]) == ("request", True)
    assert is_offered(noon())


@pytest.mark.parametrize("change", ["disconnected", "another calendar", "dead", "further ahead"])
def test_what_the_mirror_does_not_cover_any_more_makes_requests(change, google, time):
    connection = mirrored(google)
    start = noon()
    match change:
        case "disconnected":
            google.disconnect()
        case "another calendar":
            google.accounts.add_calendar(CAL, "second", "second")
            assert google.choose(CAL, [CAL, "second"]).status == 200
        case "dead":
            type(connection).objects.update(status="needs_reauth")
        case "further ahead":
            Provider.objects.filter(id=connection.provider_id).update(maximum_advance_days=300)
            start = noon(200)

    assert lane_of(start)["bookingMode"] == "request"
    assert is_offered(start)
    if change == "another calendar":
        assert run_jobs() == ["calendars.read_mirror"]
    else:
        poll(time)
    assert Mirror.objects.exists() == (change in ("another calendar", "further ahead"))
    assert lane_of(start)["bookingMode"] == ("instant" if Mirror.objects.exists() else "request")


def test_a_lane_reads_its_members_calendar_and_else_the_practices(provider, sandbox):
    member = TeamMember.objects.get(provider=provider.provider)
    other = TeamMember.objects.create(provider=provider.provider, name="Zoe")
    sandbox.google.book(CAL, noon(), noon() + HOUR)
    sandbox.google.book(OTHER, noon() + HOUR, noon() + 2 * HOUR)
    mirrored(Desk(provider, sandbox))
    mirrored(Desk(provider, sandbox, member=member), OTHER)

    assert not is_offered(noon(), memberId=other.id)
    assert is_offered(noon() + HOUR, memberId=other.id)
    assert is_offered(noon(), memberId=member.id)
    assert not is_offered(noon() + HOUR, memberId=member.id)


def test_what_we_wrote_for_one_lane_is_no_busy_time_of_another(desk, patient, provider, time):
    """Two of a team share the practice's calendar: a visit of one of them takes nothing from the other."""
    member = TeamMember.objects.get(provider=provider.provider)
    other = TeamMember.objects.create(provider=provider.provider, name="Zoe")
    mirrored(desk)
    booking = booking_of(patient.asks(**wish_at(days=3, hour=12, teamMemberId=str(member.id))))
    run_jobs()
    poll(time)

    assert BusyTime.objects.count() == 1
    assert is_offered(booking.start, memberId=other.id)
    assert not is_offered(booking.start, memberId=member.id)
    assert lane_of(booking.start, memberId=other.id)["bookingMode"] == "instant"
    (theirs,) = calendars_of_lanes(provider.id, [other.id], booking.start, booking.end)
    (own,) = calendars_of_lanes(provider.id, [member.id], booking.start, booking.end)
    assert (theirs.busy, own.busy) == ([], [(booking.start.timestamp(), booking.end.timestamp())])
    assert fresh(booking.id).state == "confirmed"


def test_however_many_lanes_there_are_it_takes_two_statements(google, provider):
    connection = mirrored(google)
    members = TeamMember.objects.bulk_create(
        TeamMember(provider=provider.provider, name=f"Member {number}") for number in range(30)
    )
    calendar = MirroredCalendar.objects.get(mirror=connection.pk)
    BusyTime.objects.bulk_create(
        BusyTime(calendar=calendar, event_id=f"e{n}", start=noon() + n * HOUR, end=noon() + n * HOUR + HOUR)
        for n in range(10)
    )

    with CaptureQueriesContext(
        database,
    ) as asked:
        found = calendars_of_lanes(provider.id, [None, *(one.id for one in members)], noon(), noon() + 5 * HOUR)

    assert len(asked) == 2
    assert [len(one.busy) for one in found] == [5] * 31


def test_a_full_day_is_read_in_eight_statements_at_most(google, provider):
    """Forty holds and thirty busy times, whatever the calendar says of each."""
    connection = mirrored(google)
    calendar = MirroredCalendar.objects.get(mirror=connection.pk)
    member = TeamMember.objects.get(provider=provider.provider)
    starts = [noon() + timedelta(minutes=number) for number in range(-240, 360, 15)]
    TimeHold.objects.bulk_create(
        TimeHold(lane=member.id, owner=uuid4(), during=(one, one + timedelta(minutes=5)), kind="booking")
        for one in starts
    )
    BusyTime.objects.bulk_create(
        BusyTime(calendar=calendar, event_id=f"e{n}", start=one, end=one + HOUR) for n, one in enumerate(starts[:30])
    )

    lane_of(noon())  # The switches are known for some seconds.
    with CaptureQueriesContext(database) as asked:
        lane = lane_of(noon())

    assert lane["bookingMode"] == "instant"
    assert len(asked) <= 8, [one["sql"] for one in asked]


# --- Windows (lessons 48, 49) -----------------------------------------------------------------------------------------
@pytest.mark.lesson(48)
def test_today_and_the_horizon_are_covered_at_every_moment(desk, time):
    """Sixty days go by, ten at a time: whatever is booked at the far end is known while it can be booked."""
    connection = mirrored(desk)
    days = Provider.objects.get(id=connection.provider_id).maximum_advance_days

    for _ in range(6):
        far = noon(days - 1)
        desk.accounts.book(CAL, far, far + HOUR)
        poll(time)
        row = MirroredCalendar.objects.get(mirror=connection.pk)
        assert row.starts <= clock.now()
        assert row.ends >= clock.now() + timedelta(days=days)
        assert lane_of(far)["bookingMode"] == "instant"
        assert not is_offered(far)
        time.passes(days=10)

    poll(time)
    assert held(connection) == read_whole(connection)
    assert not BusyTime.objects.filter(end__lte=clock.now() - 2 * DAY).exists()


@pytest.mark.lesson(47, 49)
def test_of_an_endless_series_that_is_edited_no_more_is_kept_than_can_be_booked(desk, time):
    start = noon(1)
    daily = desk.accounts.book(CAL, start, start + HOUR, time_zone=str(start.tzinfo), recurrence=["RRULE:FREQ=DAILY"])
    connection = mirrored(desk)
    kept = BusyTime.objects.count()
    before = len(desk.accounts.calls())

    desk.accounts.change(daily["id"], CAL, start=start + HOUR, end=start + 2 * HOUR)
    poll(time)

    assert 60 < kept < 90
    assert abs(BusyTime.objects.count() - kept) <= 1
    assert held(connection) == read_whole(connection)
    assert len(desk.accounts.calls()) - before < 10
    assert (is_offered(start), is_offered(start + HOUR)) == (True, False)


# --- Cursors that are not known any more (lesson 50) --------------------------------------------------------------------
@pytest.mark.lesson(28, 50)
def test_a_reading_from_the_beginning_also_removes_what_it_did_not_see(desk, time):
    gone = desk.accounts.book(CAL, noon(), noon() + HOUR)
    connection = mirrored(desk)
    desk.accounts.remove(gone["id"], CAL)
    desk.accounts.book(CAL, noon() + 2 * HOUR, noon() + 3 * HOUR)
    desk.accounts.forget_cursors(CAL)

    poll(time)

    assert [one[1] for one in held(connection)] == [noon() + 2 * HOUR]
    assert held(connection) == read_whole(connection)
    assert MirroredCalendar.objects.get().restarts == 1
    poll(time)
    assert MirroredCalendar.objects.get().restarts == 0


@pytest.mark.lesson(50)
def test_a_calendar_whose_cursor_is_never_known_is_read_by_the_clock_alone(google, other_provider, sandbox, time):
    other = Desk(other_provider, sandbox)
    connection, healthy = mirrored(google), mirrored(other, OTHER)
    google.accounts.forget_cursors(CAL, always=True)
    for _ in range(mirroring.MAX_RESTARTS):
        poll(time)
    before = len(sandbox.google.calls(account=CAL))

    for _ in range(5):
        ask(connection)
        ask(healthy)
        run_jobs()

    assert len(sandbox.google.calls(account=CAL)) == before
    assert len(sandbox.google.calls(account=OTHER)) > 5
    google.accounts.book(CAL, noon(), noon() + HOUR)
    poll(time)
    assert not is_offered(noon())


@durable("somebody asks")
def ask(connection):
    mirroring.ask_to_read(connection.pk)


# --- One at a time (lesson 51) ------------------------------------------------------------------------------------------
@pytest.mark.lesson(51)
def test_who_asks_while_it_is_read_has_it_read_once_more_however_many_ask(google):
    connection = mirrored(google)
    before = len(google.accounts.calls())

    for _ in range(100):
        ask(connection)
    assert run_jobs() == ["calendars.read_mirror"]
    assert len(google.accounts.calls()) - before == 1

    mine = mirroring.leases.claim(Mirror.objects.select_related("connection").filter(pk=connection.pk), seconds=60)
    assert mine is None  # Not due, and nobody has asked.
    Mirror.objects.update(claimed_until=clock.now())
    mine = mirroring.leases.claim(Mirror.objects.filter(pk=connection.pk), seconds=60)
    for _ in range(100):
        ask(connection)
    assert run_jobs() == ["calendars.read_mirror"]
    assert len(google.accounts.calls()) - before == 1
    mirroring._hand_back(mine)
    assert run_jobs() == ["calendars.read_mirror"]
    assert len(google.accounts.calls()) - before == 2


@pytest.mark.lesson(51)
def test_the_echo_of_our_own_event_changes_nothing_but_where_it_stands(desk, patient, time):
    connection = mirrored(desk)
    booking = booking_of(patient.asks(**wish_at(days=3, hour=12)))
    run_jobs()
    version = fresh(booking.id).updated_at

    poll(time)

    assert run_jobs() == []
    assert fresh(booking.id).updated_at == version
    assert [(start, end) for _, start, end in held(connection)] == [(booking.start, booking.end)]


# --- Failures -----------------------------------------------------------------------------------------------------------
def test_an_outage_is_tried_again_slower_and_slower_and_what_was_read_stays(desk, time):
    desk.accounts.book(CAL, noon(), noon() + HOUR)
    connection = mirrored(desk)
    desk.accounts.fail(503, times=None)

    poll(time)
    first = Mirror.objects.get()
    assert (first.backoff_step, first.lease_token) == (1, None)
    assert first.claimed_until < clock.now() + timedelta(seconds=60)
    assert not is_offered(noon())
    desk.sandbox.behave()
    poll(time)

    assert Mirror.objects.get().backoff_step == 0
    assert held(connection) == read_whole(connection)


def test_a_process_that_died_over_it_is_waited_for_no_longer_than_its_lease(google, time):
    connection = mirrored(google)
    google.accounts.book(CAL, noon(), noon() + HOUR)
    time.passes(seconds=301)
    died = mirroring.leases.claim(Mirror.objects.filter(pk=connection.pk), seconds=430)
    sweep_mirrors()
    assert is_offered(noon())

    time.passes(seconds=431)
    sweep_mirrors()

    assert not is_offered(noon())
    mirroring._hand_back(died)  # It was not dead after all: nothing of it counts any more.
    assert Mirror.objects.get().claimed_until > clock.now() + timedelta(seconds=200)
    assert text_of(MirroredCalendar.objects.get().read_at) <= text_of(clock.now())
