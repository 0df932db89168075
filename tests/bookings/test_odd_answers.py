"""Answers that a vendor should not give, and defects of ours: money is never left in limbo, nor moved on a guess."""

import socket
import time as real_time
from contextlib import contextmanager
from threading import Thread

import pytest
from cast import FREE, booking_of, fresh, run_jobs, sweep, wish_at

from bookings import reconciliation as books
from bookings import transitions
from bookings.actors import JOB
from bookings.models import Booking, PaymentOperation, TimeHold
from bookings.payments import apply_intent, execution, results, reversals
from bookings.payments.gateway import Intent, IntentStatus, Refund
from bookings.payments.rules import Failure, FailureKind
from bookings.payments.stripe import StripeGateway
from bookings.payments.vendor_calls import CallResult
from bookings.tasks import sweep_operations
from bookings.wire.booking import payment_status
from bookings.wire.messages import request_message
from findr.outbox import leases
from findr.transactions import durable
from providers.models import Provider

CREATE = {"method": "POST", "path": "/v1/payment_intents"}
CAPTURE = {"method": "POST", "path": "/v1/payment_intents/*/capture"}
CANCEL = {"method": "POST", "path": "/v1/payment_intents/*/cancel"}
REFUND = {"method": "POST", "path": "/v1/refunds"}
READ = {"method": "GET", "path": "/v1/payment_intents*"}
INTENT = "pi_from_a_test"


@pytest.fixture
def unanswered(patient, provider, sandbox):
    """A visit that is being confirmed, and its capture that nobody has answered."""
    booking = patient.has_asked()
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    return booking.payment.operations.get(kind="capture")


def settle(operation, said):
    """What the vendor says now to whoever has this operation now."""
    PaymentOperation.objects.filter(id=operation.id).update(**leases.taken(seconds=30))
    operation = PaymentOperation.objects.select_related("payment__booking__provider").get(id=operation.id)
    kind = {Intent: "intent", Refund: "refund", Failure: "failure"}[type(said)]
    return results.record_result(operation, CallResult(**{kind: said}), actor=JOB).booking


def states(booking):
    now = fresh(booking.id)
    return now.state, now.payment.state


# --- Reads -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [400, 404, 424, 503])
def test_a_read_that_is_refused_tells_nothing(patient, sandbox, time, status):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.misbehave({**READ, "action": "status", "status": status, "type": "invalid_request_error"})
    time.passes(seconds=31)
    sweep()
    assert states(booking) == ("pending_payment", "requires_action")

    sandbox.stripe.authenticate(fresh(booking.id).payment.intent_id)
    time.passes(seconds=31)
    sweep()

    assert states(booking) == ("pending_confirmation", "held")


# --- Authorise -------------------------------------------------------------------------------------------------------
def test_what_the_vendor_calls_a_bad_request_is_our_fault_and_said_in_our_words(patient, sandbox):
    rule = {"status": 400, "type": "invalid_request_error", "message": "Unknown parameter: secret_thing"}
    sandbox.misbehave({**CREATE, "action": "status", **rule})

    answer = patient.asks()

    assert (answer.status, answer.body["code"]) == (402, "payment_failed")
    assert answer.body["message"] == "The payment could not be made."
    assert "secret_thing" not in str(answer.body)


def test_a_card_that_is_refused_after_the_cancellation_never_held_anything(patient, sandbox):
    """The call was running when its patient cancelled, and then the card said no."""
    sandbox.misbehave({**CREATE, "action": "drop_after"})
    booking = booking_of(patient.asks(paymentMethodId="pm_card_visa_chargeDeclined"))
    patient.post(f"/api/bookings/{booking.id}/cancel")
    operation = PaymentOperation.objects.select_related("payment__booking").get(payment__booking=booking)
    (intent,) = sandbox.stripe.intents()
    known = intent["id"]

    ended = settle(operation, Failure(FailureKind.CARD_REFUSED, "Declined.", "card_declined", intent_id=known))

    assert (states(ended), payment_status(ended)) == (("cancelled_patient", "authorizing"), "processing")
    run_jobs()
    assert states(booking) == ("cancelled_patient", "released")
    assert sandbox.stripe.intent(intent["id"])["status"] == "canceled"
    assert books.check_books() == []


def test_a_key_that_was_used_for_something_else_is_left_behind(patient, sandbox, time):
    sandbox.misbehave({**CREATE, "action": "status", "status": 400, "type": "idempotency_error"})
    answer = patient.asks()
    assert answer.status == 202
    booking = booking_of(answer)

    time.passes(seconds=11)
    sweep()

    assert states(booking) == ("pending_confirmation", "held")
    keys = [call["idempotency_key"] for call in sandbox.log() if call["method"] == "POST"]
    assert len(keys) == len(set(keys)) == 2
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1


def test_an_intent_is_called_never_made_only_when_no_attempt_can_be_running(patient, sandbox, time, settings):
    """The last attempt may have left at the end of the checkout, and be slow at the vendor."""
    sandbox.misbehave({**CREATE, "action": "drop_before", "times": None})
    booking = booking_of(patient.asks())
    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    assert states(booking) == ("payment_failed", "authorizing")
    sandbox.behave()

    time.passes(seconds=settings.LOST_INTENT_SECONDS - 30)
    sweep()
    assert states(booking) == ("payment_failed", "authorizing")
    time.passes(minutes=10)
    sweep()

    assert states(booking) == ("payment_failed", "failed")
    assert books.check_books() == []


def test_of_two_intents_that_name_one_booking_one_is_used_and_the_other_undone(patient, sandbox, time):
    sandbox.misbehave({**CREATE, "action": "status", "status": 500, "store": True, "do_work": True})
    booking = booking_of(patient.asks())
    operation = booking.payment.operations.get()
    StripeGateway().authorize(operation.parameters, key="a-second-one", seconds=5)
    assert sandbox.stripe.totals()["held"] == 30000

    time.passes(seconds=11)
    sweep()
    run_jobs()

    assert states(booking) == ("pending_confirmation", "held")
    assert sandbox.stripe.totals()["held"] == 15000
    assert books.check_books() == []


def test_an_ended_checkout_that_is_still_processing_is_asked_about_until_it_is_not(patient, sandbox, time, settings):
    sandbox.misbehave({**CREATE, "action": "drop_after"}, {**READ, "action": "drop_before", "times": None})
    booking = booking_of(patient.asks())
    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    operation = booking.payment.operations.get()

    settle(operation, Intent(id=sandbox.stripe.intents()[0]["id"], status=IntentStatus.PROCESSING))

    assert states(booking) == ("payment_failed", "authorizing")
    assert booking.payment.operations.get().state == "pending"
    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    run_jobs()
    assert states(booking) == ("payment_failed", "failed")
    assert sandbox.stripe.totals()["held"] == 0


def test_an_abandoned_checkout_ends_even_if_the_vendor_will_not_close_it(patient, sandbox, time, settings):
    """The time is the next patient's; the intent is closed when the vendor lets us."""
    Provider.objects.update(requests_hold_time=True)
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    assert TimeHold.objects.filter(owner=booking.id).exists()
    sandbox.misbehave({**CANCEL, "action": "status", "status": 400, "type": "invalid_request_error"})

    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    run_jobs()

    assert states(booking) == ("payment_failed", "requires_action")
    assert not TimeHold.objects.filter(owner=booking.id).exists()
    time.passes(minutes=1)
    sweep()
    assert states(booking) == ("payment_failed", "failed")
    assert sandbox.stripe.intent(fresh(booking.id).payment.intent_id)["status"] == "canceled"


def test_waiting_for_the_card_holder_does_not_slow_down(patient, sandbox, time):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    for _ in range(5):
        time.passes(seconds=16)
        assert sweep() == 1

    operation = booking.payment.operations.get()
    assert (operation.attempts, operation.backoff_step) == (6, 0)  # The first call, and each look since.


# --- Capture ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["processing", "requires_action"])
def test_a_capture_is_over_only_when_the_intent_says_so(unanswered, status, time):
    booking = settle(unanswered, Intent(id=unanswered.intent_id, status=IntentStatus(status)))

    assert states(booking) == ("confirming", "capturing")
    unanswered.refresh_from_db()
    assert unanswered.state == "pending"
    time.passes(minutes=1)
    sweep()
    assert states(booking) == ("confirmed", "paid")


@pytest.mark.lesson(11)
def test_a_capture_that_used_up_the_hold_ends_the_booking(unanswered):
    gone = Intent(id=unanswered.intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD)

    ended_without_a_hold(settle(unanswered, gone), unanswered)


@pytest.mark.lesson(11)
def test_a_refusal_that_used_up_the_hold_ends_the_booking(unanswered, time, settings):
    settings.PAYMENT_GATEWAY = "gateways.HoldUsedUp"
    time.passes(seconds=31)
    booking = execution.run_operation(unanswered.id).booking

    ended_without_a_hold(booking, unanswered)


def ended_without_a_hold(booking, capture):
    assert states(booking) == ("payment_failed", "releasing")
    assert not TimeHold.objects.exists()
    capture.refresh_from_db()
    assert capture.state == "failed"
    run_jobs()
    assert states(booking) == ("payment_failed", "failed")
    assert books.check_books() == []


@pytest.mark.lesson(11)
def test_a_hold_that_is_gone_while_the_request_waits_ends_it(patient):
    booking = patient.has_asked()

    @durable
    def hear():
        gone = Intent(id=booking.payment.intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD)
        apply_intent.apply_intent(transitions.lock_booking(booking.id), gone, JOB)

    hear()
    run_jobs()

    assert states(booking) == ("payment_failed", "failed")
    assert books.check_books() == []


# --- Cancel ----------------------------------------------------------------------------------------------------------
def test_a_hold_that_was_kept_after_all_is_not_canceled_by_an_old_operation(patient, sandbox, time, settings):
    """Abandoned, to be closed; the vendor is silent; then the card holder finishes after all, and is heard."""
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    intent_id = fresh(booking.id).payment.intent_id
    cancel = _open_cancel(booking)
    sandbox.stripe.authenticate(intent_id)
    time.passes(seconds=16)
    execution.run_operation(booking.payment.operations.get(kind="authorize").id)
    assert states(booking) == ("pending_confirmation", "held")

    PaymentOperation.objects.filter(id=cancel.id).update(must_look_first=True)
    run_jobs()

    cancel.refresh_from_db()
    assert (cancel.state, cancel.reason) == ("failed", "kept")
    assert sandbox.stripe.intent(intent_id)["status"] == "requires_capture"


@durable
def _open_cancel(booking):
    payment = transitions.lock_booking(booking.id).payment
    cancel = reversals.cancel_intent(payment, payment.intent_id, lease_now=False)
    assert reversals.cancel_intent(payment, payment.intent_id, lease_now=False) is None  # Somebody is at it already.
    return cancel


# --- Refund ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def refunding(patient, sandbox):
    """A booking whose money was captured out of turn: all of it is owed."""
    booking = patient.has_asked()
    sandbox.stripe.capture(booking.payment.intent_id)

    @durable
    def hear():
        captured = Intent(id=booking.payment.intent_id, status=IntentStatus.SUCCEEDED, amount_received=15000)
        apply_intent.apply_intent(transitions.lock_booking(booking.id), captured, JOB)

    hear()
    return booking


def test_a_refund_that_failed_is_made_anew_by_the_same_operation(refunding, sandbox, time):
    operation = refunding.payment.operations.get(kind="refund")
    before = operation.idempotency_key

    settle(operation, Refund(id="re_1", status="failed", amount=15000))

    assert states(refunding) == ("payment_failed", "refunding")
    time.passes(minutes=1)
    sweep()
    assert states(refunding) == ("payment_failed", "refunded")
    operation.refresh_from_db()
    assert operation.idempotency_key != before
    assert len(sandbox.stripe.refunds(operation.intent_id)) == 1


@pytest.mark.parametrize("by_hand", [5000, 15000])
def test_what_was_given_back_by_hand_is_not_given_back_again(refunding, sandbox, by_hand):
    sandbox.stripe.refund(refunding.payment.intent_id, amount=by_hand)

    run_jobs()

    assert states(refunding) == ("payment_failed", "refunded")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert fresh(refunding.id).payment.refunded_cents == 15000
    assert books.check_books() == []


def test_a_refund_that_the_vendor_refuses_without_a_reason_stays_open(refunding, sandbox, time):
    sandbox.misbehave({**REFUND, "action": "status", "status": 400, "type": "invalid_request_error"})
    run_jobs()
    assert states(refunding) == ("payment_failed", "refunding")

    time.passes(minutes=1)
    sweep()

    assert states(refunding) == ("payment_failed", "refunded")


# --- Defects of ours ---------------------------------------------------------------------------------------------------
def test_a_defect_in_asking_is_an_outage_and_not_the_end(patient, provider, settings, time):
    settings.PAYMENT_GATEWAY = "gateways.Broken"
    answer = patient.asks()
    assert (answer.status, answer.body["processing"]) == (202, True)
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"

    time.passes(seconds=11)
    sweep()

    assert states(booking_of(answer)) == ("pending_confirmation", "held")


def test_what_cannot_be_written_down_now_is_settled_later(patient, provider, sandbox, settings, time):
    """The booking stands before its money is asked for, so the answer is 202, and never 500."""
    settings.PAYMENT_GATEWAY = "gateways.Unsettling"
    asked = patient.asks()
    assert (asked.status, asked.body["processing"]) == (202, True)
    booking = booking_of(asked)
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"
    time.passes(seconds=31)
    sweep()
    assert states(booking) == ("pending_confirmation", "held")

    settings.PAYMENT_GATEWAY = "gateways.Unsettling"
    confirmed = provider.post(f"/api/bookings/{booking.id}/confirm")
    other = booking_of(_asked(patient, settings))
    settings.PAYMENT_GATEWAY = "gateways.Unsettling"
    declined = provider.post(f"/api/bookings/{other.id}/decline", {"reason": "no"})

    assert (confirmed.status, confirmed.body["processing"]) == (202, True)
    assert (declined.status, declined.body["booking"]["state"]) == (200, "cancelled_provider")
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"
    time.passes(seconds=31)
    sweep()
    assert states(booking) == ("confirmed", "paid")
    assert states(other) == ("cancelled_provider", "released")
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1


def _asked(patient, settings):
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"
    return patient.asks(**wish_at(hour=15))


@pytest.mark.parametrize(
    ("lost", "kind", "after"),
    [("confirm", "capture", ("confirmed", "paid")), ("decline", "cancel", ("cancelled_provider", "released"))],
)
def test_money_on_its_way_with_nobody_at_work_on_it_is_found(patient, provider, sandbox, caplog, lost, kind, after):
    booking = patient.has_asked()
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*", "action": "drop_after"})
    provider.post(f"/api/bookings/{booking.id}/{lost}", {"reason": "no"})
    PaymentOperation.objects.filter(payment=booking.payment, kind=kind).update(state="failed")

    sweep_operations()

    assert states(booking) == after
    assert "nobody was at work on it" in caplog.text
    assert books.check_books() == []


# --- Time --------------------------------------------------------------------------------------------------------------
@contextmanager
def dripping():
    """A server that answers for ever, a byte at a time; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        open_ones = []

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                open_ones.append(connection)
                Thread(target=drip, args=(connection,), daemon=True).start()

        def drip(connection):
            try:
                connection.recv(65536)
                while True:
                    connection.sendall(b"X")
                    real_time.sleep(0.02)
            except OSError:
                return

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for connection in open_ones:
            connection.close()


def test_an_answer_that_drips_in_for_ever_ends_with_the_calls_time(patient, settings, sandbox, time):
    settings.MONEY_CALL_SECONDS = 0.3
    with dripping() as settings.STRIPE_BASE:
        began = real_time.monotonic()
        answer = patient.asks()
        took = real_time.monotonic() - began
    assert (answer.status, answer.body["processing"]) == (202, True)
    assert took < 2

    settings.STRIPE_BASE = sandbox.stripe.base_url
    time.passes(seconds=11)
    sweep()

    assert states(booking_of(answer)) == ("pending_confirmation", "held")


def test_the_answer_to_a_create_speaks_of_hours_even_if_the_provider_was_faster(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    assert request_message(fresh(booking.id)) == "Booking request sent. Provider will respond within 24 hours."


# --- No vendor at all --------------------------------------------------------------------------------------------------
def test_without_a_payment_vendor_nothing_is_begun_that_costs(patient, provider, settings, sandbox):
    booking = patient.has_asked()
    settings.STRIPE_SECRET_KEY = ""

    asked = patient.asks(**wish_at(hour=15))
    free = patient.asks(**wish_at(hour=13, serviceId=str(FREE)))
    confirmed = provider.post(f"/api/bookings/{booking.id}/confirm")

    assert asked.refusal == confirmed.refusal == (503, "temporarily_unavailable", "Please try again")
    assert free.status == 201
    assert Booking.objects.count() == 2
    assert states(booking) == ("pending_confirmation", "held")
