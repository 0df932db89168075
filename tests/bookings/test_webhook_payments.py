"""Whose payment an event is about, and events beside the patient's own call."""

from uuid import uuid4

import gateways
import pytest
from cast import booking_of, fresh, promised, run_jobs, sweep
from snapshots import snapshot
from stripe_events import AUTHENTICATION, deliver, event, happened, tell

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import Booking, PaymentOperation, StripeEvent
from bookings.payments.stripe import StripeGateway


@pytest.fixture
def meanwhile(settings):
    """Runs something while the patient's own call still waits for the vendor's answer."""
    settings.PAYMENT_GATEWAY = "gateways.Overtaken"

    def arrange(thing):
        gateways.Overtaken.meanwhile = staticmethod(thing)

    yield arrange
    gateways.Overtaken.meanwhile = None


# --- Whose payment it is ----------------------------------------------------------------------------------------------
@pytest.mark.lesson(13)
def test_a_payment_whose_id_was_never_heard_is_found_by_what_it_names(patient, sandbox, time):
    """The connection broke after Stripe had placed the hold: the event comes before anybody looks for it."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    answer = patient.asks()
    assert answer.status == 202
    (intent,) = sandbox.stripe.intents(booking=answer.body["bookingId"])

    tell("payment_intent.amount_capturable_updated", intent)
    run_jobs()

    booking = booking_of(answer)
    assert (booking.state, booking.payment.intent_id) == ("pending_confirmation", intent["id"])
    time.passes(seconds=31)
    sweep()
    assert happened(booking, "payment_held") == 1
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1
    assert books.check_books() == []


@pytest.mark.parametrize("named", [None, "", "no id", "\x00", "00000000-0000-4000-8000-000000000404", ["x"]])
def test_a_payment_that_is_nobodys_is_acknowledged_and_marked(patient, sandbox, named):
    booking = patient.has_asked()
    before = snapshot(booking)
    told = event("payment_intent.succeeded", {"id": f"pi_{uuid4().hex}", "metadata": {"booking": named}})

    assert deliver(told).body == {"received": True}
    run_jobs()

    stored = StripeEvent.objects.get()
    assert (stored.outcome, stored.processed_at is not None) == ("unknown", True)
    assert snapshot(booking) == before


def test_a_payment_of_another_product_on_the_same_account_is_marked(stage, sandbox):
    tell("payment_intent.succeeded", sandbox.stripe.intent(paid_at_the_vendor(product="something else")))
    run_jobs()

    assert StripeEvent.objects.get().outcome == "unknown"


def paid_at_the_vendor(**metadata):
    """A payment of $150 that findr did not make; its id."""
    parameters = {
        "amount": 15000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "metadata": metadata,
    }
    return StripeGateway().authorize(parameters, key=str(uuid4()), seconds=5).id


@pytest.mark.parametrize("kind", ["customer.created", "setup_intent.succeeded", "account.updated", "charging.else"])
def test_events_about_no_payment_are_acknowledged_and_marked(stage, sandbox, kind):
    tell(kind, {"id": "x_1", "payment_intent": "pi_1"})

    assert StripeEvent.objects.get().outcome == "ignored"
    assert promised() == []
    assert sandbox.log() == []


@pytest.mark.lesson(13)
def test_a_second_payment_of_one_booking_is_undone_once_however_often_it_is_told(patient, sandbox):
    booking = patient.has_asked()
    stray = paid_at_the_vendor(booking=str(booking.id))

    for _ in range(3):
        tell("payment_intent.succeeded", sandbox.stripe.intent(stray))
        run_jobs()

    assert [refund["amount"] for refund in sandbox.stripe.refunds(stray)] == [15000]
    assert PaymentOperation.objects.filter(intent_id=stray).count() == 1
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("pending_confirmation", "held")


# --- Beside the patient's own call ------------------------------------------------------------------------------------
@pytest.mark.lesson(18)
def test_an_event_that_overtakes_the_answer_secures_the_request_and_the_answer_is_the_same(patient, sandbox, meanwhile):
    def event_first():
        (intent,) = sandbox.stripe.intents()
        tell("payment_intent.amount_capturable_updated", intent)
        run_jobs()
        assert Booking.objects.get().state == "pending_confirmation"

    meanwhile(event_first)

    answer = patient.asks()

    assert (answer.status, answer.body["booking"]["state"]) == (201, "pending_confirmation")
    assert happened(booking_of(answer), "payment_held") == 1
    assert books.check_books() == []


@pytest.mark.lesson(16)
@pytest.mark.parametrize(
    ("card", "kind", "status", "code"),
    [
        ("pm_card_visa_chargeDeclined", "payment_failed", 402, "card_declined"),
        (AUTHENTICATION, "requires_action", 201, None),
    ],
)
def test_what_the_own_call_is_about_to_answer_is_left_to_it(
    patient, sandbox, meanwhile, time, card, kind, status, code
):
    def event_first():
        (intent,) = sandbox.stripe.intents()
        tell(f"payment_intent.{kind}", intent)
        run_jobs()
        seen = Booking.objects.get()
        assert (seen.state, fresh(seen.id).payment.state) == ("pending_payment", "authorizing")

    meanwhile(event_first)

    answer = patient.asks(paymentMethodId=card)

    assert (answer.status, answer.body.get("code")) == (status, code)
    if code:
        assert answer.body["declineCode"] == "generic_decline"
    booking = Booking.objects.get()
    before = (booking.state, booking.events.count())
    time.passes(seconds=31)
    tasks.sweep_events()
    run_jobs()
    assert StripeEvent.objects.get().outcome == "applied"
    assert (fresh(booking.id).state, booking.events.count()) == before


@pytest.mark.parametrize("reader", ["readers.Free", "calendars.reading.NoCalendars"], ids=["instant", "request"])
def test_a_create_whose_money_came_and_whose_booking_was_called_off_meanwhile_is_no_refusal(
    patient, provider, sandbox, meanwhile, settings, reader
):
    """The webhook was first, and the practice was quick: a 402 would say that nothing was ever held or paid."""
    settings.CALENDAR_READER = reader

    def paid_and_called_off():
        (intent,) = sandbox.stripe.intents()
        tell("payment_intent.succeeded", intent)
        run_jobs()
        booking = Booking.objects.get()
        answer = provider.post(f"/api/bookings/{booking.id}/cancel-provider", {"reason": "ill"})
        assert answer.status == 200

    meanwhile(paid_and_called_off)

    answer = patient.asks()

    assert answer.status == 201
    assert (answer.body["booking"]["state"], answer.body["processing"]) == ("cancelled_provider", False)
    assert sandbox.stripe.totals()["held"] == 0
    assert sandbox.stripe.totals()["received"] == sandbox.stripe.totals()["refunded"]
