"""A call that died before it could answer: whoever comes with its key again is answered from what stands (contract 5).

A body is made once for each test: the day that it names is counted from today, which may be over by the second call.
"""

import pytest
from cast import fresh, sweep, wish_at
from money_calls import CREATE

from bookings import reconciliation as books
from bookings.models import Booking, SuggestedTime
from bookings.services.expiry import expire_overdue
from findr.api import idempotency
from findr.api.idempotency import Begun
from findr.models import IdempotencyKey
from providers.models import Provider

KEY = {"Idempotency-Key": "tap-1"}


def ask(patient, body):
    return patient.post("/api/bookings", body, **KEY)


@pytest.fixture
def dies(settings, time):
    """Runs a call and takes its answer away, as if the process had been killed before it could write it down."""

    def run(call):
        answer = call()
        IdempotencyKey.objects.update(status=None, body="")
        return answer

    return run


def test_while_the_lease_lasts_the_call_counts_as_running(patient, dies):
    body = wish_at()
    dies(lambda: ask(patient, body))

    answer = ask(patient, body)

    assert answer.refusal == (409, "idempotency_conflict", "A request with this key is still running")
    assert answer.body["retryAfter"] == 1


@pytest.mark.lesson(17)
def test_killed_before_it_changed_anything_it_is_made_again(patient, time):
    body = wish_at()
    begun = idempotency.begin(
        identity=f"patient:{patient.id}", method="POST", path="/api/bookings", key="tap-1", body=body
    )
    assert isinstance(begun, Begun)
    time.passes(seconds=31)

    answer = ask(patient, body)

    assert answer.status == 201
    assert Booking.objects.count() == 1


@pytest.mark.lesson(17)
def test_killed_after_the_booking_was_written_it_answers_with_that_booking(patient, sandbox, time, dies):
    body = wish_at()
    sandbox.misbehave({**CREATE, "action": "drop_before"})
    dies(lambda: ask(patient, body))
    time.passes(seconds=31)

    unclear = ask(patient, body)
    sweep()
    IdempotencyKey.objects.update(status=None, body="")
    time.passes(seconds=31)
    settled = ask(patient, body)

    assert (unclear.status, settled.status) == (202, 201)
    assert unclear.body["bookingId"] == settled.body["bookingId"] == str(Booking.objects.get().id)
    assert books.check_books() == []


def test_killed_after_a_refused_create_it_answers_with_the_refusal(patient, time, dies):
    body = wish_at(paymentMethodId="pm_card_visa_chargeDeclined")
    dies(lambda: ask(patient, body))
    time.passes(seconds=31)

    assert ask(patient, body).refusal == (402, "card_declined", "Payment failed")
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("kind", ["request", "instant"])
@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_visa"])
def test_a_create_whose_checkout_was_cancelled_meanwhile_is_refused(patient, sandbox, settings, time, dies, kind, card):
    """As if the patient had cancelled while the call was running (contract 10.1)."""
    settings.CALENDAR_READER = "readers.Free" if kind == "instant" else settings.CALENDAR_READER
    if card == "pm_card_visa":
        sandbox.misbehave({**CREATE, "action": "drop_before"})
    body = wish_at(paymentMethodId=card)
    dies(lambda: ask(patient, body))
    booking = Booking.objects.get()
    patient.post(f"/api/bookings/{booking.id}/cancel")
    time.passes(seconds=31)

    again = ask(patient, body)

    assert again.refusal == (402, "payment_failed", "Payment failed")
    assert again.body["bookingId"] == str(booking.id)
    assert fresh(booking.id).state == "cancelled_patient"


REQUEST_SENT = "Booking request sent. Provider will respond within 24 hours."
SINCE_THEN = {
    "confirm": ("confirmed", "Appointment confirmed!"),
    "reschedule": ("reschedule_proposed", REQUEST_SENT),
    "decline": ("cancelled_provider", "This booking was cancelled."),
    "cancel": ("cancelled_patient", "This booking was cancelled."),
    "expire": ("expired", "This booking request has expired."),
}


@pytest.mark.parametrize("event", SINCE_THEN)
def test_a_create_that_died_says_what_became_of_the_booking_since(patient, provider, time, dies, event):
    Provider.objects.update(response_hours=4 if event == "expire" else 24)  # Within the life of a key.
    body = wish_at()
    dies(lambda: ask(patient, body))
    booking = Booking.objects.get()
    happens(event, booking, patient, provider, time)
    time.passes(seconds=31)

    again = ask(patient, body)

    state, message = SINCE_THEN[event]
    assert (again.status, again.body["message"], again.body["booking"]["state"]) == (201, message, state)
    assert (again.body["processing"], again.body["requiresAction"]) == (False, False)


def test_an_instant_create_that_died_does_not_call_a_cancelled_visit_confirmed(patient, settings, time, dies):
    settings.CALENDAR_READER = "readers.Free"
    body = wish_at()
    dies(lambda: ask(patient, body))
    patient.post(f"/api/bookings/{Booking.objects.get().id}/cancel")
    time.passes(seconds=31)

    again = ask(patient, body)

    assert (again.status, again.body["message"]) == (201, "This booking was cancelled.")
    assert (again.body["bookingType"], again.body["booking"]["paymentStatus"]) == ("instant", "refunded")


def happens(event, booking, patient, provider, time):
    """What may become of a request whose maker does not know of it."""
    path = f"/api/bookings/{booking.id}/{event}"
    if event == "expire":
        time.set(booking.expires_at)
        expire_overdue()
    elif event == "cancel":
        assert patient.post(path).status == 200
    else:
        body = {"reason": "no", "proposedStart": wish_at(days=9)["appointmentDate"] + "T10:00"}
        assert provider.post(path, body).status == 200


def decided(who, patient, provider, booking):
    """A provider's confirm or a patient's acceptance, as a call that can be repeated."""
    if who == "confirm":
        return lambda: provider.post(f"/api/bookings/{booking.id}/confirm", {}, **KEY)
    happens("reschedule", booking, patient, provider, None)
    body, action = {}, "accept-reschedule"
    if who == "accept":
        body, action = {"suggestedTimeId": str(SuggestedTime.objects.get().id)}, "accept-suggested-time"
    return lambda: patient.post(f"/api/bookings/{booking.id}/{action}", body, **KEY)


@pytest.mark.parametrize("who", ["confirm", "accept", "accept-reschedule"])
def test_a_decision_that_died_does_not_call_a_cancelled_visit_confirmed(patient, provider, time, dies, who):
    booking = patient.has_asked()
    decide = decided(who, patient, provider, booking)
    dies(decide)
    assert patient.post(f"/api/bookings/{booking.id}/cancel").status == 200
    time.passes(seconds=31)

    again = decide()

    assert again.refusal == (400, "booking_not_pending", "Booking is not pending")
    assert (again.body["currentState"], again.body["allowedTransitions"]) == ("cancelled_patient", [])
    assert again.body["currentStatus"] == ("cancelled_patient" if who == "confirm" else "cancelled")


def test_a_decision_that_died_and_was_refused_does_not_call_an_expired_request_confirmed(patient, provider, time, dies):
    Provider.objects.update(response_hours=4)  # Within the life of a key.
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    decide = decided("confirm", patient, provider, booking)
    dies(decide)
    time.passes(seconds=31)
    assert decide().refusal == (402, "card_declined", "Payment failed")
    IdempotencyKey.objects.update(status=None, body="")
    time.set(fresh(booking.id).expires_at)
    expire_overdue()

    again = decide()

    assert again.refusal == (400, "booking_not_pending", "Booking is not pending")
    assert again.body["currentState"] == "expired"


def test_killed_after_a_late_cancellation_it_tells_the_same_fee(patient, provider, time, dies):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    time.set(booking.start - (booking.end - booking.start) * 18)
    path = f"/api/bookings/{booking.id}/cancel"
    first = dies(lambda: patient.post(path, {"reason": "ill"}, **KEY))
    time.passes(seconds=31)

    again = patient.post(path, {"reason": "ill"}, **KEY)

    assert again.body == first.body
    assert (again.body["feeCharged"], again.body["refundAmount"]) == (37.5, 112.5)
