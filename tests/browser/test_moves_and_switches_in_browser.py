"""Staff move a visit, and turn a switch, with a real browser."""

from acts import later
from browser.signing_in import sign_in, signed_in
from cast import fresh
from switches import as_migrated

from bookings.services.answers import confirm_booking
from findr.switches import Switch, is_on
from findr.vendors.budget import Budget


def test_staff_move_a_visit_to_a_time_outside_the_opening_hours(page, picture, live_server, patient, staff):
    booking = patient.has_asked()
    confirm_booking(booking_id=booking.id, note="", actor=staff.actor, budget=Budget())
    start = later(booking, 2, 19, 30)
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/bookings/booking/{booking.id}/change/")

    page.get_by_role("link", name="Move visit", exact=True).click()
    local = start.astimezone(booking.provider.zone)
    page.get_by_label("New time, on the clock of America/Denver").fill(f"{local:%Y-%m-%dT%H:%M}")
    page.get_by_label("Reason").fill("Dr. Lee is away, and offered the evening.")
    page.get_by_role("button", name="Move the visit").click()
    page.get_by_text("is outside the opening hours, or in time off. If the practice agrees, tick:").wait_for()
    picture("move-refused")
    page.get_by_label("Even if it is outside the opening hours, or in time off").check()
    page.get_by_role("button", name="Move the visit").click()
    page.get_by_text(f"{booking.number}: moved to").wait_for()
    picture("move-done")

    assert fresh(booking.id).start == start


def test_staff_turn_a_switch_off(page, picture, live_server, staff):
    as_migrated()
    sign_in(page, live_server)

    page.get_by_role("link", name="Switches").click()
    page.get_by_text("No calendar is asked whether a time is free").wait_for()
    picture("switches")
    page.get_by_role("link", name="calendar_checks").click()
    page.get_by_label("On", exact=True).uncheck()
    page.get_by_label("Note").fill("Google answers everything with 500.")
    picture("switch")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#result_list").get_by_text("Off", exact=True).wait_for()
    picture("switches-off")

    assert (is_on(Switch.CALENDAR_CHECKS), is_on(Switch.INSTANT_BOOKING)) == (False, True)
