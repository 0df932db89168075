"""Idempotency keys: the same call twice does its work once, whatever died in between (contract 5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cast import booking_of, fresh, sweep, wish_at
from django.db import connections

from bookings.models import Booking, PaymentOperation, SuggestedTime
from bookings.services import books
from bookings.services.expiry import expire_overdue
from findr import idempotency
from findr.idempotency import Begun
from findr.models import IdempotencyKey
from providers.models import Provider

KEY = {"Idempotency-Key": "tap-1"}
CREATE = {"method": "POST", "path": "/v1/payment_intents"}


def ask(patient, body=None, **headers):
    return patient.post("/api/bookings", body or wish_at(), **(headers or KEY))


def replayed(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


@pytest.mark.lesson(17)
def test_the_same_create_twice_is_one_booking_and_one_answer(patient, sandbox):
    first = ask(patient)
    second = ask(patient)

    assert (first.status, replayed(first)) == (201, False)
    assert (second.status, replayed(second)) == (201, True)
    assert second.body == first.body
    assert Booking.objects.count() == len(sandbox.ledger()["stripe"]["payment_intents"]) == 1


@pytest.mark.lesson(17)
def test_the_same_key_with_another_body_is_refused(patient):
    first = ask(patient)
    other = ask(patient, wish_at(hour=15))
    same = dict(reversed(wish_at().items()))

    assert other.refusal == (422, "idempotency_mismatch", "This key was used with another request")
    assert ask(patient, same).body == first.body  # The order of keys does not count.
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("place", ["Idempotency-Key", "X-Idempotency-Key", "body"])
def test_the_key_may_come_in_three_places(patient, place):
    def once():
        if place == "body":
            return patient.post("/api/bookings", {**wish_at(), "idempotencyKey": "tap-1"})
        return ask(patient, **{place: "tap-1"})

    assert once().body == once().body
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "line\u2028break"])
def test_a_key_that_is_none_is_refused(patient, key):
    answer = patient.post("/api/bookings", {**wish_at(), "idempotencyKey": key})

    assert answer.refusal == (400, "validation", "idempotencyKey is invalid")
    assert not Booking.objects.exists()


def test_a_key_belongs_to_one_person_and_one_path(patient, other_patient, provider):
    mine, theirs = ask(patient), ask(other_patient)
    confirmed = provider.post(f"/api/bookings/{mine.body['bookingId']}/confirm", {}, **KEY)

    assert (mine.status, theirs.status, confirmed.status) == (201, 201, 200)
    assert not replayed(theirs)
    assert not replayed(confirmed)


def test_a_refusal_is_final_under_its_key(patient, sandbox):
    """The card was declined: asking again with the same key does not try it again."""
    body = wish_at(paymentMethodId="pm_card_visa_chargeDeclined")
    first = ask(patient, body)
    calls = len(sandbox.log())

    second = ask(patient, body)

    assert (first.status, second.status, second.body) == (402, 402, first.body)
    assert [call for call in sandbox.log(since=calls) if call["path"] == "/v1/payment_intents"] == []


def test_what_may_pass_is_not_kept(patient, settings):
    settings.STRIPE_SECRET_KEY, secret = "", settings.STRIPE_SECRET_KEY
    assert ask(patient).status == 503
    settings.STRIPE_SECRET_KEY = secret

    assert ask(patient).status == 201


def test_a_decision_in_progress_is_not_kept(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202
    decline = f"/api/bookings/{booking.id}/decline"
    assert provider.post(decline, {"reason": "no"}, **KEY).status == 409

    time.passes(seconds=31)
    sweep()

    assert provider.post(decline, {"reason": "no"}, **KEY).refusal[:2] == (400, "booking_not_pending")


def test_a_client_secret_is_never_kept(patient):
    body = wish_at(paymentMethodId="pm_card_authenticationRequired")
    first = ask(patient, body)
    second = ask(patient, body)

    assert first.body["clientSecret"] == second.body["clientSecret"]
    assert first.body["bookingId"] == second.body["bookingId"]
    assert "_secret_" not in IdempotencyKey.objects.get().body


def test_a_key_is_forgotten_after_a_day(patient, provider, time):
    first = ask(patient)
    provider.post(f"/api/bookings/{first.body['bookingId']}/decline", {"reason": "no"})
    time.passes(hours=24, seconds=1)

    assert ask(patient, wish_at()).body["bookingId"] != first.body["bookingId"]
    time.passes(hours=25)
    assert idempotency.delete_old_keys() == 1


@pytest.mark.lesson(17)
def test_sixteen_at_once_with_one_key_are_one_booking(patient, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")

    def once(_):
        try:
            return ask(patient)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(once, range(16)))

    assert {answer.status for answer in answers} <= {201, 409}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {"idempotency_conflict"}
    assert {answer.body["bookingId"] for answer in answers if answer.status == 201} == {str(Booking.objects.get().id)}


# --- The call died ----------------------------------------------------------------------------------------------------
@pytest.fixture
def dies(settings, time):
    """Runs a call and takes its answer away, as if the process had been killed before it could write it down."""

    def run(call):
        call()
        IdempotencyKey.objects.update(status=None, body="")

    return run


def test_while_the_lease_lasts_the_call_counts_as_running(patient, dies):
    dies(lambda: ask(patient))

    answer = ask(patient)

    assert answer.refusal == (409, "idempotency_conflict", "A request with this key is still running")
    assert answer.body["retryAfter"] == 1


@pytest.mark.lesson(17)
def test_killed_before_it_changed_anything_it_is_made_again(patient, time):
    begun = idempotency.begin(
        identity=f"patient:{patient.id}", method="POST", path="/api/bookings", key="tap-1", body=wish_at()
    )
    assert isinstance(begun, Begun)
    time.passes(seconds=31)

    answer = ask(patient, {**wish_at()})

    assert answer.status == 201
    assert Booking.objects.count() == 1


@pytest.mark.lesson(17)
def test_killed_after_the_booking_was_written_it_answers_with_that_booking(patient, sandbox, time, dies):
    sandbox.misbehave({**CREATE, "action": "drop_before"})
    dies(lambda: ask(patient))
    time.passes(seconds=31)

    unclear = ask(patient)
    sweep()
    IdempotencyKey.objects.update(status=None, body="")
    time.passes(seconds=31)
    settled = ask(patient)

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
    dies(lambda: ask(patient))
    booking = Booking.objects.get()
    happens(event, booking, patient, provider, time)
    time.passes(seconds=31)

    again = ask(patient)

    state, message = SINCE_THEN[event]
    assert (again.status, again.body["message"], again.body["booking"]["state"]) == (201, message, state)
    assert (again.body["processing"], again.body["requiresAction"]) == (False, False)


def test_an_instant_create_that_died_does_not_call_a_cancelled_visit_confirmed(patient, settings, time, dies):
    settings.CALENDAR_READER = "readers.Free"
    dies(lambda: ask(patient))
    patient.post(f"/api/bookings/{Booking.objects.get().id}/cancel")
    time.passes(seconds=31)

    again = ask(patient)

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


@pytest.mark.parametrize(
    ("action", "body", "after"),
    [
        ("confirm", {"note": "x"}, "confirmed"),
        ("decline", {"reason": "x"}, "cancelled_provider"),
        ("cancel-provider", {"reason": "x"}, "cancelled_provider"),
        ("reschedule", {"proposedStart": None}, "reschedule_proposed"),
        ("suggest-times", {"proposedTimes": None, "message": "later?"}, "reschedule_proposed"),
    ],
)
@pytest.mark.lesson(17)
def test_killed_after_a_providers_action_it_answers_from_the_booking(
    patient, provider, time, dies, action, body, after
):
    booking = patient.has_asked()
    start = wish_at(days=9)["appointmentDate"] + "T10:00"
    times = {"proposedStart": start, "proposedTimes": [{"start": start}]}
    body = {name: times.get(name, value) for name, value in body.items()}
    path = f"/api/bookings/{booking.id}/{action}"
    first = []
    dies(lambda: first.append(provider.post(path, body, **KEY)))
    time.passes(seconds=31)

    again = provider.post(path, body, **KEY)

    assert again.status == 200
    assert again.body == first[0].body
    assert again.body["booking"]["state"] == fresh(booking.id).state == after


@pytest.mark.parametrize(
    "action",
    ["accept-suggested-time", "accept-reschedule", "decline-reschedule", "cancel", "decline-suggested-times"],
)
@pytest.mark.lesson(17)
def test_killed_after_a_patients_action_it_answers_from_the_booking(patient, provider, time, dies, action):
    booking = patient.has_asked()
    start = wish_at(days=9)["appointmentDate"] + "T10:00"
    provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start})
    path = f"/api/bookings/{booking.id}/{action}"
    body = {"suggestedTimeId": str(SuggestedTime.objects.get().id)} if action == "accept-suggested-time" else {}
    first = []
    dies(lambda: first.append(patient.post(path, body, **KEY)))
    time.passes(seconds=31)

    again = patient.post(path, body, **KEY)

    assert again.status == first[0].status == 200, again.body
    assert again.body == first[0].body
    assert PaymentOperation.objects.filter(kind__in=["capture", "cancel"]).count() == 1


def test_killed_after_a_late_cancellation_it_tells_the_same_fee(patient, provider, time, dies):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    time.set(booking.start - (booking.end - booking.start) * 18)
    path = f"/api/bookings/{booking.id}/cancel"
    first = []
    dies(lambda: first.append(patient.post(path, {"reason": "ill"}, **KEY)))
    time.passes(seconds=31)

    again = patient.post(path, {"reason": "ill"}, **KEY)

    assert again.body == first[0].body
    assert (again.body["feeCharged"], again.body["refundAmount"]) == (37.5, 112.5)


def test_the_booking_of_a_stranger_is_not_answered_from(patient, other_patient, provider):
    booking = booking_of(ask(patient))

    assert other_patient.post(f"/api/bookings/{booking.id}/cancel", {}, **KEY).status == 403
    assert fresh(booking.id).state == "pending_confirmation"
