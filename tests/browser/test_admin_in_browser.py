"""The staff console as staff see it: sign in, look at the queue, open a booking, decide about it and its money."""

import re
from datetime import UTC, datetime, timedelta

import acts
from browser.signing_in import sign_in, signed_in
from cast import fresh, wish_at
from stripe_events import tell

from bookings.models import BookFinding
from findr import clock
from findr.accounts.models import User
from providers.models import Provider, Service, TimeOff

NAMES = ("Pat Doe", "Sam Roe")


def test_staff_decline_a_request_from_the_queue(
    page, picture, live_server, patient, other_patient, staff, time, sandbox
):
    urgent = patient.has_asked(notes="left knee")
    time.passes(hours=21)
    other_patient.has_asked(**wish_at(days=9))

    page.goto(f"{live_server.url}/admin/")
    picture("1-sign-in")
    sign_in(page, live_server)
    picture("2-first-page")
    assert page.get_by_role("link", name=re.compile("Waiting for an answer")).inner_text().split() == [
        *["Waiting", "for", "an", "answer"],
        "2",
    ]

    page.get_by_role("link", name=re.compile("Waiting for an answer")).click()
    page.locator("#result_list").wait_for()
    picture("3-queue")
    rows = page.locator("#result_list tbody tr").all_inner_texts()
    assert [name for row in rows for name in NAMES if name in row] == ["Pat Doe", "Sam Roe"]
    assert "HIGH" in rows[0]
    assert "America/Denver" in rows[0]

    page.get_by_role("link", name=urgent.number).click()
    picture("4-booking")
    page.get_by_role("link", name="Decline", exact=True).click()
    picture("5-decline")
    assert fresh(urgent.id).state == "pending_confirmation"

    page.get_by_role("button", name="Decline", exact=True).click()
    page.get_by_text("This field is required.").wait_for()
    picture("6-decline-without-a-reason")
    page.get_by_label("Reason").fill("The practice is closed that day.")
    page.get_by_role("button", name="Decline", exact=True).click()

    page.get_by_text(f"{urgent.number}: declined, and nothing is charged.").wait_for()
    page.get_by_text("cancelled provider").first.wait_for()
    assert page.get_by_role("link", name="Decline", exact=True).count() == 0
    picture("7-declined")
    assert fresh(urgent.id).state == "cancelled_provider"
    assert sandbox.stripe.intent(urgent.payment.intent_id)["status"] == "canceled"


def test_staff_confirm_selected_rows(page, picture, live_server, patient, other_patient, staff):
    first, second = patient.has_asked(), other_patient.has_asked(**wish_at(days=8))
    signed_in(page, live_server)

    page.goto(f"{live_server.url}/admin/bookings/booking/")
    for box in page.locator("#result_list tbody input.action-select").all():
        box.check()
    page.get_by_label("Select action to run").select_option(label="Confirm")
    picture("8-selected")
    page.get_by_role("button", name="Run").click()
    page.wait_for_url("**/decide/confirm/**")
    page.get_by_label("Reason").fill("The desk called.")
    picture("9-confirm-two")
    page.get_by_role("button", name="Confirm", exact=True).click()

    page.get_by_text(f"{first.number}: confirmed.").wait_for()
    picture("10-confirmed")
    assert [fresh(booking.id).state for booking in (first, second)] == ["confirmed", "confirmed"]


def test_staff_expire_what_is_overdue_from_its_row(page, picture, live_server, patient, staff, time):
    booking = patient.has_asked()
    time.passes(hours=25)
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/bookings/booking/?overdue=yes")
    assert "OVERDUE" in page.locator("#result_list tbody tr").inner_text()

    page.get_by_text("more_horiz").click()
    picture("row-menu")
    page.get_by_role("link", name="Expire", exact=True).click()
    picture("expire")
    page.get_by_label("Reason").fill("Nobody was in.")
    page.get_by_role("button", name="Expire", exact=True).click()

    page.get_by_text(f"{booking.number}: expired. The hold on the card is being released.").wait_for()
    assert fresh(booking.id).state == "expired"


def test_staff_change_a_price_and_enter_time_off(page, picture, live_server, patient, provider, staff):
    booking = patient.has_asked()
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/providers/provider/{provider.id}/change/")

    page.get_by_role("link", name="Services").click()
    prices = page.locator("input[name$='-price_cents']:not([name*='__prefix__'])")
    values = [price.input_value() for price in prices.all()]
    assert values == ["150.00", "80.00", "0.00"]
    prices.nth(0).fill("175.50")
    page.get_by_role("link", name="Time off").click()
    page.get_by_text("Add another Time off").click()
    page.locator("input[name='time_off-0-start']").fill("2099-01-05T09:00")
    page.locator("input[name='time_off-0-end']").fill("2099-01-05T17:00")
    picture("practice-filled-in")
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_text("was changed successfully").wait_for()
    assert Service.objects.get(id=booking.service_id).price_cents == 17550
    assert fresh(booking.id).price_cents == 15000
    assert TimeOff.objects.get().start == datetime(2099, 1, 5, 16, tzinfo=UTC)


def test_the_other_pages_open(page, picture, live_server, patient, provider, staff):
    """And their policy refuses nothing that they need: whatever it refuses fails a test that has a page."""
    booking = patient.has_asked(paymentMethodId="pm_card_visa")
    provider.post(f"/api/bookings/{booking.id}/confirm", {"note": "see you"})
    finding = BookFinding.objects.create(
        invariant="capture",
        subject=booking.number,
        booking_id=booking.id,
        detail="is confirmed, and 7000 of 15000 cents were captured",
        first_seen_at=booking.created_at,
        last_seen_at=booking.created_at,
    )
    sign_in(page, live_server)

    pages = (
        ("10-first-page", "", "Waiting for an answer"),
        ("11-all-bookings", "bookings/booking/?show=all", booking.number),
        ("12-booking-confirmed", f"bookings/booking/{booking.id}/change/", "captured 150.00 USD"),
        ("13-practices", "providers/provider/", "Ridge Physical Therapy"),
        ("14-practice", f"providers/provider/{provider.id}/change/", "Opening hours"),
        ("15-people", "accounts/user/", "pat@example.test"),
        ("16-person", f"accounts/user/{patient.user.id}/change/", "Signing in"),
        ("17-staff-member", f"accounts/user/{User.objects.get(email='staff@example.test').id}/change/", "Superuser"),
        ("18-new-person", "accounts/user/add/", "Role"),
        ("19-group", "auth/group/add/", "Permissions"),
        ("20-jobs", "procrastinate/procrastinatejob/", "procrastinate jobs"),
        ("21-findings", "bookings/bookfinding/", booking.number),
        ("22-finding", f"bookings/bookfinding/{finding.id}/change/", "7000 of 15000 cents were captured"),
        ("23-check-again", "bookings/bookfinding/check-again/", "Check the books again now"),
        ("24-calendars", "calendars/calendarconnection/", "No calendars"),
        ("25-calendar-events", "calendars/calendarevent/", "No events"),
        ("26-week", f"bookings/booking/week/{provider.id}/", "Ridge Physical Therapy"),
        ("27-password", "password_change/", "New password"),
    )
    for name, path, heading in pages:
        answer = page.goto(f"{live_server.url}/admin/{path}")
        assert answer.status == 200
        picture(name)
        assert heading in page.content()
        assert page.evaluate("typeof window.Alpine.version") == "string", path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} is too wide"


# Cells of which some is hidden, or that reach beyond the screen.
CUT_OFF = """() => [...document.querySelectorAll('#result_list td, .data-row > td')].filter(cell =>
    cell.scrollWidth > cell.clientWidth + 1 || cell.scrollHeight > cell.clientHeight + 1
    || cell.getBoundingClientRect().right > window.innerWidth).map(cell => cell.innerText)"""


def test_on_a_phone_every_cell_can_be_read(page, picture, live_server, patient, other_patient, provider, staff):
    waiting, suggested = patient.has_asked(), other_patient.has_asked(**wish_at(days=9))
    assert acts.suggest(provider, suggested, acts.wall(days=10, hour=14), acts.wall(days=10, hour=16)).status == 200
    signed_in(page, live_server)
    page.set_viewport_size({"width": 400, "height": 860})
    there = waiting.expires_at.astimezone(waiting.provider.zone)

    pages = (
        ("phone-first-page", ""),
        ("phone-queue", "bookings/booking/"),
        ("phone-all", "bookings/booking/?show=all"),
        ("phone-booking", f"bookings/booking/{suggested.id}/change/"),
        ("phone-calls", "bookings/paymentoperation/"),
    )
    for name, path in pages:
        page.goto(f"{live_server.url}/admin/{path}")
        page.locator("#result_list, .data-row").first.wait_for()
        picture(name)
        assert page.evaluate(CUT_OFF) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path

    page.goto(f"{live_server.url}/admin/bookings/booking/")
    for text in (f"{there:%a, %b} {there.day}, {there.year}", "America/Denver"):
        box = page.locator(".field-answer_by").first.get_by_text(text).bounding_box()
        assert box["x"] >= 0, text
        assert box["x"] + box["width"] <= 400, text


def test_staff_turn_the_pages_of_a_table_and_hear_of_a_colleagues_change(page, picture, live_server, provider, staff):
    practice, day = provider.provider, clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    starts = [day + timedelta(days=index) for index in range(40)]
    TimeOff.objects.bulk_create(TimeOff(provider=practice, start=one, end=one + timedelta(hours=8)) for one in starts)
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/providers/provider/{practice.id}/change/#time_off")
    page.get_by_role("navigation", name="Time off, by page").get_by_role("link", name="2", exact=True).click()
    page.wait_for_url("**time_off-page=2#time_off")
    page.locator("input[name='time_off-0-note']").fill("dentist")
    Provider.objects.filter(id=practice.id).update(status="suspended")
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_text("Status is now Suspended.").wait_for()
    picture("stale-practice")
    assert page.locator("input[name='time_off-0-note']").input_value() == "dentist"
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_text("was changed successfully").wait_for()
    assert TimeOff.objects.get(note="dentist").start == starts[15]
    assert Provider.objects.get(id=practice.id).status == "suspended"


def test_staff_give_back_some_of_a_finished_visit(page, picture, live_server, patient, provider, staff, time, sandbox):
    visit = patient.has_asked()
    provider.post(f"/api/bookings/{visit.id}/confirm", {"note": "see you"})
    time.set(visit.end)
    time.passes(days=3)
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/bookings/booking/?q={visit.number}")
    page.get_by_role("link", name=visit.number).click()
    picture("refund-1-booking")

    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_text("at most 150.00 USD of the 150.00 USD charged").wait_for()
    assert page.get_by_label("Amount in USD").input_value() == "150.00"
    page.get_by_label("Reason").fill("The equipment was out of order.")
    page.get_by_label("Amount in USD").fill("200")
    page.get_by_role("button", name="Refund this amount").click()
    page.get_by_text("200.00 USD cannot be given back, but at most 150.00 USD. No money moved.").wait_for()
    picture("refund-2-too-much")
    assert page.get_by_label("Reason").input_value() == "The equipment was out of order."
    assert sandbox.stripe.refunds(visit.payment.intent_id) == []

    page.get_by_label("Amount in USD").fill("60.50")
    picture("refund-3-form")
    page.get_by_role("button", name="Refund this amount").click()

    page.get_by_text(f"{visit.number}: 60.50 USD is refunded. 89.50 USD of the charge is kept.").wait_for()
    picture("refund-4-done")
    assert [one["amount"] for one in sandbox.stripe.refunds(visit.payment.intent_id)] == [6050]
    assert (fresh(visit.id).state, fresh(visit.id).payment.state) == ("confirmed", "partially_refunded")


def test_staff_suggest_times_and_cancel(page, picture, live_server, patient, staff, sandbox):
    booking = patient.has_asked()
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/bookings/booking/{booking.id}/change/")

    page.get_by_role("link", name="Suggest times", exact=True).click()
    day = (booking.start + timedelta(days=2)).date().isoformat()
    page.get_by_label("First time, on the clock of America/Denver").fill(f"{day}T14:30")
    page.get_by_label("Message").fill("Dr. Lee is away that day.")
    page.get_by_label("Reason").fill("The desk called.")
    picture("suggest-form")
    page.get_by_role("button", name="Suggest these times").click()
    page.get_by_text(f"{booking.number}: 1 time suggested.").wait_for()
    picture("suggest-done")
    start = booking.suggestions.get().start.astimezone(booking.provider.zone)
    assert start.isoformat()[:16] == f"{day}T14:30"

    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_label("Reason").fill("The patient called.")
    picture("cancel-form")
    page.get_by_role("button", name="Yes, cancel").click()
    page.get_by_text(f"{booking.number}: cancelled, and nothing is charged.").wait_for()
    picture("cancel-done")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"


def test_staff_read_calls_and_reports_of_the_payment_vendor(page, picture, live_server, patient, staff, sandbox):
    booking = patient.has_asked()
    tell("charge.refunded", {"id": "ch_1", "object": "charge", "payment_intent": booking.payment.intent_id})
    tell("payout.paid", {"id": "po_1", "object": "payout"})
    sign_in(page, live_server)

    page.get_by_role("link", name="Payment operations").click()
    page.locator("#result_list").wait_for()
    picture("calls")
    assert "authorize 150.00 USD" in page.locator("#result_list").inner_text()
    page.get_by_role("link", name="authorize 150.00 USD").click()
    page.get_by_text("Idempotency key").wait_for()
    picture("call")
    page.get_by_role("link", name="Webhook events").click()
    page.locator("#result_list").wait_for()
    picture("events")
    table = page.locator("#result_list")
    assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth"), "the table is too wide"
    page.get_by_role("link", name=re.compile("charge.refunded")).click()
    page.get_by_text(booking.payment.intent_id).first.wait_for()
    picture("event")
