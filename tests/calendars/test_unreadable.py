"""A calendar that cannot be read never means free, and never means full; the practice is told once (lesson 23)."""

from datetime import timedelta

import pytest
from calendar_accounts import CAL
from cast import START, booking_of, run_jobs, wish_at
from django.core import mail

from bookings import reconciliation as books
from calendars.models import CalendarConnection


def fails(status, **rule):
    return lambda accounts: accounts.fail(status, operation=accounts.asks_busy, times=50, **rule)


FAILURES = {
    "an error": (fails(500), "unavailable"),
    "a bad gateway": (fails(502), "unavailable"),
    "a time-out": (
        lambda accounts: accounts.misbehave(
            {"action": "delay", "seconds": 6, "operation": accounts.asks_busy, "times": 50}
        ),
        "unavailable",
    ),
    "a dropped connection": (
        lambda accounts: accounts.misbehave({"action": "drop_before", "operation": accounts.asks_busy, "times": 50}),
        "unavailable",
    ),
    "401": (fails(401), "token_refused"),
    "403": (fails(403), "forbidden"),
    "429": (fails(429, headers={"Retry-After": "7"}), "rate_limited"),
    "an empty answer": (lambda accounts: accounts.answer_nothing(times=50), "calendar_missing"),
    "an unknown calendar": (lambda accounts: accounts.forget_calendars(times=50), "calendar_missing"),
    "nonsense": (lambda accounts: accounts.answer_garbage(operation=accounts.asks_busy, times=50), "unavailable"),
}


def about_calendars():
    """The mails that are about no booking: those have its number in their subject."""
    return [one for one in mail.outbox if "(FH-" not in one.subject]


@pytest.mark.lesson(9, 23)
@pytest.mark.parametrize("failure", FAILURES)
def test_it_makes_a_request(desk, patient, settings, failure):
    settings.CALENDAR_CALL_SECONDS = 1.0
    misbehave, code = FAILURES[failure]
    desk.connect()
    run_jobs()
    mail.outbox.clear()
    misbehave(desk.accounts)

    first, second = patient.asks(), patient.asks(**wish_at(days=8))

    for answer in (first, second):
        assert (answer.status, answer.body["bookingType"]) == (201, "auto-request"), answer.body
        assert answer.body["booking"]["paymentStatus"] == "held"
    receipt = booking_of(first).type_receipt
    assert (receipt["answer"], receipt["error"]) == ("failed", code)
    assert receipt["tookMs"] < 2500
    run_jobs()
    (told,) = about_calendars()
    assert desk.person.user.email in told.to
    assert books.check_books() == []


def test_it_is_instant_again_once_it_can_be_read(desk, patient, time):
    desk.connect()
    run_jobs()
    mail.outbox.clear()
    desk.accounts.fail(500, operation=desk.accounts.asks_busy, times=1)
    assert patient.asks().body["bookingType"] == "auto-request"

    assert patient.asks(**wish_at(days=8)).body["bookingType"] == "instant"

    row = desk.connection()
    assert (row.failures, row.status) == (0, "active")
    # Another row of failures, on another day: told again.
    time.passes(days=2)
    desk.accounts.fail(500, operation=desk.accounts.asks_busy, times=1)
    patient.asks(**wish_at(days=9))
    run_jobs()
    assert len(about_calendars()) == 2


@pytest.mark.lesson(27)
def test_a_dead_grant_makes_requests_and_is_told_once(desk, patient):
    desk.connect()
    run_jobs()
    mail.outbox.clear()
    desk.accounts.oauth.kill(CAL)
    desk.accounts.expire_tokens(CAL)

    kinds = [patient.asks(**wish_at(days=days)).body["bookingType"] for days in (7, 8)]

    assert kinds == ["auto-request", "auto-request"]
    run_jobs()
    assert CalendarConnection.objects.get().status == "needs_reauth"
    assert [one.subject for one in about_calendars()] == [
        f"Connect the {desk.vendor.title()} calendar of Ridge Physical Therapy again"
    ]
    told = desk.person.get("/api/notifications").body["events"]
    assert [one["data"] for one in told if one["type"] == "calendar.needs_reauth"] == [
        {"vendor": desk.vendor, "email": CAL}
    ]


def test_accepting_a_suggested_time_asks_about_that_time(desk, patient):
    """A calendar that says busy refuses it; one that cannot be asked does not block (contract 10.3)."""
    desk.connect()
    busy = desk.accounts.book(CAL, *whole_day(7))
    booking = booking_of(patient.asks())
    suggested = f"{wish_at(days=9)['appointmentDate']}T10:00"
    assert desk.person.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": suggested}).status == 200
    desk.accounts.remove(busy["id"], CAL)
    taken = desk.accounts.book(CAL, *whole_day(9))

    refused = patient.post(f"/api/bookings/{booking.id}/accept-reschedule")
    assert (refused.status, refused.body["code"]) == (409, "slot_taken")
    desk.accounts.remove(taken["id"], CAL)
    assert patient.post(f"/api/bookings/{booking.id}/accept-reschedule").status == 200


def whole_day(days):
    """All of it, whichever zone it is looked at from."""
    day = (START + timedelta(days=days)).date()
    return day - timedelta(days=1), day + timedelta(days=2)
