"""Staff cancel: everything that was charged goes back, or the hold is released, and the patient keeps no fee to pay."""

import pytest
from admin.actions import decide, last_decision, select
from admin.pages import LIST, editable, numbers_in, page_of, text_of, told
from cast import FREE, fresh, run_jobs, sweep, wish_at

from bookings.models import Booking


def test_a_paid_visit_is_given_back_whole_even_an_hour_before_it(console, visit, staff, sandbox, time):
    time.set(visit.start)
    time.passes(hours=-1)

    form = text_of(console.get(f"{LIST}{visit.id}/cancel/"))
    answer = decide(console, "cancel", visit, reason="flooded")

    assert "150.00 USD goes back to the patient: all that was charged, whatever the cancellation tier." in form
    assert (answer.status_code, answer.url) == (302, page_of(visit))
    assert told(answer) == [f"{visit.number}: cancelled, and 150.00 USD is refunded."]
    after = fresh(visit.id)
    assert (after.state, after.payment.state, after.fee_cents) == ("cancelled_admin", "refunded", 0)
    assert (after.cancelled_by, after.cancellation_reason) == ("admin", "flooded")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert last_decision(visit) == ("cancelled", "staff", staff.user.id, "staff")


def test_a_request_is_released_and_nothing_is_charged(console, patient, staff, sandbox):
    booking = patient.has_asked()

    form = text_of(console.get(f"{LIST}{booking.id}/cancel/"))
    answer = decide(console, "cancel", booking, reason="asked for twice")

    assert "The hold of 150.00 USD on the patient's card is released and nothing is charged." in form
    assert told(answer) == [f"{booking.number}: cancelled, and nothing is charged."]
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("cancelled_admin", "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert last_decision(booking) == ("cancelled", "staff", staff.user.id, "staff")


def test_what_was_given_back_before_is_not_given_back_twice(console, visit, refund, sandbox):
    refund(visit, "40.00")

    form = text_of(console.get(f"{LIST}{visit.id}/cancel/"))
    answer = decide(console, "cancel", visit, reason="closed")

    assert "110.00 USD goes back to the patient: all that is left of the charge after the 40.00 USD given back" in form
    assert told(answer) == [f"{visit.number}: cancelled, and 110.00 USD is refunded."]
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}


def test_of_a_visit_that_was_refunded_no_money_moves(console, visit, refund, sandbox):
    refund(visit, "150.00")

    form = text_of(console.get(f"{LIST}{visit.id}/cancel/"))
    answer = decide(console, "cancel", visit, reason="closed")

    assert "No money moves: all that was charged has been given back before." in form
    assert told(answer) == [f"{visit.number}: cancelled. No money had to move."]
    assert sandbox.stripe.totals()["refunded"] == 15000


def test_while_a_refund_is_on_its_way_the_rest_follows_it(console, visit, refund, sandbox, time):
    sandbox.misbehave({"action": "status", "path": "/v1/refunds", "method": "POST", "status": 500})
    refund(visit, "40.00")

    form = text_of(console.get(f"{LIST}{visit.id}/cancel/"))
    answer = decide(console, "cancel", visit, reason="closed")

    assert "150.00 USD goes back to the patient, what is on its way right now included" in form
    assert told(answer) == [
        f"{visit.number}: cancelled. 110.00 USD more will be refunded, after the refund that is on its way."
    ]
    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    run_jobs()
    assert sandbox.stripe.totals()["refunded"] == 15000
    assert fresh(visit.id).payment.state == "refunded"


def test_a_free_visit_is_cancelled_without_money(console, patient, sandbox):
    booking = patient.has_asked(**wish_at(serviceId=str(FREE)))

    form = text_of(console.get(f"{LIST}{booking.id}/cancel/"))
    answer = decide(console, "cancel", booking, reason="closed")

    assert "No money is involved." in form
    assert told(answer) == [f"{booking.number}: cancelled, and nothing is charged."]
    assert fresh(booking.id).state == "cancelled_admin"


def test_an_unfinished_checkout_is_undone(console, patient, sandbox, time):
    patient.asks(paymentMethodId="pm_card_authenticationRequired")
    booking = Booking.objects.get()

    form = text_of(console.get(f"{LIST}{booking.id}/cancel/"))
    answer = decide(console, "cancel", booking, reason="closed")

    assert "The checkout is not finished. Whatever it holds or takes of the 150.00 USD is given back." in form
    assert told(answer) == [f"{booking.number}: cancelled, and nothing is charged."]
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}


def test_a_checkout_that_is_in_the_air_is_undone_once_it_is_heard_of(console, patient, sandbox, time):
    sandbox.misbehave({"action": "status", "path": "/v1/payment_intents", "method": "POST", "status": 500})
    assert patient.asks().status == 202
    booking = Booking.objects.get()

    answer = decide(console, "cancel", booking, reason="closed")

    assert told(answer) == [
        f"{booking.number}: cancelled. Its checkout is still being processed; what comes of it is given back."
    ]
    assert fresh(booking.id).state == "cancelled_admin"


@pytest.mark.parametrize(
    ("path", "left"),
    [("/v1/refunds", "150.00 USD will be refunded; the payment vendor has not answered yet."), ("*/cancel", "")],
)
def test_a_silent_vendor_is_told_and_the_sweep_finishes_it(console, patient, provider, sandbox, time, path, left):
    booking = patient.has_asked()
    if left:
        provider.post(f"/api/bookings/{booking.id}/confirm")
    sandbox.misbehave({"action": "status", "path": path, "method": "POST", "status": 500})

    answer = decide(console, "cancel", booking, reason="closed")

    released = "The release of the hold is still being processed."
    assert told(answer) == [
        f"{booking.number}: cancelled. {left}"
        if left
        else f"{booking.number}: cancelled, and nothing is charged. {released}"
    ]
    assert fresh(booking.id).state == "cancelled_admin"
    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000 * bool(left), "refunded": 15000 * bool(left)}


@pytest.mark.parametrize("state", ["completed", "no_show", "cancelled_patient", "expired", "payment_failed"])
def test_what_is_over_is_neither_offered_nor_cancelled(console, patient, in_state, sandbox, state):
    booking = in_state(patient.has_asked(), state)
    before, word = Booking.objects.values().get(), state.replace("_", " ")

    page = console.get(f"{LIST}{booking.id}/cancel/")
    answer = decide(console, "cancel", booking, reason="closed")

    assert f"Nothing can be done: it is {word}." in text_of(page)
    assert editable(page) == []
    assert f"{LIST}{booking.id}/cancel/" not in console.get(page_of(booking)).content.decode()
    assert told(answer) == [f"{booking.number}: refused. It cannot be cancelled any more: it is {word}."]
    assert Booking.objects.values().get() == before


def test_a_decision_in_progress_and_an_overdue_request_are_not_cancelled(console, patient, sandbox, time):
    booking = patient.has_asked()
    late = patient.has_asked(**wish_at(days=8))
    sandbox.misbehave({"action": "status", "path": "*/capture", "status": 500})
    decide(console, "confirm", booking, note="")
    time.passes(hours=25)

    answer = decide(console, "cancel", booking, late, reason="closed")

    assert sorted(told(answer)[-2:]) == sorted(
        [
            f"{booking.number}: refused. Somebody's decision is being processed right now.",
            f"{late.number}: refused. It cannot be cancelled any more: it is expired.",
        ]
    )
    assert "It can only be expired." in text_of(console.get(f"{LIST}{late.id}/cancel/"))


def test_selected_bookings_are_cancelled_together_each_with_its_own_money(console, patient, other_patient, visit):
    request = other_patient.has_asked(**wish_at(days=9))

    form = text_of(select(console, "cancel_selected", visit, request, show="all"))
    answer = decide(console, "cancel", visit, request, reason="closed", _changelist_filters="show=all")

    assert "Cancel 2 bookings" in form
    assert "150.00 USD goes back to the patient" in form
    assert "The hold of 150.00 USD on the patient's card is released" in form
    assert sorted(told(answer)) == sorted(
        [
            f"{visit.number}: cancelled, and 150.00 USD is refunded.",
            f"{request.number}: cancelled, and nothing is charged.",
        ]
    )
    assert answer.url == f"{LIST}?show=all"
    assert len(numbers_in(console.get(LIST, {"state__exact": "cancelled_admin"}))) == 2


def test_it_takes_a_reason(console, visit):
    answer = decide(console, "cancel", visit, reason=" ")

    assert "This field is required." in text_of(answer)
    assert fresh(visit.id).state == "confirmed"
