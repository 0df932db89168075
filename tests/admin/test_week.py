"""The page of a practice's week: what is drawn where, what each thing says, and who may look."""

import re

import acts
import pytest
from acts import DENVER
from admin.pages import text_of
from admin.week_pages import items_of, path_of, spans_of, ticks_of
from admin.weeks import Week
from availability.books import copies
from calendar_accounts import CAL, Desk
from cast import HARBOR, LAKESIDE, RIDGE, put_into, run_jobs
from django.db import connection
from django.test.utils import CaptureQueriesContext
from mirrors import DAY, HOUR, mirrored, poll

from bookings.models import Booking
from bookings.states import State
from findr import clock
from providers.demo import demo_id
from providers.models import OpeningHours, TeamMember, TimeOff


@pytest.fixture
def kim(stage):
    return TeamMember.objects.get(provider=RIDGE)


@pytest.fixture
def week(stage):
    return Week()


def page_of_week(week, provider=RIDGE, **query):
    return path_of(provider, week=week.day(), **query)


@pytest.fixture
def full_week(patient, other_patient, provider, sandbox, week):
    return week.fill(patient, other_patient, provider, Desk(provider, sandbox))


def test_each_thing_stands_at_its_hours_and_says_what_it_is(full_week, console, week):
    page = console.get(page_of_week(week))
    items = items_of(page)

    mornings = [(f"{hour} AM", 60 * (hour - 8)) for hour in range(8, 12)]
    assert ticks_of(page) == [*mornings, ("12 PM", 240), *((f"{hour} PM", 240 + 60 * hour) for hour in range(1, 6))]
    assert spans_of(page, "week-open") == {week.day(days): [(0, 600)] for days in range(7)}
    assert spans_of(page, "week-gap") == {week.day(days): [] for days in range(7)}
    assert [(one.day, one.kinds, one.top, one.bottom, one.column) for one in items] == [
        (week.day(), ("visit",), 60, 120, (0, 2)),
        (week.day(), ("request",), 90, 150, (1, 2)),
        (week.day(1), ("request",), 360, 420, (0, 1)),
        (week.day(2), ("suggestion",), 180, 240, (0, 1)),
        (week.day(3), ("reservation",), 240, 300, (0, 1)),
        (week.day(3), ("checkout",), 420, 480, (0, 1)),
        (week.day(4), ("time_off",), 120, 420, (0, 1)),
        (week.day(5), ("busy",), 480, 540, (0, 1)),
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
    assert f'href="{page_of_week(week)}"' in console.get(visit).content.decode()


def test_the_weeks_around_it_and_the_lane_that_was_chosen_are_kept(kim, console, week):
    began = today_at_ridge()
    page = console.get(path_of(RIDGE, week=week.day(2), lane=kim.id)).content.decode()

    links = [link.replace("&amp;", "&") for link in re.findall(r'href="\?([^"]*)"', page)]
    assert [link.partition("&")[2] for link in links] == [f"lane={kim.id}"] * 3
    before, today, after = (link.partition("&")[0] for link in links)
    assert (before, after) == (f"week={week.day(-7)}", f"week={week.day(7)}")
    assert f"week={began}" <= today <= f"week={today_at_ridge()}"
    assert f'value="{week.day(2)}"' in page
    assert f'<option value="{kim.id}" selected' in page


def today_at_ridge():
    return clock.now().astimezone(DENVER).date().isoformat()


def asked_for(console, path):
    """The page, and which tables its statements asked; what staff have switched off is asked every few seconds by anybody."""
    with CaptureQueriesContext(connection) as asked:
        page = console.get(path)
    tables = [re.search(r'FROM "?(\w+)', one["sql"])[1] for one in asked]
    return page, [table for table in tables if not table.startswith("waffle")]


def test_the_lanes_that_were_asked_for_and_no_more_in_as_many_statements_however_full(
    full_week, console, kim, week, patient, other_provider, sandbox
):
    def kinds(provider=RIDGE, **query):
        return [one.kinds[0] for one in items_of(console.get(page_of_week(week, provider, **query)))]

    everybodys = ["visit", "request", "request", "suggestion", "reservation", "checkout", "time_off", "busy"]
    assert kinds(lane=kim.id) == ["request", "request", "suggestion", "time_off", "busy"]
    assert kinds(lane=RIDGE) == ["visit", "reservation", "checkout", "busy"]
    assert kinds() == kinds(lane="") == kinds(lane="nobody") == everybodys

    elsewhere = {"providerId": str(HARBOR), "serviceId": str(demo_id(522))}
    patient.has_asked(**week.wish(6, 11, **elsewhere))
    kept = {**elsewhere, "startTime": week.wall(6, 14), "duration": 60}
    assert patient.post("/api/bookings/reserve-slot", kept).status == 201
    TimeOff.objects.create(provider_id=HARBOR, start=week.noon(6), end=week.noon(6) + HOUR)
    mirrored(Desk(other_provider, sandbox), "harbor@calendar.test")
    assert kinds() == everybodys
    assert kinds(HARBOR) == ["request", "reservation", "time_off"]
    assert kinds(LAKESIDE) == []

    _, few = asked_for(console, page_of_week(week))
    start = full_week.start + 2 * HOUR
    times = [(start + number * HOUR / 4, start + number * HOUR / 4 + HOUR) for number in range(200)]
    copies(full_week, times, team_member=kim)
    TimeOff.objects.bulk_create(TimeOff(provider_id=RIDGE, start=one, end=end) for one, end in times)
    page, many = asked_for(console, page_of_week(week))
    assert len(items_of(page)) > 200
    assert many == few
    assert 10 < len(many) <= 16, many


SHOWN = {
    **dict.fromkeys(("pending_confirmation", "reschedule_proposed", "confirming"), "request"),
    **dict.fromkeys(("confirmed", "checked_in", "in_progress", "completed", "no_show"), "visit"),
}


def test_what_came_to_nothing_is_not_there(patient, console, week):
    booking = patient.has_asked(**week.wish(0, 8))
    half_hours = [booking.start + number * HOUR / 2 for number in range(1, len(State) + 1)]
    made = copies(booking, [(start, start + HOUR / 2) for start in half_hours])
    for one, state in zip(made, State, strict=True):
        put_into(one, state)

    items = items_of(console.get(page_of_week(week)))

    found = {one.top: one.kinds[0] for one in items if one.top}
    assert found == {30 * (1 + number): SHOWN[state] for number, state in enumerate(State) if state in SHOWN}


@pytest.mark.lesson(58)
def test_what_is_uncovered_is_marked_until_it_is_covered_again(patient, provider, console, kim, week):
    visit = patient.has_asked(**week.wish(0, 16, teamMemberId=str(kim.id)))
    acts.confirm(provider, visit)
    asked = patient.has_asked(**week.wish(1, 10))
    acts.suggest(provider, asked, week.wall(2, 16), week.wall(3, 16))

    def marked():
        items = items_of(console.get(page_of_week(week)))
        return [(one.day, one.text.split("M ")[-1].split(" of ")[0]) for one in items if "uncovered" in one.kinds]

    assert marked() == []
    hours = OpeningHours.objects.filter(provider=RIDGE)
    hours.filter(weekday__in=[0, 2]).update(closes="16:30")
    narrowed = [(week.day(), "Uncovered: Visit"), (week.day(2), "Uncovered: Suggested time")]
    assert marked() == narrowed
    TimeOff.objects.create(provider_id=RIDGE, start=week.noon(3), end=week.noon(3) + DAY)
    assert marked() == [*narrowed, (week.day(3), "Uncovered: Suggested time")]
    TimeOff.objects.all().delete()
    hours.update(closes="18:00")
    assert marked() == []


def test_a_visit_that_stands_in_the_calendar_is_not_busy_beside_itself(
    patient, provider, sandbox, console, time, kim, week
):
    desk = Desk(provider, sandbox)
    mirrored(desk)
    visit = patient.has_asked(**week.wish(1, 12, teamMemberId=str(kim.id)))
    run_jobs()
    poll(time)
    desk.accounts.book(CAL, visit.start - HOUR / 2, visit.end + HOUR / 2, id="plan1", title="Lunch")
    poll(time)

    def seen(lane):
        items = items_of(console.get(page_of_week(week, lane=lane)))
        return [(one.kinds[0], one.bottom - one.top) for one in items]

    assert seen(kim.id) == [("busy", 30), ("visit", 60), ("busy", 30)]
    assert seen(RIDGE) == [("busy", 120)]
    assert seen("") == [("busy", 30), ("busy", 120), ("visit", 60), ("busy", 30)]

    time.passes(minutes=11)
    assert seen(kim.id) == [("visit", 60)]
    told = "Busy times are not shown for Ridge Physical Therapy, Alex Kim: the calendar was not read lately"
    assert told in text_of(console.get(page_of_week(week)))


def test_what_lasts_for_days_is_on_each_of_them(console, week):
    TimeOff.objects.create(provider_id=RIDGE, start=week.noon(-1), end=week.noon(2) - 3 * HOUR)

    page = console.get(page_of_week(week))

    items = items_of(page)
    days = [(one.day, one.top, one.bottom) for one in items]
    assert days == [(week.day(), 0, 600), (week.day(1), 0, 600), (week.day(2), 0, 60)]
    assert [hour for hour, _ in ticks_of(page)][:: len(ticks_of(page)) - 1] == ["8 AM", "5 PM"]
    since, until = (moment.astimezone(DENVER) for moment in (week.noon(-1), week.noon(2)))
    assert items[0].text == (
        f"{since:%a, %b} {since.day}, 12:00 PM to {until:%a, %b} {until.day}, 9:00 AM Time off everybody"
    )


def test_the_hours_that_are_shown_are_those_in_which_something_is(console, week):
    OpeningHours.objects.filter(provider=RIDGE).delete()

    def shown(*away):
        TimeOff.objects.all().delete()
        for start, end in away:
            TimeOff.objects.create(provider_id=RIDGE, start=start, end=end)
        page = console.get(page_of_week(week))
        hours = [hour for hour, _ in ticks_of(page)]
        return hours[0], hours[-1], {(one.top, one.bottom) for one in items_of(page)}

    at = week.noon(2)
    assert shown() == ("8 AM", "5 PM", set())
    assert shown((at - 7 * HOUR + HOUR / 4, at - 7 * HOUR + HOUR / 2)) == ("5 AM", "5 AM", {(15, 30)})
    assert shown((at + 9 * HOUR, at + 12 * HOUR + HOUR / 2)) == ("12 AM", "9 PM", {(0, 30), (1260, 1320)})
    assert shown((at - 7 * DAY, at + 7 * DAY)) == ("8 AM", "5 PM", {(0, 600)})
