"""What happens between asking the vendor and hearing it: old news moves nothing back, and nobody else's work is undone."""

import pytest
from cast import booking_of, fresh, run_jobs, sweep, wish_at
from gateways import Overtaken
from snapshots import states
from stripe_events import deliver, event, tell

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import StripeEvent, Wallet
from bookings.payments import events, results
from bookings.payments.rules import Failure, FailureKind
from bookings.payments.stripe import StripeGateway
from bookings.payments.vendor_calls import CallResult
from bookings.services.refunds import refund_booking
from findr.api import idempotency
from findr.vendors.errors import VendorError

AUTHENTICATION = "pm_card_authenticationRequired"
KEY = {"Idempotency-Key": "tap-1"}


# --- Checkouts ---------------------------------------------------------------------------------------------------------
def test_a_hold_secured_after_all_is_not_given_back_by_the_job_that_was_to_close_it(patient, sandbox, time, settings):
    booking = booking_of(patient.asks(paymentMethodId=AUTHENTICATION))
    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()  # Abandoned: a job is promised that closes the intent.
    told = event("payment_intent.amount_capturable_updated", sandbox.stripe.authenticate(booking.payment.intent_id))
    assert deliver(told).status == 200
    events.process_event(told["id"])

    run_jobs()

    assert states(booking) == ("pending_confirmation", "held")
    assert sandbox.stripe.totals()["held"] == 15000
    assert books.check_books() == []


def test_a_refusal_that_was_read_before_another_card_was_taken_ends_nothing(patient, sandbox, settings):
    """The holder fails, and tries another card with the same secret, while a worker has read the failure only."""
    booking = booking_of(patient.asks(paymentMethodId=AUTHENTICATION))
    intent = sandbox.stripe.fail_authentication(booking.payment.intent_id)
    failed = event("payment_intent.payment_failed", intent)
    assert deliver(failed).status == 200

    def another_card():
        sandbox.stripe.confirm(intent["id"], payment_method="pm_card_visa")
        told = event("payment_intent.amount_capturable_updated", sandbox.stripe.intent(intent["id"]))
        deliver(told)
        events.process_event(told["id"])

    settings.PAYMENT_GATEWAY = "gateways.Overtaken"
    Overtaken.meanwhile = another_card
    events.process_event(failed["id"])

    assert states(booking) == ("pending_confirmation", "held")
    assert StripeEvent.objects.get(id=failed["id"]).error == "the payment is being changed"


def test_a_twin_in_a_list_is_not_the_payment_that_was_settled_meanwhile(patient, sandbox, time, settings):
    """Two intents of one booking live; the older one settles it while both are being listed."""
    rule = {"method": "POST", "path": "/v1/payment_intents", "action": "status", "status": 500}
    sandbox.misbehave({**rule, "store": True, "do_work": True})
    booking = booking_of(patient.asks())
    parameters = booking.payment.operations.get().parameters
    StripeGateway().authorize(parameters, key="a-second-one", seconds=5)
    older = sandbox.stripe.intents()[0]

    def settled():
        told = event("payment_intent.amount_capturable_updated", older)
        deliver(told)
        events.process_event(told["id"])

    settings.PAYMENT_GATEWAY = "gateways.Overtaken"
    Overtaken.meanwhile = settled
    time.passes(seconds=31)
    sweep()
    run_jobs()

    assert states(booking) == ("pending_confirmation", "held")
    assert sandbox.stripe.totals()["held"] == 15000
    assert books.check_books() == []


def test_a_customer_deleted_at_the_vendor_keeps_nobody_from_booking(patient, sandbox):
    assert patient.post("/api/payments/setup-intent").status == 200
    Wallet.objects.update(customer_id="cus_deleted")

    booking = patient.has_asked()

    assert states(booking) == ("pending_confirmation", "held")
    assert len(sandbox.stripe.intents()) == 1


# --- Refunds and disputes ----------------------------------------------------------------------------------------------
def test_what_was_given_back_by_hand_is_part_of_what_a_late_patient_is_owed(visit, patient, sandbox, time):
    """25 % of $150 is kept, though $30 went back by hand before findr heard of it."""
    time.set(visit.start)
    time.passes(hours=-18)
    sandbox.stripe.refund(visit.payment.intent_id, amount=3000)

    answer = patient.post(f"/api/bookings/{visit.id}/cancel", {"reason": "ill"})
    tell("charge.refunded", {"id": "ch", "payment_intent": visit.payment.intent_id})
    run_jobs()

    assert (answer.status, answer.body["feeCharged"]) == (200, 37.5)
    assert sandbox.stripe.totals()["refunded"] == 11250
    assert fresh(visit.id).fee_cents == 3750
    assert books.check_books() == []


@pytest.mark.parametrize("by_hand", [3000, 15000])
def test_what_is_given_back_by_hand_after_the_look_and_before_the_refund_is_seen(
    visit, provider, sandbox, settings, caplog, by_hand
):
    settings.PAYMENT_GATEWAY = "gateways.OvertakenAfterLooking"
    Overtaken.meanwhile = lambda: sandbox.stripe.refund(visit.payment.intent_id, amount=by_hand)

    assert provider.post(f"/api/bookings/{visit.id}/cancel-provider", {"reason": "ill"}).status == 200

    assert Overtaken.meanwhile is None
    assert states(visit) == ("cancelled_provider", "refunded")
    assert sandbox.stripe.totals()["refunded"] == 15000
    assert not [line for line in caplog.records if line.levelname == "ERROR"]
    assert books.check_books() == []


def test_a_refund_waits_for_the_bank_and_is_made_once_the_dispute_is_won(visit, provider, sandbox, time):
    dispute = sandbox.stripe.dispute(visit.payment.intent_id)
    assert provider.post(f"/api/bookings/{visit.id}/cancel-provider", {"reason": "ill"}).status == 200
    operation = visit.payment.operations.get(kind="refund")
    assert (operation.state, operation.reason) == ("pending", "disputed")
    time.passes(hours=3)
    assert books.check_books() == []  # It waits for the bank, and that is no finding.

    sandbox.stripe.close_dispute(dispute["id"], "won")
    time.passes(hours=3, seconds=1)
    sweep()

    assert states(visit) == ("cancelled_provider", "refunded")
    assert sandbox.stripe.totals()["refunded"] == 15000


def test_what_staff_write_is_never_taken_for_a_word_of_ours(visit, staff, budget):
    refund_booking(booking_id=visit.id, amount_cents=1000, reason="refund_failed", actor=staff.actor, budget=budget)

    assert books.check_books() == []


def test_a_dispute_is_seen_while_a_refund_is_on_its_way(visit, provider, sandbox):
    sandbox.misbehave({"method": "POST", "path": "/v1/refunds", "action": "drop_before"})
    provider.post(f"/api/bookings/{visit.id}/cancel-provider", {"reason": "ill"})

    tell("charge.dispute.created", sandbox.stripe.dispute(visit.payment.intent_id))
    run_jobs()

    assert fresh(visit.id).payment.dispute_status == "needs_response"


# --- What never reached the webhook ------------------------------------------------------------------------------------
@pytest.fixture
def unreachable(stage, sandbox, settings):
    """The vendor brings its events to a door that is closed, and gives up at once."""
    sandbox.stripe.webhooks.send_to("http://127.0.0.1:1/", settings.STRIPE_WEBHOOK_SECRET, retry_seconds=[])


def test_a_refund_that_failed_is_made_anew_though_nobody_told(unreachable, patient, provider, sandbox, time):
    """The bank refuses it days later, and the event is lost: the vendor is asked what it could not bring."""
    booking = patient.has_asked(paymentMethodId="pm_card_pendingRefund")
    provider.post(f"/api/bookings/{booking.id}/confirm")
    provider.post(f"/api/bookings/{booking.id}/cancel-provider", {"reason": "ill"})
    assert states(booking) == ("cancelled_provider", "refunded")
    time.passes(days=9)
    (refund,) = sandbox.stripe.refunds(booking.payment.intent_id)
    sandbox.stripe.fail_refund(refund["id"])
    sandbox.stripe.webhooks.settle()

    tasks.fetch_undelivered_events()
    run_jobs()

    assert states(booking) == ("cancelled_provider", "refunded")
    assert sorted(one["status"] for one in sandbox.stripe.refunds(booking.payment.intent_id)) == ["failed", "pending"]


def test_events_are_fetched_once(unreachable, patient, sandbox):
    patient.has_asked()
    sandbox.stripe.webhooks.settle()

    assert [events.fetch_undelivered(), events.fetch_undelivered()] == [3, 0]


def test_of_very_many_events_those_that_could_be_read_are_taken_in(unreachable, patient, sandbox):
    """After an outage of ours there are more than one reading has time for."""
    booking = patient.has_asked()
    parameters = booking.payment.operations.get().parameters
    for number in range(50):
        StripeGateway().authorize(parameters, key=f"one-more-{number}", seconds=5)
    sandbox.stripe.webhooks.settle()
    sandbox.misbehave({"method": "GET", "path": "/v1/events", "action": "drop_before", "skip": 1})

    with pytest.raises(VendorError):
        events.fetch_undelivered()
    assert StripeEvent.objects.count() == 100
    assert events.fetch_undelivered() == 3 * 51 - 100


# --- Leases ------------------------------------------------------------------------------------------------------------
def test_a_call_that_lost_its_key_neither_answers_for_it_nor_changes_anything(patient, settings):
    settings.IDEMPOTENCY_LEASE_SECONDS = 0
    body, whose = wish_at(), {"identity": f"patient:{patient.id}", "method": "POST", "path": "/api/bookings"}
    slow = idempotency.begin(**whose, key="tap-1", body=body)

    answer = patient.post("/api/bookings", body, **KEY)
    idempotency.finish(slow, 409, {"code": "duplicate_booking"})
    idempotency.discard(slow)

    assert answer.status == 201
    again = patient.post("/api/bookings", body, **KEY)
    assert (again.status, again.body["bookingId"]) == (201, answer.body["bookingId"])


def test_whoever_took_over_an_operation_decides_when_it_is_tried_again(visit, provider, sandbox, time):
    sandbox.misbehave({"method": "POST", "path": "/v1/refunds", "action": "drop_before", "times": 2})
    provider.post(f"/api/bookings/{visit.id}/cancel-provider", {"reason": "ill"})
    slow = visit.payment.operations.select_related("payment__booking").get(kind="refund")
    time.passes(seconds=31)
    sweep()
    now = visit.payment.operations.get(kind="refund")

    silence = CallResult(failure=Failure(FailureKind.UNCLEAR, "silence"))
    results.record_result(slow, silence, actor=provider.actor)

    after = visit.payment.operations.get(kind="refund")
    assert (after.claimed_until, after.attempts) == (now.claimed_until, now.attempts)
