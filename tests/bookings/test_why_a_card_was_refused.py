"""Why a card was refused is told to the card holder and to staff, and by no door to the practice (contract 4)."""

import json

import pytest
from cast import fresh, wish_at
from django.db import connection
from django.test import Client
from money_calls import CAPTURE

from bookings.tasks import sweep_operations
from findr.models import IdempotencyKey

KEY = {"Idempotency-Key": "tap-1"}
REASON = {"declineCode": "insufficient_funds", "message": "Your card has insufficient funds."}


@pytest.fixture
def booking(patient):
    return patient.has_asked(paymentMethodId="pm_card_captureRefused")


def confirms(provider, booking):
    return provider.post(f"/api/bookings/{booking.id}/confirm", {}, **KEY)


def accepts(patient, provider, booking):
    start = f"{wish_at(days=21)['appointmentDate']}T10:00"
    assert provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start}).status == 200
    return patient.post(f"/api/bookings/{booking.id}/accept-reschedule", {}, **KEY)


def read_by(provider, booking):
    """All that a practice can read of its bookings."""
    lists = f"/api/bookings/provider/{provider.id}"
    paths = [f"/api/bookings/{booking.id}", f"/api/bookings/{booking.id}/history", lists, f"{lists}/pending"]
    answers = [provider.get(path) for path in [*paths, "/api/notifications?since=0"]]
    assert {answer.status for answer in answers} == {200}
    return json.dumps([answer.body for answer in answers]).lower()


def tells_why(text):
    return any(word in text.lower() for word in ("insufficient", "declinecode", "decline_code"))


def test_the_practice_is_told_that_it_was_refused_and_not_why(provider, booking):
    answer = confirms(provider, booking)

    assert fresh(booking.id).payment.decline_code == "insufficient_funds"  # There is something to be told.
    assert answer.body == {
        "success": False,
        "error": "Payment failed",
        "message": "The patient's card was refused.",
        "code": "card_declined",
        "bookingId": str(booking.id),
    }
    assert not tells_why(read_by(provider, booking))


def test_nor_when_it_asks_again_with_its_key(provider, booking):
    first = confirms(provider, booking)

    again = confirms(provider, booking)

    assert (again.headers["Idempotency-Replayed"], again.body) == ("true", first.body)


def test_nor_when_its_call_died_and_is_answered_from_the_booking(provider, booking, time):
    first = confirms(provider, booking)
    IdempotencyKey.objects.update(status=None, body="")
    time.passes(seconds=31)

    again = confirms(provider, booking)

    assert (again.status, again.body) == (402, first.body)


def test_nor_when_the_refusal_comes_after_a_202(provider, booking, sandbox, time):
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert confirms(provider, booking).status == 202
    time.passes(seconds=11)
    sweep_operations()

    assert fresh(booking.id).payment.decline_code == "insufficient_funds"
    assert not tells_why(read_by(provider, booking))


def test_the_card_holder_is_told_why_and_the_practice_is_not(patient, provider, booking):
    answer = accepts(patient, provider, booking)

    assert answer.refusal == (402, "card_declined", "Payment failed")
    assert {name: answer.body[name] for name in REASON} == REASON
    assert not tells_why(read_by(provider, booking))


def test_staff_are_told_why(staff, provider, booking):
    confirms(provider, booking)
    console = Client()
    console.force_login(staff.user)

    page = console.get(f"/admin/bookings/booking/{booking.id}/change/").content.decode()

    assert "card_declined / insufficient_funds" in page
    assert REASON["message"] in page


def test_negative_a_reason_in_the_history_would_be_seen(provider, booking):
    confirms(provider, booking)
    with connection.cursor() as cursor:
        cursor.execute("""UPDATE bookings_bookingevent SET data = '{"reason": "insufficient_funds"}'""")

    assert tells_why(read_by(provider, booking))
