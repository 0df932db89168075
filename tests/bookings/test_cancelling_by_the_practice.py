"""Calling it off as the practice: everything is given back."""

from datetime import timedelta

import pytest
from acts import MOMENT, call_off, cancel
from cast import fresh, in_turn
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

PROVIDER_MAY = ("pending_confirmation", "reschedule_proposed", "confirmed", "checked_in")


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


def test_a_practice_may_cancel_in_no_other_state(patient, provider, sandbox):
    for booking in in_turn(patient.has_asked(), [state for state in State if state not in PROVIDER_MAY]):
        before = everything(sandbox)

        answer = call_off(provider, booking)

        expected = {
            "pending_payment": (404, "booking_not_found"),
            "confirming": (409, "decision_in_progress"),
        }.get(booking.state, (400, "booking_not_cancellable"))
        assert answer.refusal[:2] == expected, booking.state
        assert everything(sandbox) == before, booking.state


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
