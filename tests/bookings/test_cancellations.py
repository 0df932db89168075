"""Calling it off: who may, what it costs, and where the money goes, read from the sandbox's ledger."""

from datetime import timedelta

import pytest
from acts import call_off, cancel, quote
from cast import FREE, HALF_HOUR, booking_of, fresh, run_jobs, sweep, wish_at
from money_calls import CANCEL, CAPTURE, REFUND
from snapshots import everything

from bookings import policies, transitions
from bookings import reconciliation as books
from bookings.models import PaymentOperation, TimeHold
from bookings.payments import execution
from bookings.services import cancellations
from bookings.services.refunds import refund_booking
from bookings.states import State
from findr import clock
from findr.transactions import durable
from findr.vendors.budget import Budget
from notifications.models import FeedEvent
from providers.models import Provider, Service

# Well inside of what a test takes, on either side of a boundary.
MOMENT = timedelta(seconds=20)


@pytest.fixture
def visit_before(patient, provider, time):
    """Makes a confirmed visit, and lets time pass until so long before its start."""

    def make(before, **wish):
        booking = patient.has_asked(**{**wish_at(days=7), **wish})
        assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
        time.set(booking.start - before)
        return fresh(booking.id)

    return make


# --- The fee -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tier", "hours", "percent"),
    [
        ("standard", 24, 0),
        ("standard", 12, 25),
        ("standard", 0, 100),
        ("moderate", 48, 0),
        ("moderate", 24, 25),
        ("moderate", 0, 100),
    ],
)
def test_the_fee_changes_exactly_at_its_boundaries(tier, hours, percent):
    """At the boundary the cheaper rule holds, a microsecond later the next; at the start nothing comes back."""
    at, tick = timedelta(hours=hours), timedelta(microseconds=1)

    def fee(until_start):
        return policies.cancellation_fee_percent(tier, until_start=until_start)

    assert fee(at) == fee(max(at, tick) if hours else at) == percent
    assert fee(at - tick) == {0: 25, 25: 50, 100: 100}[percent]
    if not hours:
        assert fee(tick) == 50


TABLE = [
    ("standard", timedelta(hours=24) + MOMENT, 0, "Full refund"),
    ("standard", timedelta(hours=24) - MOMENT, 25, "75% refund (25% cancellation fee)"),
    ("standard", timedelta(hours=12) + MOMENT, 25, "75% refund (25% cancellation fee)"),
    ("standard", timedelta(hours=12) - MOMENT, 50, "50% refund (50% cancellation fee)"),
    ("standard", MOMENT, 50, "50% refund (50% cancellation fee)"),
    ("moderate", timedelta(hours=48) + MOMENT, 0, "Full refund"),
    ("moderate", timedelta(hours=48) - MOMENT, 25, "75% refund (25% cancellation fee)"),
    ("moderate", timedelta(hours=24) + MOMENT, 25, "75% refund (25% cancellation fee)"),
    ("moderate", timedelta(hours=24) - MOMENT, 50, "50% refund (50% cancellation fee)"),
    ("moderate", MOMENT, 50, "50% refund (50% cancellation fee)"),
]


@pytest.mark.parametrize(("tier", "before", "percent", "description"), TABLE)
def test_the_quote_says_what_then_happens(patient, visit_before, sandbox, tier, before, percent, description):
    Provider.objects.update(cancellation_tier=tier)
    booking = visit_before(before)
    Provider.objects.update(cancellation_tier="moderate" if tier == "standard" else "standard")  # Too late to count.
    fee, rest = 150 * percent / 100, 150 - 150 * percent / 100

    quoted = quote(patient, booking)
    answer = cancel(patient, booking, reason="ill")

    ended, view = fresh(booking.id), answer.body["booking"]
    hours = round(before / timedelta(hours=1), 1)
    assert quoted == {
        "success": True,
        "bookingId": str(booking.id),
        "tier": tier,
        "feePercent": percent,
        "feeAmount": fee,
        "refundAmount": rest,
        "hoursUntil": hours,
        "hoursBeforeAppointment": hours,
        "cancellable": True,
    }
    assert (answer.status, answer.body["message"]) == (200, "Booking cancelled")
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (fee, rest)
    assert answer.body["refund"] == {
        "amount": rest,
        "percentage": 100 - percent,
        "feeAmount": fee,
        "feePercentage": percent,
        "description": description,
        "status": "succeeded",
    }
    assert (ended.state, ended.payment.state) == (
        "cancelled_patient",
        "partially_refunded" if percent else "refunded",
    )
    assert (view["cancelledBy"], view["cancellationReason"], view["refundAmount"]) == ("user", "ill", rest)
    assert view["paymentStatus"] == ended.payment.state
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": round(rest * 100)}
    assert books.check_books() == []


@pytest.mark.lesson(19)
@pytest.mark.parametrize(
    ("price", "before", "fee"),
    [
        (150, timedelta(hours=13), 38),  # 37.5 cents
        (9_999, timedelta(hours=13), 2_500),  # 2499.75
        (1_002, timedelta(hours=13), 251),  # 250.5
        (1_001, timedelta(hours=13), 250),  # 250.25
        (101, timedelta(hours=1), 51),  # 50.5
    ],
)
def test_half_a_cent_is_rounded_up(patient, visit_before, sandbox, price, before, fee):
    Service.objects.filter(id=HALF_HOUR).update(price_cents=price)
    booking = visit_before(before, serviceId=str(HALF_HOUR))

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    assert (quoted["feeAmount"], quoted["refundAmount"]) == (fee / 100, (price - fee) / 100)
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (fee / 100, (price - fee) / 100)
    assert sandbox.stripe.totals() == {"held": 0, "received": price, "refunded": price - fee}
    assert fresh(booking.id).fee_cents == fee
    assert books.check_books() == []


@pytest.mark.parametrize(("before", "percent"), [(timedelta(days=2), 0), (timedelta(hours=13), 25)])
def test_a_free_visit_costs_nothing_to_cancel(patient, visit_before, sandbox, before, percent):
    booking = visit_before(before, serviceId=str(FREE), paymentMethodId=None)

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    assert (quoted["feePercent"], quoted["feeAmount"], quoted["refundAmount"]) == (percent, 0, 0)
    assert (answer.body["refund"]["feePercentage"], answer.body["feeCharged"]) == (percent, 0)
    assert (answer.body["refund"]["status"], answer.body["booking"]["paymentStatus"]) == ("succeeded", "refunded")
    assert sandbox.log() == []
    assert books.check_books() == []


def test_money_that_went_back_before_is_not_given_back_again(patient, visit_before, sandbox, staff):
    """Half went back already, as a favour: of what is left, the fee of 75 dollars is kept, and no more goes."""
    booking = visit_before(timedelta(hours=1))
    refund_booking(booking_id=booking.id, amount_cents=5000, reason="a favour", actor=staff.actor, budget=Budget())

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    assert (quoted["feeAmount"], quoted["refundAmount"]) == (75, 25)
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (75, 25)
    told = FeedEvent.objects.get(recipient=patient.id, type="booking_cancelled").frame
    assert told["data"]["refundAmount"] == 25
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 7500}
    assert books.check_books() == []


def test_a_fee_is_never_more_than_what_is_left(patient, visit_before, sandbox, staff):
    booking = visit_before(timedelta(hours=1))
    refund_booking(booking_id=booking.id, amount_cents=10000, reason="a favour", actor=staff.actor, budget=Budget())

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    assert (quoted["feeAmount"], quoted["refundAmount"]) == (50, 0)
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (50, 0)
    assert fresh(booking.id).fee_cents == 5000
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 10000}
    assert books.check_books() == []


def test_called_off_while_a_refund_of_staff_is_on_its_way(patient, visit_before, sandbox, staff, time):
    booking = visit_before(timedelta(hours=1))
    sandbox.misbehave({**REFUND, "action": "drop_after"})
    refund_booking(booking_id=booking.id, amount_cents=5000, reason="a favour", actor=staff.actor, budget=Budget())

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    assert (quoted["feeAmount"], quoted["refundAmount"]) == (75, 25)
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (75, 25)
    assert answer.body["refund"]["status"] == "pending"
    told = FeedEvent.objects.get(recipient=patient.id, type="booking_cancelled").frame
    assert told["data"]["refundAmount"] == 25
    time.passes(seconds=31)
    sweep()
    run_jobs()
    assert fresh(booking.id).payment.state == "partially_refunded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 7500}
    assert books.check_books() == []


# --- The patient -------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(10, 22)
@pytest.mark.parametrize("with_suggestions", [False, True])
def test_a_waiting_request_is_released_for_nothing(patient, provider, sandbox, with_suggestions):
    Provider.objects.update(requests_hold_time=True)
    booking = patient.has_asked()
    if with_suggestions:
        start = f"{wish_at(days=9)['appointmentDate']}T10:00"
        provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start})

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    ended, view = fresh(booking.id), answer.body["booking"]
    assert (quoted["feePercent"], quoted["feeAmount"], quoted["refundAmount"]) == (0, 0, 0)
    assert quoted["cancellable"] is True
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (0, 0)
    assert answer.body["refund"] == {
        "amount": 0,
        "percentage": 100,
        "feeAmount": 0,
        "feePercentage": 0,
        "description": "Payment hold released",
        "status": "succeeded",
    }
    assert (ended.state, ended.payment.state, view["expiresAt"]) == ("cancelled_patient", "released", None)
    assert (view["suggestedTimes"], view["cancellationReason"]) == ([], None)
    assert ended.events.get(new_state="cancelled_patient", event_type="cancelled").data == {}
    assert not TimeHold.objects.exists()
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


@pytest.mark.parametrize(("method", "path"), [("POST", "cancel"), ("PUT", "cancel"), ("POST", "cancel-patient")])
def test_three_doors_lead_to_one_cancellation(patient, method, path):
    booking = patient.has_asked()

    answer = patient.call(method, f"/api/bookings/{booking.id}/{path}", {"reason": " ", "cancelledBy": "provider"})

    assert (answer.status, answer.body["booking"]["cancelledBy"]) == (200, "user")
    assert answer.body["booking"]["cancellationReason"] is None


@pytest.mark.parametrize("reason", [7, "x" * 501])
def test_a_reason_that_is_none_is_refused(patient, reason):
    booking = patient.has_asked()

    assert cancel(patient, booking, reason=reason).refusal == (400, "validation", "reason is invalid")


PATIENT_MAY = ("pending_payment", "pending_confirmation", "reschedule_proposed", "confirmed")
PROVIDER_MAY = ("pending_confirmation", "reschedule_proposed", "confirmed", "checked_in")


@pytest.mark.parametrize("state", State)
def test_a_patient_may_cancel_in_these_states_only(patient, sandbox, in_state, state):
    booking = in_state(patient.has_asked(), state)
    before = everything(sandbox)

    quoted = quote(patient, booking)
    answer = cancel(patient, booking)

    expected = (409, "decision_in_progress") if state == "confirming" else (400, "booking_not_cancellable")
    assert quoted["cancellable"] is (state in PATIENT_MAY)
    if state in PATIENT_MAY:
        assert (answer.status, fresh(booking.id).state) == (200, "cancelled_patient")
        return
    assert (answer.status, answer.body["code"]) == expected
    assert (quoted["feePercent"], quoted["feeAmount"], quoted["refundAmount"]) == (0, 0, 0)
    assert everything(sandbox) == before
    if state != "confirming":
        assert answer.body["error"] == "Booking cannot be cancelled"
        assert answer.body["currentState"] == state


def test_cancelling_twice_is_refused_and_moves_no_more_money(patient, visit_before, sandbox):
    booking = visit_before(timedelta(hours=13))
    cancel(patient, booking)
    before = everything(sandbox)

    again = cancel(patient, booking)

    assert again.refusal == (400, "booking_not_cancellable", "Booking cannot be cancelled")
    assert again.body["message"] == "This booking is already cancelled."
    assert everything(sandbox) == before


def test_a_visit_that_has_started_cannot_be_cancelled_by_its_patient(patient, visit_before, sandbox):
    booking = visit_before(timedelta(0))
    before = everything(sandbox)

    quoted, answer = quote(patient, booking), cancel(patient, booking)

    assert answer.refusal == (400, "booking_not_cancellable", "Booking cannot be cancelled")
    assert (quoted["cancellable"], quoted["feePercent"], quoted["feeAmount"]) == (False, 100, 150)
    assert (quoted["refundAmount"], quoted["hoursUntil"]) == (0, 0)
    assert everything(sandbox) == before


def test_an_overdue_request_is_effective_state_expired(patient, provider, time, sandbox):
    booking = patient.has_asked()
    time.passes(hours=24, seconds=1)
    before = everything(sandbox)

    answers = [cancel(patient, booking), call_off(provider, booking)]

    assert {answer.refusal[:2] for answer in answers} == {(400, "booking_not_cancellable")}
    assert {answer.body["currentState"] for answer in answers} == {"expired"}
    assert quote(patient, booking)["cancellable"] is False
    assert everything(sandbox) == before


@pytest.mark.lesson(22)
def test_the_time_is_free_again_at_once(patient, other_patient, visit_before, settings):
    settings.CALENDAR_READER = "readers.Free"
    booking = patient.asks()
    assert booking.body["booking"]["state"] == "confirmed"
    assert other_patient.asks().status == 409

    cancel(patient, booking_of(booking))

    assert not TimeHold.objects.exists()
    assert other_patient.asks().body["booking"]["state"] == "confirmed"
    assert books.check_books() == []


# --- In checkout -------------------------------------------------------------------------------------------------------
def test_cancelled_while_the_hold_is_being_placed_undoes_what_comes_of_it(patient, sandbox, time):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    booking = booking_of(patient.asks())

    answer = cancel(patient, booking)

    assert (answer.status, answer.body["refundAmount"], answer.body["refund"]["status"]) == (200, 0, "pending")
    assert answer.body["booking"]["paymentStatus"] == "processing"
    time.passes(seconds=31)
    sweep()
    run_jobs()
    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


def test_cancelled_before_the_card_was_authenticated(patient, sandbox):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))

    answer = cancel(patient, booking)

    assert (answer.status, answer.body["refund"]["status"]) == (200, "succeeded")
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
@pytest.mark.parametrize("action", ["cancel", "decline-suggested-times"])
def test_a_checkout_that_ended_early_is_processing_until_the_vendor_has_answered(
    patient, sandbox, time, action, failure
):
    """Nothing was ever held, so nothing is shown as held while it is being closed (contract 6.7)."""
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.misbehave({**CANCEL, "action": failure})

    answer = patient.post(f"/api/bookings/{booking.id}/{action}", {})

    detail = patient.get(f"/api/bookings/{booking.id}").body
    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "processing")
    assert (detail["requiresAction"], detail["clientSecret"]) == (False, None)
    assert detail["booking"]["paymentStatus"] == "processing"
    assert books.check_books(with_vendor=False) == []
    time.passes(seconds=31)
    sweep()
    sweep()
    run_jobs()
    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert not PaymentOperation.objects.filter(state="pending").exists()
    assert books.check_books() == []


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_visa_chargeDeclined"])
def test_cancelled_before_the_vendor_said_that_nothing_is_held(patient, sandbox, time, card):
    """The answer to the checkout was lost; what it was is learnt only after the cancellation."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    booking = booking_of(patient.asks(paymentMethodId=card))
    cancel(patient, booking)
    time.passes(seconds=31)
    sandbox.misbehave({**CANCEL, "action": "drop_before"})

    sweep()
    run_jobs()

    view = patient.get(f"/api/bookings/{booking.id}").body["booking"]
    assert (view["state"], view["paymentStatus"]) == ("cancelled_patient", "processing")
    time.passes(seconds=31)
    sweep()
    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


@pytest.mark.lesson(10)
def test_authenticated_at_the_moment_of_the_cancellation_gives_everything_back(patient, sandbox, settings, time):
    """An instant visit that its patient paid in the app while the other hand cancelled it."""
    settings.CALENDAR_READER = "readers.Free"
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.stripe.authenticate(booking.payment.intent_id)

    answer = cancel(patient, booking)
    run_jobs()
    time.passes(seconds=31)
    sweep()

    assert answer.body["refund"] == {
        "amount": 150,
        "percentage": 100,
        "feeAmount": 0,
        "feePercentage": 0,
        "description": "Full refund",
        "status": "pending",
    }
    assert (answer.status, fresh(booking.id).state) == (200, "cancelled_patient")
    assert fresh(booking.id).payment.state == "refunded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert not TimeHold.objects.exists()
    assert books.check_books() == []


# --- The vendor is down ------------------------------------------------------------------------------------------------
@pytest.mark.lesson(10)
@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_a_release_that_nobody_answers_is_carried_on(patient, sandbox, time, failure):
    booking = patient.has_asked()
    sandbox.misbehave({**CANCEL, "action": failure})

    answer = cancel(patient, booking)

    assert (answer.status, answer.body["refund"]["status"]) == (200, "pending")
    assert (answer.body["booking"]["state"], answer.body["booking"]["paymentStatus"]) == ("cancelled_patient", "held")
    time.passes(seconds=11)
    sweep()
    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.totals()["held"] == 0
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_a_refund_that_nobody_answers_is_carried_on_once(patient, visit_before, sandbox, time, failure):
    booking = visit_before(timedelta(hours=13))
    sandbox.misbehave({**REFUND, "action": failure})

    answer = cancel(patient, booking)

    view = answer.body["booking"]
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (37.5, 112.5)
    assert (answer.body["refund"]["status"], answer.body["refund"]["amount"]) == ("pending", 112.5)
    assert (view["paymentStatus"], view["refundAmount"]) == ("paid", 0)
    time.passes(seconds=11)
    sweep()
    assert fresh(booking.id).payment.state == "partially_refunded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 11250}
    assert books.check_books() == []


def test_no_decision_can_be_cancelled_while_its_money_is_on_its_way(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202
    before = everything(sandbox)

    answers = [cancel(patient, booking), call_off(provider, booking)]

    assert {answer.refusal[:2] for answer in answers} == {(409, "decision_in_progress")}
    assert everything(sandbox) == before
    time.passes(seconds=11)
    sweep()
    assert cancel(patient, booking).status == 200
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}


# --- The provider ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("before", [timedelta(days=2), MOMENT, timedelta(minutes=-10)])
def test_a_practice_gives_everything_back_whenever_it_cancels(patient, provider, visit_before, sandbox, before):
    booking = visit_before(before)

    answer = call_off(provider, booking)

    ended, view = fresh(booking.id), answer.body["booking"]
    assert (answer.status, answer.body["message"]) == (200, "Booking cancelled successfully")
    assert answer.body["refund"] == {
        "amount": 150,
        "percentage": 100,
        "feeAmount": 0,
        "feePercentage": 0,
        "description": "Full refund",
        "status": "succeeded",
    }
    assert (ended.state, ended.payment.state, ended.fee_cents) == ("cancelled_provider", "refunded", 0)
    assert (view["cancelledBy"], view["cancellationReason"], view["declinedAt"]) == ("provider", "ill", None)
    assert ended.events.get(event_type="cancelled").data == {"reason": "ill"}
    assert not TimeHold.objects.exists()
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert books.check_books() == []


def test_a_practice_may_call_off_a_request_too(patient, provider, sandbox):
    booking = patient.has_asked()

    answer = call_off(provider, booking)

    assert (answer.body["refund"]["description"], answer.body["refund"]["amount"]) == ("Payment hold released", 0)
    assert answer.body["refund"]["percentage"] == 100
    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


@pytest.mark.parametrize("body", [{}, {"reason": None}, {"reason": "  "}])
def test_a_practice_must_say_why(patient, provider, sandbox, body):
    booking = patient.has_asked()
    before = everything(sandbox)

    answer = provider.post(f"/api/bookings/{booking.id}/cancel-provider", body)

    assert answer.refusal == (400, "validation", "Cancellation reason is required")
    assert everything(sandbox) == before


@pytest.mark.parametrize("state", PROVIDER_MAY)
def test_a_practice_may_cancel_in_these_states(patient, provider, in_state, state):
    booking = in_state(patient.has_asked(), state)

    assert call_off(provider, booking).status == 200
    assert fresh(booking.id).state == "cancelled_provider"


@pytest.mark.parametrize("state", [state for state in State if state not in PROVIDER_MAY])
def test_a_practice_may_cancel_in_no_other_state(patient, provider, sandbox, in_state, state):
    booking = in_state(patient.has_asked(), state)
    before = everything(sandbox)

    answer = call_off(provider, booking)

    expected = {
        "pending_payment": (404, "booking_not_found"),
        "confirming": (409, "decision_in_progress"),
    }.get(state, (400, "booking_not_cancellable"))
    assert answer.refusal[:2] == expected
    assert everything(sandbox) == before


def test_strangers_cancel_nothing_and_learn_nothing(patient, other_patient, provider, other_provider, sandbox):
    booking = patient.has_asked()
    before = everything(sandbox)

    assert cancel(other_patient, booking).refusal == (403, "forbidden", "Unauthorized")
    assert cancel(provider, booking).refusal[:2] == (403, "forbidden")
    assert call_off(other_provider, booking).refusal[:2] == (404, "booking_not_found")
    assert call_off(patient, booking).refusal[:2] == (403, "forbidden")
    path = f"/api/bookings/{booking.id}/cancellation-quote"
    assert other_patient.get(path).refusal[:2] == (404, "booking_not_found")
    assert provider.get(path).refusal[:2] == (403, "forbidden")
    assert everything(sandbox) == before


def test_a_fee_that_staff_give_back_later_is_no_longer_kept(patient, visit_before, sandbox, staff):
    booking = visit_before(timedelta(hours=1))
    cancel(patient, booking)

    refund_booking(booking_id=booking.id, amount_cents=7500, reason="kindness", actor=staff.actor, budget=Budget())

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state, ended.fee_cents) == ("cancelled_patient", "refunded", 0)
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert books.check_books() == []


def test_what_was_allowed_before_the_start_costs_what_it_did_then(patient, visit_before, sandbox):
    """One moment decides whether a patient may and what it costs, though the clock has reached the start since."""
    booking = visit_before(timedelta(0))
    just_before = booking.start - timedelta(microseconds=1)

    @durable
    def end_it():
        locked = transitions.lock_booking(booking.id)
        cancellations.end(locked, State.CANCELLED_PATIENT, "cancelled", patient.actor, reason="", now=just_before)

    end_it()
    operation = PaymentOperation.objects.get(kind="refund")
    execution.execute_inline(operation, actor=patient.actor, budget=Budget())

    ended = fresh(booking.id)
    assert (ended.cancelled_at, ended.fee_cents, ended.payment.state) == (just_before, 7500, "partially_refunded")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 7500}
    assert books.check_books() == []


def test_the_moment_of_the_fee_is_the_moment_of_the_cancellation(patient, visit_before):
    """So that the percentage can be told again at any time, whatever the clock says then."""
    booking = visit_before(timedelta(hours=12) + MOMENT)
    cancel(patient, booking)

    ended = fresh(booking.id)

    until_start = ended.start - ended.cancelled_at
    assert policies.cancellation_fee_percent("standard", until_start=until_start) == 25
    assert ended.cancelled_at <= clock.now()
