"""A patient asks for a visit: each way it can end, and what is left behind."""

from datetime import timedelta

import pytest
from cast import FREE, HALF_HOUR, HOUR, booking_of, fresh, promised, run_jobs, sweep, wish_at

from bookings import reconciliation as books
from bookings.models import Booking, PaymentOperation
from bookings.numbers import ALPHABET, scramble
from findr import clock
from providers.models import Provider


def test_a_request_holds_the_money_and_waits_for_the_provider(patient, sandbox):
    answer = patient.asks(notes="first visit")

    booking = booking_of(answer)
    assert answer.status == 201
    assert answer.body["message"] == "Booking request sent. Provider will respond within 24 hours."
    assert (booking.state, booking.payment.state, booking.booking_type) == ("pending_confirmation", "held", "request")
    assert booking.expires_at == booking.requested_at + timedelta(hours=24)
    assert [event.event_type for event in booking.events.all()] == ["created", "payment_held"]
    intent = sandbox.stripe.intent(booking.payment.intent_id)
    assert (intent["amount"], intent["currency"], intent["capture_method"]) == (15000, "usd", "manual")
    assert intent["metadata"] == {
        "booking": str(booking.id),
        "user": str(patient.id),
        "provider": str(booking.provider_id),
        "booking_type": "request",
    }
    assert books.check_books() == []


@pytest.mark.lesson(15)
def test_a_create_makes_one_vendor_call_and_its_row_comes_first(patient, sandbox):
    booking = booking_of(patient.asks())

    calls = [(call["method"], call["path"], call["idempotency_key"]) for call in sandbox.log()]
    operation = PaymentOperation.objects.get(payment=booking.payment)
    assert calls == [("POST", "/v1/payment_intents", operation.idempotency_key)]
    assert sandbox.log()[0]["form"]["metadata"]["booking"] == str(booking.id)
    assert operation.created_at <= clock.now()
    assert promised() == []


@pytest.mark.lesson(14)
def test_the_provider_sees_a_request_only_when_the_money_is_held(patient, provider):
    waiting = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    held = patient.has_asked(appointmentTime="14:00")

    seen = provider.get(f"/api/bookings/provider/{provider.id}").body["bookings"]

    assert [booking["id"] for booking in seen] == [str(held.id)]
    assert provider.get(f"/api/bookings/{waiting.id}").status == 404


@pytest.mark.lesson(16)
def test_a_refused_card_ends_the_booking_and_charges_nothing(patient, sandbox):
    answer = patient.asks(paymentMethodId="pm_card_visa_chargeDeclined")

    booking = booking_of(answer)
    assert answer.refusal == (402, "card_declined", "Payment failed")
    assert answer.body["declineCode"] == "generic_decline"
    assert booking.state == "payment_failed"
    run_jobs()
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert fresh(booking.id).payment.state == "failed"
    assert books.check_books() == []


@pytest.mark.lesson(16)
def test_an_unknown_payment_method_is_refused_without_an_intent(patient, sandbox):
    answer = patient.asks(paymentMethodId="pm_nobodys")

    assert answer.refusal == (402, "payment_method_invalid", "Payment failed")
    assert "declineCode" not in answer.body
    assert booking_of(answer).payment.state == "failed"
    assert sandbox.stripe.ledger()["payment_intents"] == {}


@pytest.mark.lesson(16)
def test_a_card_that_needs_its_holder_answers_with_a_client_secret(patient):
    answer = patient.asks(paymentMethodId="pm_card_authenticationRequired")

    booking = booking_of(answer)
    assert answer.status == 201
    assert answer.body["message"] == "Please authenticate your card to finish booking."
    assert answer.body["requiresAction"] is True
    assert answer.body["clientSecret"].startswith(f"{booking.payment.intent_id}_secret_")
    assert answer.body["booking"]["paymentStatus"] == "requires_action"
    again = patient.get(f"/api/bookings/{booking.id}").body
    assert (again["requiresAction"], again["clientSecret"]) == (True, answer.body["clientSecret"])


def test_an_authenticated_card_secures_the_request_by_the_sweep(patient, sandbox, time):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.stripe.authenticate(booking.payment.intent_id)

    time.passes(seconds=20)
    sweep()

    assert fresh(booking.id).state == "pending_confirmation"
    assert books.check_books() == []


@pytest.mark.lesson(14)
@pytest.mark.parametrize("service", [HOUR, HALF_HOUR])
def test_an_abandoned_checkout_ends_within_fifteen_minutes(patient, sandbox, time, service):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired", serviceId=str(service)))
    assert booking.expires_at == booking.created_at + timedelta(minutes=15)

    time.passes(minutes=15, seconds=1)
    sweep()
    run_jobs()

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("payment_failed", "failed")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert books.check_books() == []


def test_a_checkout_that_proves_paid_at_its_end_is_kept(patient, sandbox, time):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.stripe.authenticate(booking.payment.intent_id)

    time.passes(minutes=16)
    sweep()
    run_jobs()

    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("pending_confirmation", "held")


def test_a_service_that_costs_nothing_needs_no_card_and_no_vendor(patient, provider, sandbox):
    answer = patient.asks(serviceId=str(FREE), paymentMethodId=None)
    booking = booking_of(answer)
    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (201, "held")
    assert answer.body["booking"]["paymentIntentId"] is None

    confirmed = provider.post(f"/api/bookings/{booking.id}/confirm")

    assert confirmed.body["booking"]["paymentStatus"] == "paid"
    assert sandbox.log() == []
    assert books.check_books() == []


@pytest.mark.lesson(19)
def test_the_price_is_the_servers(patient, sandbox):
    booking = patient.has_asked(servicePrice=1, serviceName="Cheap", serviceDuration=5, endTime="whenever")

    assert sandbox.stripe.intent(booking.payment.intent_id)["amount"] == 15000
    assert (booking.service_name, booking.duration_minutes) == ("Evaluation", 60)


def test_a_paid_service_needs_a_card(patient):
    answer = patient.asks(paymentMethodId="")

    assert answer.refusal == (400, "validation", "paymentMethodId is required")
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"startTime": "2020-01-01T10:00:00Z"}, "time_in_past"),
        ({"days": 90}, "too_far_ahead"),
    ],
)
def test_a_time_that_cannot_be_asked_for_is_refused(patient, wish, code):
    body = (
        wish_at(**wish) if "days" in wish else {**wish_at(), "appointmentDate": None, "appointmentTime": None, **wish}
    )

    answer = patient.post("/api/bookings", body)

    assert (answer.status, answer.body["code"]) == (400, code)
    assert not Booking.objects.exists()


@pytest.mark.parametrize(("minutes", "told"), [(58, (400, "too_soon")), (74, (400, "too_soon")), (77, (201, None))])
def test_a_request_needs_fifteen_minutes_more_than_the_lead(patient, minutes, told):
    start = (clock.now() + timedelta(minutes=minutes)).replace(second=0, microsecond=0)

    answer = patient.asks(startTime=start.isoformat(), appointmentDate=None, appointmentTime=None)

    assert (answer.status, answer.body.get("code")) == told


def test_one_patient_never_has_two_bookings_at_one_time(patient, other_patient):
    first = patient.has_asked()

    again = patient.asks(appointmentTime="10:30")
    other = other_patient.asks(appointmentTime="10:30")

    assert again.refusal == (409, "duplicate_booking", "You already have a booking at this time")
    assert again.body["bookingId"] == str(first.id)
    assert other.status == 201


@pytest.mark.lesson(6)
def test_open_requests_are_bounded(patient, settings):
    settings.MAX_OPEN_REQUESTS = 2
    patient.has_asked(appointmentTime="08:00")
    patient.has_asked(appointmentTime="09:00")

    answer = patient.asks(appointmentTime="12:00")

    assert answer.refusal == (409, "too_many_open_requests", "Too many open booking requests")


@pytest.mark.lesson(6)
def test_a_practice_decides_whether_its_requests_hold_their_time(patient, other_patient):
    patient.has_asked()
    assert other_patient.asks().status == 201

    Provider.objects.update(requests_hold_time=True)
    patient.has_asked(appointmentTime="14:00")

    refused = other_patient.asks(appointmentTime="14:30", serviceId=str(HALF_HOUR))
    assert refused.refusal == (409, "slot_taken", "Slot not available")


def test_a_hold_on_the_card_that_ends_too_soon_ends_the_booking(patient, sandbox, settings):
    settings.CAPTURE_MARGIN_MINUTES = 7 * 24 * 60 - 10

    answer = patient.asks()

    assert answer.refusal == (402, "payment_failed", "Payment failed")
    run_jobs()
    assert sandbox.stripe.totals()["held"] == 0
    assert books.check_books() == []


@pytest.mark.lesson(20)
def test_the_deadline_respects_the_lead_and_the_cards_hold(patient, settings):
    soon = (clock.now() + timedelta(hours=5)).replace(second=0, microsecond=0)
    by_lead = patient.has_asked(startTime=soon.isoformat(), appointmentDate=None, appointmentTime=None)
    settings.CAPTURE_MARGIN_MINUTES = 7 * 24 * 60 - 120
    by_hold = patient.has_asked(**wish_at(days=9))

    assert by_lead.expires_at == soon - timedelta(minutes=60)
    assert by_hold.payment.capture_before - by_hold.expires_at == timedelta(minutes=7 * 24 * 60 - 120)


def test_booking_numbers_cannot_collide():
    span = 31**5
    some = {scramble(number) for number in range(200_000)} | {scramble(span - 1 - number) for number in range(200_000)}

    assert len(some) == 400_000
    assert set("".join(some)) == set(ALPHABET)
    assert scramble(0) == scramble(span)
