"""The provider says no: the time is free, the hold is released, whatever the vendor does meanwhile."""

import pytest
from cast import fresh, in_turn, sweep
from money_calls import CANCEL

from bookings import reconciliation as books
from bookings.models import TimeHold
from bookings.states import State
from providers.models import Provider


def decline(provider, booking, reason="fully booked"):
    return provider.post(f"/api/bookings/{booking.id}/decline", {"reason": reason})


def test_declining_releases_the_hold_at_once(patient, provider, sandbox):
    booking = patient.has_asked()

    answer = decline(provider, booking)

    ended = fresh(booking.id)
    assert (answer.status, answer.body["message"]) == (200, "Booking declined")
    assert answer.body["booking"]["paymentStatus"] == "released"
    assert (ended.state, ended.cancelled_by) == ("cancelled_provider", "provider")
    assert ended.decline_reason == ended.cancellation_reason == "fully booked"
    assert ended.declined_at == ended.cancelled_at
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    told = [event.event_type for event in ended.events.all()]
    assert told == ["created", "payment_held", "declined", "payment_released"]
    assert books.check_books() == []


@pytest.mark.lesson(10)
@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_a_release_that_the_vendor_does_not_answer_is_finished_by_the_sweep(patient, provider, sandbox, time, failure):
    booking = patient.has_asked()
    sandbox.misbehave({**CANCEL, "action": failure})

    answer = decline(provider, booking)

    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "held")
    time.passes(seconds=11)
    sweep()
    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert sandbox.stripe.totals()["received"] == 0
    assert books.check_books() == []


def test_declining_frees_a_time_that_the_request_held(patient, other_patient, provider):
    Provider.objects.update(requests_hold_time=True)
    booking = patient.has_asked()

    decline(provider, booking)

    assert not TimeHold.objects.exists()
    assert other_patient.asks().status == 201


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_reason_is_required(patient, provider, reason):
    booking = patient.has_asked()

    answer = provider.post(f"/api/bookings/{booking.id}/decline", {"reason": reason})

    assert answer.refusal == (400, "validation", "Decline reason is required")
    assert answer.body["fields"] == {"reason": "Decline reason is required"}
    assert fresh(booking.id).state == "pending_confirmation"


DECLINABLE = ("pending_confirmation", "reschedule_proposed")


def test_a_request_with_suggestions_can_be_declined_too(patient, provider, in_state):
    assert decline(provider, in_state(patient.has_asked(), "reschedule_proposed")).status == 200


def test_every_other_state_is_refused_and_nothing_changes(patient, provider, sandbox):
    for booking in in_turn(patient.has_asked(), [one for one in State if one not in (*DECLINABLE, "pending_payment")]):
        calls, events, state = len(sandbox.log()), booking.events.count(), booking.state

        answer = decline(provider, booking)

        expected = (409, "decision_in_progress") if state == "confirming" else (400, "booking_not_pending")
        assert (answer.status, answer.body["code"]) == expected, state
        assert (fresh(booking.id).state, len(sandbox.log()), booking.events.count()) == (state, calls, events)


def test_a_stranger_finds_no_booking(patient, other_provider):
    booking = patient.has_asked()

    assert decline(other_provider, booking).refusal == (404, "booking_not_found", "Booking not found")
    assert decline(patient, booking).refusal == (403, "forbidden", "Unauthorized")


def test_declining_twice_is_refused_the_second_time(patient, provider):
    booking = patient.has_asked()
    decline(provider, booking)

    again = decline(provider, booking)

    assert again.refusal == (400, "booking_not_pending", "Booking is not pending")
    assert again.body["currentStatus"] == "cancelled_provider"
