"""The provider says yes: capture, and each way in which the money can answer."""

from datetime import timedelta

import pytest
from acts import confirm
from cast import fresh, in_turn, run_jobs, sweep, wish_at
from money_calls import CAPTURE

from bookings import reconciliation as books
from bookings.models import Booking, PaymentOperation, TimeHold
from bookings.states import ANSWERABLE, State
from findr import clock
from providers.models import Provider


def test_confirming_captures_the_hold_and_takes_the_time(patient, provider, sandbox):
    booking = patient.has_asked()

    answer = confirm(provider, booking)

    confirmed = fresh(booking.id)
    assert (answer.status, answer.body["message"]) == (200, "Booking confirmed")
    assert (confirmed.state, confirmed.payment.state, confirmed.confirmation_note) == ("confirmed", "paid", "see you")
    assert (confirmed.confirmed_start, confirmed.confirmed_end) == (booking.start, booking.end)
    assert confirmed.expires_at is None
    assert TimeHold.objects.get().during.lower == booking.start
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    told = [(event.event_type, event.actor_role) for event in confirmed.events.all()]
    assert told == [
        ("created", "patient"),
        ("payment_held", "system"),
        ("confirm_started", "provider"),
        ("payment_captured", "system"),
        ("confirmed", "system"),
    ]
    assert books.check_books() == []


def test_changes_nothing_when_already_confirmed(patient, provider, sandbox):
    booking = patient.has_asked()
    first = confirm(provider, booking)
    calls = len(sandbox.log())

    again = confirm(provider, booking, note="another note")

    assert (again.status, again.body) == (200, first.body)
    assert len(sandbox.log()) == calls
    assert fresh(booking.id).events.count() == 5


def test_a_request_whose_times_are_with_the_patient_may_still_be_confirmed(patient, provider, in_state):
    booking = in_state(patient.has_asked(), "reschedule_proposed")

    assert confirm(provider, booking).status == 200
    assert fresh(booking.id).state == "confirmed"


def test_every_other_state_is_refused_and_nothing_changes(patient, provider, sandbox):
    for booking in in_turn(patient.has_asked(), [one for one in State if one not in (*ANSWERABLE, "confirmed")]):
        calls, events, state = len(sandbox.log()), booking.events.count(), booking.state

        answer = confirm(provider, booking)

        expected = {
            "pending_payment": (404, "booking_not_found", None),  # never secured: not there for its provider
            "confirming": (409, "decision_in_progress", None),
        }.get(state, (400, "booking_not_pending", state))
        assert (*answer.refusal[:2], answer.body.get("currentState")) == expected
        assert (fresh(booking.id).state, len(sandbox.log()), booking.events.count()) == (state, calls, events)


def test_a_stranger_finds_no_booking(patient, other_provider, sandbox):
    booking = patient.has_asked()

    answer = confirm(other_provider, booking)

    assert answer.refusal == (404, "booking_not_found", "Booking not found")
    assert sandbox.stripe.totals()["held"] == 15000


@pytest.mark.lesson(11)
def test_a_refused_capture_puts_everything_back_and_may_be_tried_again(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")

    answer = confirm(provider, booking)

    waiting = fresh(booking.id)
    assert answer.refusal == (402, "card_declined", "Payment failed")
    assert (answer.body["message"], answer.body["bookingId"]) == ("The patient's card was refused.", str(booking.id))
    assert (waiting.state, waiting.payment.state) == ("pending_confirmation", "held")
    assert (waiting.expires_at, waiting.confirmation_note) == (booking.expires_at, "")
    assert not TimeHold.objects.exists()
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "requires_capture"
    assert books.check_books() == []
    assert confirm(provider, booking).status == 402


def test_a_refused_capture_leaves_a_requests_own_hold(patient, provider):
    Provider.objects.update(requests_hold_time=True)
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")

    confirm(provider, booking)

    assert TimeHold.objects.get(owner=booking.id).kind == "request"


@pytest.mark.lesson(11)
def test_a_hold_that_is_gone_ends_the_booking_and_charges_nothing(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")

    answer = confirm(provider, booking)

    ended = fresh(booking.id)
    assert answer.refusal == (402, "payment_failed", "Payment failed")
    assert (ended.state, ended.payment.state) == ("payment_failed", "failed")
    assert not TimeHold.objects.exists()
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after", "hang"])
def test_stripe_down_during_confirm_is_202_and_the_sweep_confirms(patient, provider, sandbox, time, settings, failure):
    booking = patient.has_asked()
    settings.MONEY_CALL_SECONDS = 0.3
    sandbox.misbehave(
        {**CAPTURE, "action": failure, **({"seconds": 0.6, "do_work": True} if failure == "hang" else {})}
    )

    answer = confirm(provider, booking)

    assert (answer.status, answer.body["processing"]) == (202, True)
    assert answer.body["message"] == "Payment is being processed"
    assert answer.body["booking"]["state"] == "confirming"
    assert answer.body["booking"]["paymentStatus"] == "processing"
    assert confirm(provider, booking).status == 202
    time.passes(seconds=11)
    sweep()
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("confirmed", "paid")
    assert sandbox.stripe.intent(booking.payment.intent_id)["amount_received"] == 15000
    assert books.check_books() == []


def test_a_500_kept_under_the_capture_key_is_tried_under_another(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({**CAPTURE, "action": "status", "status": 500, "store": True})
    assert confirm(provider, booking).status == 202

    time.passes(seconds=11)
    sweep()

    assert fresh(booking.id).state == "confirmed"


def test_refused_only_in_the_background_goes_back_to_waiting(patient, provider, sandbox, time):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert confirm(provider, booking).status == 202

    time.passes(seconds=11)
    sweep()

    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("pending_confirmation", "held")


def test_a_confirming_never_expires_by_the_clock(patient, provider, sandbox, time, settings):
    settings.JOB_CALL_SECONDS = 0.2
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/*", "action": "drop_before", "times": None})
    assert confirm(provider, booking).status == 202

    time.passes(hours=30)
    sweep()

    assert fresh(booking.id).state == "confirming"
    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    assert fresh(booking.id).state == "confirmed"


def test_a_capture_in_the_air_at_the_start_is_called_off(patient, provider, sandbox, time, settings):
    settings.JOB_CALL_SECONDS = 0.2
    booking = patient.has_asked(**wish_at(days=1))
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert confirm(provider, booking).status == 202

    time.set(booking.start + timedelta(seconds=5))
    sweep()

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("payment_failed", "failed")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert books.check_books() == []


def test_found_captured_only_after_the_start_is_refunded(patient, provider, sandbox, time):
    booking = patient.has_asked(**wish_at(days=1))
    sandbox.misbehave({**CAPTURE, "action": "drop_after"})
    assert confirm(provider, booking).status == 202

    time.set(booking.start + timedelta(seconds=5))
    sweep()
    run_jobs()

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("payment_failed", "refunded")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert books.check_books() == []


@pytest.mark.lesson(3)
def test_the_second_of_two_requests_for_one_time_is_refused_and_stays_answerable(
    patient, other_patient, provider, sandbox
):
    first, second = patient.has_asked(), other_patient.has_asked()
    assert confirm(provider, first).status == 200

    answer = confirm(provider, second)

    assert answer.refusal == (409, "slot_taken", "Slot not available")
    assert (fresh(second.id).state, fresh(second.id).payment.state) == ("pending_confirmation", "held")
    assert sandbox.stripe.intent(second.payment.intent_id)["status"] == "requires_capture"
    assert provider.post(f"/api/bookings/{second.id}/decline", {"reason": "taken"}).status == 200


def test_an_overdue_request_is_effective_state_expired(patient, provider, time):
    booking = patient.has_asked()
    time.passes(hours=24, seconds=1)

    answer = confirm(provider, booking)

    assert answer.refusal == (400, "booking_not_pending", "Booking is not pending")
    assert (answer.body["currentState"], answer.body["currentStatus"]) == ("expired", "expired")
    assert answer.body["allowedTransitions"] == []


def test_a_start_that_has_passed_cannot_be_confirmed(patient, provider):
    booking = patient.has_asked()
    Booking.objects.filter(id=booking.id).update(start=clock.now() - timedelta(minutes=1))

    answer = confirm(provider, booking)

    assert answer.refusal == (400, "time_in_past", "This time is in the past")
    assert fresh(booking.id).payment.state == "held"


@pytest.mark.lesson(13)
def test_confirming_never_makes_a_second_intent(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    for _ in range(3):
        confirm(provider, booking)

    assert len(sandbox.stripe.ledger()["payment_intents"]) == 1
    captures = PaymentOperation.objects.filter(kind="capture")
    assert len({operation.idempotency_key for operation in captures}) == 3
