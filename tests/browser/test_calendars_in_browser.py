"""Calendars as staff see them: what is connected, an event that fails and is written again, an account disconnected."""

import re

import pytest
from browser.signing_in import sign_in, signed_in
from calendar_accounts import CAL, OTHER, Desk
from cast import fresh, run_jobs, wish_at

from calendars.models import CalendarConnection, CalendarEvent
from calendars.services.health import declare_dead
from providers.models import TeamMember

PHONE = {"width": 400, "height": 860}


@pytest.fixture
def desk(provider, sandbox):
    return Desk(provider, sandbox)


@pytest.fixture
def failing(desk, patient, other_patient, provider, sandbox):
    """A visit that the vendor does not take, beside one that it took; and a member whose grant is dead."""
    desk.connect()
    other_patient.has_asked(**wish_at(days=9))
    run_jobs()
    booking = patient.has_asked()
    desk.accounts.fail(403, "forbidden", operation="events.insert")
    run_jobs()
    sandbox.behave()
    kim = TeamMember.objects.get(provider=provider.id)
    declare_dead(Desk(provider, sandbox, "microsoft", member=kim).connect(OTHER))
    return fresh(booking.id)


# Cells of a list of which some is hidden, and how wide the page is.
CUT_OFF = """() => [...document.querySelectorAll('#result_list tbody td, #result_list tbody th, .data-row > td')].filter(
    cell => cell.scrollWidth > cell.clientWidth + 1 || cell.scrollHeight > cell.clientHeight + 1
    ).map(cell => cell.innerText)"""
WIDTH = "document.documentElement.scrollWidth"


def test_staff_find_what_is_wrong_with_a_visit_and_have_it_written_again(
    page, picture, live_server, desk, failing, staff
):
    sign_in(page, live_server)
    picture("calendars-first-page")
    page.get_by_role("link", name=re.compile("Visits wrong in their calendar")).click()
    page.locator("#result_list").wait_for()
    picture("calendars-events")
    assert "The consent does not cover it" in page.locator("#result_list").inner_text()
    page.get_by_role("link", name=failing.number).click()
    page.get_by_text("It is tried again by itself.").wait_for()
    picture("calendars-booking")

    page.get_by_role("link", name="Write into the calendar again", exact=True).click()
    page.get_by_text(f"Its event is written into the Google calendar of {CAL}").wait_for()
    picture("calendars-write-again")
    page.get_by_role("button", name="Write it again").click()
    page.get_by_text(f"{failing.number}: is being written into the calendar.").wait_for()
    run_jobs()

    page.reload()
    picture("calendars-booking-written")
    assert CalendarEvent.objects.get(booking_id=failing.id).state == "synced"


def test_staff_disconnect_a_calendar(page, picture, live_server, desk, failing, staff):
    sign_in(page, live_server)
    page.get_by_role("link", name="Connected calendars").click()
    page.locator("#result_list").wait_for()
    picture("calendars-connections")
    page.get_by_role("link", name=CAL).click()
    page.get_by_text("Failures in a row").wait_for()
    picture("calendars-connection")
    page.get_by_role("link", name="Disconnect", exact=True).click()
    picture("calendars-disconnect")
    page.get_by_role("button", name="Yes, disconnect").click()
    page.get_by_text("This field is required.").wait_for()
    page.get_by_label("Reason").fill("They left the practice.")
    page.get_by_role("button", name="Yes, disconnect").click()

    page.get_by_text(f"Google calendar of {CAL}: Disconnected.").wait_for()
    picture("calendars-disconnected")
    assert CalendarConnection.objects.get(account_email=CAL).status == "disconnected"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_calendars_can_be_read(page, picture, live_server, desk, failing, staff, scheme):
    page.emulate_media(color_scheme=scheme)
    signed_in(page, live_server)
    page.set_viewport_size(PHONE)
    connection, event = CalendarConnection.objects.get(account_email=CAL), CalendarEvent.objects.get(state="failed")

    pages = (
        ("connections", "calendars/calendarconnection/"),
        ("connection", f"calendars/calendarconnection/{connection.pk}/change/"),
        ("disconnect", f"calendars/calendarconnection/{connection.pk}/disconnect/"),
        ("events", "calendars/calendarevent/"),
        ("event", f"calendars/calendarevent/{event.pk}/change/"),
        ("booking", f"bookings/booking/{failing.id}/change/"),
    )
    for name, path in pages:
        page.goto(f"{live_server.url}/admin/{path}")
        picture(f"calendars-phone-{scheme}-{name}")
        assert (page.evaluate(CUT_OFF), page.evaluate(WIDTH)) == ([], PHONE["width"]), path
