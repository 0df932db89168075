"""What hours and time off do not cover is listed, and marked on its page, until somebody deals with it (lesson 58)."""

from datetime import time as clock_time

import pytest
from acts import DENVER, confirm, suggest, wall, wall_later
from admin.actions import fill_in
from admin.pages import LIST, numbers_in, page_of, text_of
from admin.uncovering import UNCOVERED
from availability.books import copies
from cast import HARBOR, RIDGE, wish_at
from django.db import connection
from django.test.utils import CaptureQueriesContext

from findr import clock
from providers.demo import demo_id
from providers.models import OpeningHours, TimeOff


@pytest.fixture
def three(patient, other_patient, provider):
    """At Ridge, three days one after the other: a visit, a request, and a time that is suggested; the practice is away."""
    visit, request = patient.has_asked(**wish_at(days=5)), other_patient.has_asked(**wish_at(days=6))
    confirm(provider, visit)
    suggested = patient.has_asked(**wish_at(days=4))
    assert suggest(provider, suggested, wall_later(request, 1, hour=10)).status == 200
    away = TimeOff.objects.create(provider_id=RIDGE, start=clock.now(), end=request.end + (request.end - visit.end))
    return {"visit": visit, "request": request, "suggested": suggested, "away": away}


@pytest.mark.lesson(58)
def test_it_is_listed_soonest_first_and_counted_until_somebody_deals_with_it(console, three, patient, provider):
    visit, request, suggested = three["visit"], three["request"], three["suggested"]
    elsewhere = patient.has_asked(**wish_at(days=5, hour=14, providerId=str(HARBOR), serviceId=str(demo_id(522))))

    assert numbers_in(console.get(LIST, UNCOVERED)) == [suggested.number, visit.number, request.number]
    shown = console.get(LIST)
    assert "?o=3" in shown.content.decode()  # The column with the marks can be sorted by.
    queue = text_of(shown)
    assert (queue.count("America/Denver in time off"), queue.count("America/Denver suggested: in time off")) == (1, 1)
    assert elsewhere.number in text_of(console.get(LIST))

    # Declined, given other times, moved: whoever deals with it, wherever.
    provider.post(f"/api/bookings/{request.id}/decline", {"reason": "away"})
    assert suggest(provider, suggested, wall(days=20)).status == 200
    assert numbers_in(console.get(LIST, UNCOVERED)) == [visit.number]
    assert fill_in(console, "move", visit, start=wall_later(visit, 10)).status_code == 302
    assert "No bookings here" in text_of(console.get(LIST, UNCOVERED))


def test_the_page_of_a_booking_says_which_of_its_times_is_not_covered_and_why(console, three, patient):
    visit, request, suggested = three["visit"], three["request"], three["suggested"]
    weekday = request.start.astimezone(request.provider.zone).weekday()
    OpeningHours.objects.filter(provider_id=RIDGE, weekday=weekday).update(opens=clock_time(10, 30))
    covered = patient.has_asked(**wish_at(days=12))

    pages = {name: text_of(console.get(page_of(three[name]))) for name in ("visit", "request", "suggested")}

    assert f"{said(visit.start)}, 10:00 AM to 11:00 AM America/Denver lies in time off." in pages["visit"]
    assert "10:00 AM to 11:00 AM America/Denver lies outside the opening hours." in pages["request"]
    assert pages["suggested"].count(" lies in time off.") == 1
    assert f"The suggested time {said(suggested.suggestions.get().start)}, " in pages["suggested"]
    assert " lies " not in text_of(console.get(page_of(covered)))
    three["away"].delete()
    assert " lies " not in text_of(console.get(page_of(visit)))


def said(start):
    there = start.astimezone(DENVER)
    return f"{there:%a, %b} {there.day}, {there.year}"


def test_the_list_costs_the_same_however_much_is_not_covered(console, patient):
    booking, path = patient.has_asked(), f"{LIST}?show=uncovered"
    TimeOff.objects.create(provider_id=RIDGE, start=clock.now(), end=booking.end)
    assert statements(console, path) > 0  # What a process asks once is known by now.

    few = statements(console, path)
    copies(booking, [(booking.start, booking.end)] * 60)

    assert statements(console, path) == few < 15
    assert statements(console, page_of(booking)) <= 15


def statements(console, page):
    with CaptureQueriesContext(connection) as asked:
        assert console.get(page).status_code == 200
    return len(asked)
