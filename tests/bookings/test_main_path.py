"""The spine: a patient asks, the money is held, the provider answers or does not, the money follows."""

from cast import fresh, run_jobs

from bookings.services.expiry import expire_overdue


def test_a_confirmed_request_is_paid(patient, provider, sandbox):
    booking = patient.has_asked(notes="first visit")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "requires_capture"

    answer = provider.post(f"/api/bookings/{booking.id}/confirm", {"note": "see you"})

    assert answer.status == 200
    assert answer.body["message"] == "Booking confirmed"
    assert answer.body["booking"]["paymentStatus"] == "paid"
    assert sandbox.stripe.intent(booking.payment.intent_id)["amount_received"] == 15000


def test_a_declined_request_is_released(patient, provider, sandbox):
    booking = patient.has_asked()

    answer = provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "fully booked"})

    assert answer.status == 200
    assert answer.body["booking"]["paymentStatus"] == "released"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}


def test_an_unanswered_request_expires_and_is_released(patient, time, sandbox):
    booking = patient.has_asked()

    time.passes(hours=24, seconds=1)
    swept = expire_overdue()
    run_jobs()

    assert swept.expired == [booking.id]
    assert fresh(booking.id).state == "expired"
    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
