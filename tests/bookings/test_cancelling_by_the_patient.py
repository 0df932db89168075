"""Calling it off as the patient: in which states, and what becomes of the request, the visit and its time."""

from datetime import timedelta

import pytest
from acts import call_off, cancel, quote
from cast import booking_of, fresh, in_turn, wish_at
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import TimeHold
from bookings.states import State
from providers.models import Provider


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


@pytest.mark.parametrize("state", PATIENT_MAY)
def test_a_patient_may_cancel_in_these_states(patient, in_state, state):
    booking = in_state(patient.has_asked(), state)

    assert quote(patient, booking)["cancellable"] is True
    assert cancel(patient, booking).status == 200
    assert fresh(booking.id).state == "cancelled_patient"


def test_a_patient_may_cancel_in_no_other_state(patient, sandbox):
    for booking in in_turn(patient.has_asked(), [state for state in State if state not in PATIENT_MAY]):
        before = everything(sandbox)

        quoted = quote(patient, booking)
        answer = cancel(patient, booking)

        assert (quoted["cancellable"], quoted["feePercent"], quoted["feeAmount"], quoted["refundAmount"]) == (
            False,
            0,
            0,
            0,
        )
        assert everything(sandbox) == before, booking.state
        if booking.state == "confirming":
            assert (answer.status, answer.body["code"]) == (409, "decision_in_progress")
        else:
            assert answer.refusal == (400, "booking_not_cancellable", "Booking cannot be cancelled")
            assert answer.body["currentState"] == booking.state


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
