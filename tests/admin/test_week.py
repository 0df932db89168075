"""The page of a practice's week: what is drawn where, what each thing says, and who may look."""

import re

import acts
import pytest
from acts import DENVER
from admin.pages import text_of
from admin.week_pages import items_of, path_of, spans_of, ticks_of
from admin.weeks import fill_week, next_monday_but_one
from availability.books import copies
from calendar_accounts import CAL, Desk
from cast import HARBOR, LAKESIDE, RIDGE, put_into, run_jobs, wish_at
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mirrors import DAY, HOUR, mirrored, noon, poll

from bookings.models import Booking
from bookings.states import State
from findr import clock
from providers.demo import demo_id
from providers.models import OpeningHours, TeamMember, TimeOff


@pytest.fixture
def kim(stage):
    return TeamMember.objects.get(provider=RIDGE)


@pytest.fixture
def monday(stage):
    return next_monday_but_one()


def day_in(days):
    return wish_at(days=days)["appointmentDate"]


def week_in(days, provider=RIDGE, **query):
    return path_of(provider, week=day_in(days), **query)


def today_at_ridge():
    return clock.now().astimezone(DENVER).date().isoformat()


@pytest.fixture
def full_week(patient, other_patient, provider, sandbox, monday):
    return fill_week(patient, other_patient, provider, Desk(provider, sandbox), monday)


def test_each_thing_stands_at_its_hours_and_says_what_it_is(full_week, console, monday):
    page = console.get(week_in(monday + 3))
    items = items_of(page)

    mornings = [(f"{hour} AM", 60 * (hour - 8)) for hour in range(8, 12)]
    assert ticks_of(page) == [*mornings, ("12 PM", 240), *((f"{hour} PM", 240 + 60 * hour) for hour in range(1, 6))]
    assert spans_of(page, "week-open") == {day_in(monday + days): [(0, 600)] for days in range(7)}
    assert spans_of(page, "week-gap") == {day_in(monday + days): [] for days in range(7)}
    assert [(one.day, one.kinds, one.top, one.bottom, one.column) for one in items] == [
        (day_in(monday), ("visit",), 60, 120, (0, 2)),
        (day_in(monday), ("request",), 90, 150, (1, 2)),
        (day_in(monday + 1), ("request",), 360, 420, (0, 1)),
        (day_in(monday + 2), ("suggestion",), 180, 240, (0, 1)),
        (day_in(monday + 3), ("reservation",), 240, 300, (0, 1)),
        (day_in(monday + 3), ("checkout",), 420, 480, (0, 1)),
        (day_in(monday + 4), ("time_off",), 120, 420, (0, 1)),
        (day_in(monday + 5), ("busy",), 480, 540, (0, 1)),
    ]
    day = full_week.start.astimezone(DENVER)
    named = f"{day:%a, %b} {day.day}"
    ridge = "Ridge Physical Therapy"
    assert items[0].text == f"{named} 9:00 AM to 10:00 AM Visit of Pat Doe, Evaluation, with {ridge}"
    request = (
        f"{named} 9:30 AM to 10:30 AM Request of Sam Roe, Evaluation, with Alex Kim, waits for the practice until "
    )
    assert items[1].text.startswith(request)
    assert "Request of Sam Roe, Evaluation, with Alex Kim, waits for the patient until " in items[2].text
    assert "Suggested time of Sam Roe, Evaluation, with Alex Kim, waits for the patient until " in items[3].text
    assert f"Reserved {ridge}, kept until " in items[4].text
    assert f"Checkout of Sam Roe, Evaluation, with {ridge}, until " in items[5].text
    assert [one.text.split(" PM ")[-1] for one in items[6:]] == ["Time off Alex Kim", "Busy everybody"]
    assert "Dentist" not in page.content.decode()

    ids = [identifier for _, identifier in sorted(Booking.objects.values_list("start", "id"))]
    visit, request, suggested, paying = (f"/admin/bookings/booking/{identifier}/change/" for identifier in ids)
    away = f"/admin/providers/provider/{RIDGE}/change/#time_off"
    assert [one.link for one in items] == [visit, request, suggested, suggested, "", paying, away, ""]
    assert f'href="{path_of(RIDGE)[:-1]}"' in console.get(away).content.decode()
    assert f'href="{week_in(monday)}"' in console.get(visit).content.decode()


def test_the_weeks_around_it_and_the_lane_that_was_chosen_are_kept(kim, console, monday):
    page = console.get(week_in(monday + 2, lane=kim.id)).content.decode()

    links = re.findall(r'href="\?([^"]*)"', page)
    assert [link.replace("&amp;", "&") for link in links] == [
        f"week={day}&lane={kim.id}" for day in (day_in(monday - 7), today_at_ridge(), day_in(monday + 7))
    ]
    assert f'value="{day_in(monday + 2)}"' in page
    assert f'<option value="{kim.id}" selected' in page


def test_only_what_fills_the_lanes_that_were_asked_for(
    full_week, console, kim, monday, patient, other_provider, sandbox
):
    def kinds(provider=RIDGE, **query):
        return [one.kinds[0] for one in items_of(console.get(week_in(monday, provider, **query)))]

    everybodys = ["visit", "request", "request", "suggestion", "reservation", "checkout", "time_off", "busy"]
    assert kinds(lane=kim.id) == ["request", "request", "suggestion", "time_off", "busy"]
    assert kinds(lane=RIDGE) == ["visit", "reservation", "checkout", "busy"]
    assert kinds() == kinds(lane="") == kinds(lane="nobody") == everybodys

    elsewhere = {"providerId": str(HARBOR), "serviceId": str(demo_id(522))}
    patient.has_asked(**wish_at(days=monday + 6, hour=11, **elsewhere))
    kept = {**elsewhere, "startTime": acts.wall(days=monday + 6, hour=14), "duration": 60}
    assert patient.post("/api/bookings/reserve-slot", kept).status == 201
    TimeOff.objects.create(provider_id=HARBOR, start=noon(monday + 6), end=noon(monday + 6) + HOUR)
    mirrored(Desk(other_provider, sandbox), "harbor@calendar.test")
    assert kinds() == everybodys
    assert kinds(HARBOR) == ["request", "reservation", "time_off"]
    assert kinds(LAKESIDE) == []


SHOWN = {
    **dict.fromkeys(("pending_confirmation", "reschedule_proposed", "confirming"), "request"),
    **dict.fromkeys(("confirmed", "checked_in", "in_progress", "completed", "no_show"), "visit"),
}


def test_what_came_to_nothing_is_not_there(patient, console, monday):
    booking = patient.has_asked(**wish_at(days=monday, hour=8))
    half_hours = [booking.start + number * HOUR / 2 for number in range(1, len(State) + 1)]
    made = copies(booking, [(start, start + HOUR / 2) for start in half_hours])
    for one, state in zip(made, State, strict=True):
        put_into(one, state)

    items = items_of(console.get(week_in(monday)))

    found = {one.top: one.kinds[0] for one in items if one.top}
    assert found == {30 * (1 + number): SHOWN[state] for number, state in enumerate(State) if state in SHOWN}


@pytest.mark.lesson(58)
def test_what_is_uncovered_is_marked_until_it_is_covered_again(patient, provider, console, kim, monday):
    visit = patient.has_asked(**wish_at(days=monday, hour=16, teamMemberId=str(kim.id)))
    acts.confirm(provider, visit)
    asked = patient.has_asked(**wish_at(days=monday + 1, hour=10))
    acts.suggest(provider, asked, acts.wall(days=monday + 2, hour=16), acts.wall(days=monday + 3, hour=16))

    def marked():
        items = items_of(console.get(week_in(monday)))
        return [(one.day, one.text.split("M ")[-1].split(" of ")[0]) for one in items if "uncovered" in one.kinds]

    assert marked() == []
    hours = OpeningHours.objects.filter(provider=RIDGE)
    hours.filter(weekday__in=[0, 2]).update(closes="16:30")
    narrowed = [(day_in(monday), "Uncovered: Visit"), (day_in(monday + 2), "Uncovered: Suggested time")]
    assert marked() == narrowed
    TimeOff.objects.create(provider_id=RIDGE, start=noon(monday + 3), end=noon(monday + 3) + DAY)
    assert marked() == [*narrowed, (day_in(monday + 3), "Uncovered: Suggested time")]
    TimeOff.objects.all().delete()
    hours.update(closes="18:00")
    assert marked() == []


def test_a_visit_that_stands_in_the_calendar_is_not_busy_beside_itself(patient, provider, sandbox, console, time, kim):
    desk = Desk(provider, sandbox)
    mirrored(desk)
    visit = patient.has_asked(**wish_at(days=9, hour=12, teamMemberId=str(kim.id)))
    run_jobs()
    poll(time)
    desk.accounts.book(CAL, visit.start - HOUR / 2, visit.end + HOUR / 2, id="plan1", title="Lunch")
    poll(time)

    def seen(lane):
        items = items_of(console.get(week_in(9, lane=lane)))
        return [(one.kinds[0], one.bottom - one.top) for one in items]

    assert seen(kim.id) == [("busy", 30), ("visit", 60), ("busy", 30)]
    assert seen(RIDGE) == [("busy", 120)]
    assert seen("") == [("busy", 30), ("busy", 120), ("visit", 60), ("busy", 30)]

    time.passes(minutes=11)
    assert seen(kim.id) == [("visit", 60)]
    told = "Busy times are not shown for Ridge Physical Therapy, Alex Kim: the calendar was not read lately"
    assert told in text_of(console.get(week_in(9)))


def test_what_lasts_for_days_is_on_each_of_them(console, monday):
    TimeOff.objects.create(provider_id=RIDGE, start=noon(monday - 1), end=noon(monday + 2) - 3 * HOUR)

    items = items_of(console.get(week_in(monday)))

    days = [(one.day, one.top, one.bottom) for one in items]
    assert days == [(day_in(monday), 0, 600), (day_in(monday + 1), 0, 600), (day_in(monday + 2), 0, 60)]
    since, until = (moment.astimezone(DENVER) for moment in (noon(monday - 1), noon(monday + 2)))
    assert items[0].text == (
        f"{since:%a, %b} {since.day}, 12:00 PM to {until:%a, %b} {until.day}, 9:00 AM Time off everybody"
    )


def asked_for(console, path):
    """The page, and which tables its statements asked; what staff have switched off is asked every few seconds by anybody."""
    with CaptureQueriesContext(connection) as asked:
        page = console.get(path)
    tables = [re.search(r'FROM "?(\w+)', one["sql"])[1] for one in asked]
    return page, [table for table in tables if not table.startswith("waffle")]


def test_however_full_the_week_is_it_takes_as_many_statements(full_week, console, monday, kim):
    _, few = asked_for(console, week_in(monday))
    start = full_week.start + 2 * HOUR
    times = [(start + number * HOUR / 4, start + number * HOUR / 4 + HOUR) for number in range(200)]
    copies(full_week, times, team_member=kim)
    TimeOff.objects.bulk_create(TimeOff(provider_id=RIDGE, start=one, end=end) for one, end in times)

    page, many = asked_for(console, week_in(monday))

    assert len(items_of(page)) > 200
    assert many == few
    assert len(many) <= 18, many
