"""The page of a practice's week when the clocks change, when it is asked for nonsense, and when the wrong people ask."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from admin.pages import text_of
from admin.week_pages import items_of, path_of, spans_of, ticks_of
from availability.situations import change_days
from cast import HARBOR, RIDGE
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory

from bookings.models import Booking
from findr import clock
from providers.demo import demo_id
from providers.models import Provider, TimeOff

QUARTER = timedelta(minutes=15)
# The first two shift their clocks by an hour, the second of them in a zone of half hours; the third by half an hour.
ZONES = ("America/Denver", "America/St_Johns", "Australia/Lord_Howe")
NO_DAYS = (
    *("garbage", "2026-02-30", "2026-W10", "1899-12-31", "9000-01-01", "9999-12-31"),
    *("2026-03-03T10:00", "٢٠٢٦-٠٣-٠٣", "9" * 300, "<script>"),
)


def minutes(span):
    return span // timedelta(minutes=1)


@pytest.mark.lesson(7)
@pytest.mark.parametrize("zone", [ZoneInfo(name) for name in ZONES], ids=lambda zone: zone.key)
def test_on_days_on_which_the_clocks_change_each_moment_has_its_own_place(zone, console):
    """Ten minutes away in each quarter of the day, all of which are drawn in order, at the hours of the other days."""
    Provider.objects.filter(id=RIDGE).update(timezone=zone.key)
    today = clock.now().astimezone(zone).date()
    # Two, even from a day on which they change: the next one of its kind may be 371 days away.
    changes = change_days(zone, today, today + timedelta(days=400))
    assert len(changes) >= 2

    for day in changes[:2]:
        begins, ends = (datetime.combine(one, time(0), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
        quarters = [begins + number * QUARTER for number in range((ends - begins) // QUARTER)]
        TimeOff.objects.all().delete()
        TimeOff.objects.bulk_create(
            TimeOff(provider_id=RIDGE, start=one, end=one + timedelta(minutes=10)) for one in quarters
        )
        shift = minutes((ends - begins) - timedelta(days=1))

        page = console.get(path_of(RIDGE, week=day.isoformat()))

        items, hours = items_of(page), ticks_of(page)
        assert {(one.day, one.bottom - one.top, one.column) for one in items} == {(day.isoformat(), 10, (0, 1))}
        assert len(items) == len(quarters) == 96 + shift // 15
        tops = [one.top for one in items]
        steps = [after - before for before, after in pairwise(tops)]
        assert sorted(set(steps)) == ([15] if shift > 0 else [15, 15 - shift])
        assert steps.count(15) == len(steps) - (shift < 0)
        full = [(one.astimezone(zone), item) for one, item in zip(quarters, items, strict=True)]
        named = [(f"{there:%I %p}".lstrip("0"), item.top) for there, item in full if there.minute == 0]
        assert set(named) <= set(hours)
        assert len(hours) == 25 if shift == 60 else 24
        gaps = spans_of(page, "week-gap")
        lengths = {one: [bottom - top for top, bottom in spans] for one, spans in gaps.items()}
        assert lengths.pop(day.isoformat()) == ([] if shift > 0 else [-shift])
        assert list(lengths.values()) == [[shift] if shift > 0 else []] * 6
        assert ("The clocks go back" if shift > 0 else "The clocks go forward") in text_of(page)


def test_what_is_no_day_is_told_and_this_week_is_shown(console):
    for asked in NO_DAYS:
        page = console.get(path_of(RIDGE), {"week": asked})

        assert page.status_code == 200, asked
        assert "This is no day such as 2026-03-03, so this week is shown." in text_of(page), asked
        assert 'aria-current="date"' in page.content.decode(), asked


def test_the_first_and_the_last_weeks_that_there_are(console):
    for day in ("1900-01-01", "8999-12-31"):
        assert console.get(path_of(RIDGE, week=day)).status_code == 200
    assert "Nothing on this day." in text_of(console.get(path_of(RIDGE)))


def test_somebody_elses_lane_is_nobodys(console):
    for lane in ("garbage", demo_id(402), HARBOR, "%C3%A4"):
        page = console.get(path_of(RIDGE, lane=lane))
        assert page.status_code == 200
        assert "There is nobody like this here, so everybody is shown." in text_of(page)


def test_what_no_page_is_there_for(console):
    assert console.get(path_of(demo_id(999))).status_code == 404
    assert console.post(path_of(RIDGE)).status_code == 405
    assert console.get(path_of(RIDGE, week="%00")).status_code == 400
    assert console.get(path_of("garbage"), follow=True).redirect_chain[-1][0] == "/admin/"


def test_only_staff_look(patient, provider, colleague):
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        assert client.get(path_of(RIDGE)).headers["Location"].startswith("/admin/login/")
    assert Client().get(path_of(RIDGE)).headers["Location"].startswith("/admin/login/")
    assert colleague.get(path_of(RIDGE)).status_code == 200


def test_it_takes_the_rights_to_see_practices_and_bookings(stage, patient):
    """Every staff member has both; the page itself refuses whoever has not."""
    request = RequestFactory().get(path_of(RIDGE))
    request.user = patient.user

    with pytest.raises(PermissionDenied):
        admin.site._registry[Booking].week_view(request, RIDGE)
