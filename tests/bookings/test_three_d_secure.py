"""3-D Secure: whichever way findr learns what the card holder did, it happens once; and nobody waits for ever."""

import pytest
from cast import booking_of, fresh, run_jobs, sweep
from concurrency.together import at_once
from stripe_events import deliver, event, tell

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import PaymentOperation, StripeEvent, TimeHold
from bookings.payments import events
from bookings.services.expiry import expire_overdue
from findr import clock
from findr.sandbox.client import ControlRefused

AUTHENTICATION = "pm_card_authenticationRequired"
DECLINED_THEN = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"


@pytest.fixture
def asked(patient, request, settings):
    """A booking whose card holder has to authenticate: a request, or an instant one."""

    def ask(kind="request", card=AUTHENTICATION):
        settings.CALENDAR_READER = "readers.Free" if kind == "instant" else settings.CALENDAR_READER
        answer = patient.asks(paymentMethodId=card)
        assert (answer.status, answer.body["requiresAction"]) == (201, True)
        return booking_of(answer)

    return ask


def polls(booking):
    """The poll of this checkout is due now."""
    PaymentOperation.objects.filter(payment__booking=booking, state="pending").update(claimed_until=clock.now())


def story(booking):
    return [(one.event_type, one.new_state) for one in booking.events.all()]


SECURED = {
    "request": [("payment_held", "pending_confirmation")],
    "instant": [("confirm_started", "confirming"), ("payment_captured", "confirming"), ("confirmed", "confirmed")],
}
BEGUN = [("created", "pending_payment"), ("payment_authentication_required", "pending_payment")]
FAILED = [("payment_failed", "payment_failed")]


@pytest.mark.lesson(18)
@pytest.mark.parametrize("kind", SECURED)
def test_webhook_poll_and_return_path_at_once_are_one_confirmation(asked, patient, sandbox, kind):
    booking = asked(kind)
    intent = sandbox.stripe.authenticate(booking.payment.intent_id)
    told = [event(f"payment_intent.{word}", intent) for word in ("requires_action", "processing", "succeeded")]
    for one in told:
        assert deliver(one).status == 200
    polls(booking)

    at_once(
        *(lambda one=one: events.process_event(one["id"]) for one in told),
        sweep,
        sweep,
        lambda: patient.get(f"/api/bookings/{booking.id}"),
        expire_overdue,
    )
    run_jobs()

    assert story(booking) == [*BEGUN, *SECURED[kind]]
    assert set(StripeEvent.objects.values_list("outcome", flat=True)) == {"applied"}
    assert len(sandbox.stripe.intents()) == 1
    assert books.check_books() == []


@pytest.mark.lesson(18)
@pytest.mark.parametrize("first", ["webhook", "poll"])
def test_whoever_comes_second_changes_nothing(asked, sandbox, first):
    booking = asked()
    intent = sandbox.stripe.authenticate(booking.payment.intent_id)

    def webhook():
        tell("payment_intent.amount_capturable_updated", intent)
        run_jobs()

    def poll():
        polls(booking)
        sweep()

    for way in (webhook, poll) if first == "webhook" else (poll, webhook):
        way()
        assert story(booking) == [*BEGUN, *SECURED["request"]]
    assert not PaymentOperation.objects.filter(state="pending").exists()


def test_the_return_path_shows_what_stands_and_changes_nothing(asked, patient, sandbox):
    """A GET never moves a booking (lesson 37): the app waits for the webhook or the poll."""
    booking = asked()
    waiting = patient.get(f"/api/bookings/{booking.id}").body
    assert (waiting["requiresAction"], waiting["booking"]["paymentStatus"]) == (True, "requires_action")
    assert waiting["clientSecret"].startswith(f"{booking.payment.intent_id}_secret_")
    intent = sandbox.stripe.authenticate(booking.payment.intent_id)
    assert patient.get(f"/api/bookings/{booking.id}").body["booking"]["state"] == "pending_payment"

    tell("payment_intent.amount_capturable_updated", intent)
    run_jobs()

    after = patient.get(f"/api/bookings/{booking.id}").body
    assert (after["requiresAction"], after["clientSecret"]) == (False, None)
    assert (after["booking"]["state"], after["booking"]["paymentStatus"]) == ("pending_confirmation", "held")


def test_who_lost_the_client_secret_in_an_outage_reads_it_later(patient, sandbox, time):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    answer = patient.asks(paymentMethodId=AUTHENTICATION)
    assert (answer.status, answer.body["requiresAction"]) == (202, False)
    (intent,) = sandbox.stripe.intents()

    tell("payment_intent.requires_action", intent)
    run_jobs()

    detail = patient.get(f"/api/bookings/{answer.body['bookingId']}").body
    assert (detail["requiresAction"], detail["clientSecret"]) == (True, intent["client_secret"])
    sandbox.misbehave({"method": "GET", "path": "/v1/payment_intents/*", "action": "drop_before"})
    detail = patient.get(f"/api/bookings/{answer.body['bookingId']}").body
    assert (detail["requiresAction"], detail["clientSecret"]) == (True, None)


@pytest.mark.lesson(16)
@pytest.mark.parametrize("kind", SECURED)
@pytest.mark.parametrize("ending", ["fails", "declined"])
def test_a_failed_authentication_ends_the_booking_once(asked, patient, other_patient, sandbox, kind, ending):
    booking = asked(kind, AUTHENTICATION if ending == "fails" else DECLINED_THEN)
    act = sandbox.stripe.fail_authentication if ending == "fails" else sandbox.stripe.authenticate
    intent = act(booking.payment.intent_id)
    assert intent["status"] == "requires_payment_method"
    told = [event("payment_intent.payment_failed", intent) for _ in range(3)]
    for one in told:
        assert deliver(one).status == 200
    polls(booking)

    at_once(*(lambda one=one: events.process_event(one["id"]) for one in told), sweep, sweep)
    run_jobs()
    tell("payment_intent.canceled", sandbox.stripe.intent(intent["id"]))
    tell("payment_intent.requires_action", intent)
    run_jobs()

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("payment_failed", "failed")
    assert story(booking) == [*BEGUN, *FAILED]
    why = (ended.payment.failure_code, ended.payment.failure_message, ended.payment.decline_code)
    assert (
        why
        == {
            "fails": ("payment_failed", "The card was not authenticated.", ""),
            "declined": ("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
        }[ending]
    )
    assert sandbox.stripe.intent(intent["id"])["status"] == "canceled"
    assert not TimeHold.objects.exists()
    assert patient.asks().status == 201
    assert books.check_books() == []


@pytest.mark.lesson(14)
@pytest.mark.parametrize("kind", SECURED)
def test_an_abandoned_authentication_ends_after_fifteen_minutes_and_the_secret_pays_for_nothing(
    asked, patient, provider, other_patient, sandbox, time, kind
):
    booking = asked(kind)
    assert provider.get(f"/api/bookings/{booking.id}").status == 404
    time.passes(minutes=14, seconds=50)
    sweep()
    assert fresh(booking.id).state == "pending_payment"

    time.passes(seconds=11)
    at_once(expire_overdue, sweep, expire_overdue)
    run_jobs()

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("payment_failed", "failed")
    assert story(booking) == [*BEGUN, *FAILED]
    assert not TimeHold.objects.exists()
    with pytest.raises(ControlRefused):
        sandbox.stripe.authenticate(booking.payment.intent_id)
    tell("payment_intent.canceled", sandbox.stripe.intent(booking.payment.intent_id))
    run_jobs()
    assert story(booking) == [*BEGUN, *FAILED]
    assert other_patient.asks().status == 201
    assert books.check_books() == []


@pytest.mark.lesson(14)
@pytest.mark.parametrize("kind", SECURED)
def test_authenticated_in_the_last_second_and_told_after_the_end_is_kept(asked, sandbox, time, kind):
    """The limit has passed and nobody has ended the booking yet: the money decides (contract 6.5)."""
    booking = asked(kind)
    time.passes(minutes=14, seconds=59)
    intent = sandbox.stripe.authenticate(booking.payment.intent_id)
    time.passes(seconds=5)
    told = event("payment_intent.amount_capturable_updated", intent)
    assert deliver(told).status == 200

    at_once(lambda: events.process_event(told["id"]), expire_overdue, sweep)
    run_jobs()

    assert story(booking) == [*BEGUN, *SECURED[kind]]
    assert books.check_books() == []


@pytest.mark.lesson(12, 14)
@pytest.mark.parametrize("kind", SECURED)
def test_authenticated_while_the_vendor_was_away_and_told_too_late_is_given_back(asked, sandbox, time, settings, kind):
    settings.JOB_CALL_SECONDS = 2
    booking = asked(kind)
    sandbox.stripe.authenticate(booking.payment.intent_id)
    sandbox.misbehave({"path": "/v1/*", "action": "drop_before", "times": None})
    time.passes(minutes=16)
    expire_overdue()
    assert fresh(booking.id).state == "payment_failed"
    sandbox.behave()

    tell("payment_intent.succeeded", sandbox.stripe.intent(booking.payment.intent_id))
    run_jobs()
    time.passes(minutes=11)
    sweep()
    tasks.sweep_events()
    run_jobs()

    ended = fresh(booking.id)
    assert ended.state == "payment_failed"
    assert ended.payment.state == ("failed" if kind == "request" else "refunded")
    totals = sandbox.stripe.totals()
    assert (totals["held"], totals["received"] - totals["refunded"]) == (0, 0)
    assert books.check_books() == []
