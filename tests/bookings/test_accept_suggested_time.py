"""The patient takes one of the suggested times: which one, and what then happens."""

import pytest
from acts import accept, act, moment, open_ones, reschedule, suggest, wall
from cast import FREE, HOUR, booking_of, fresh, in_turn, wish_at
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import TimeHold
from bookings.states import State
from findr.api.times import instant


# --- Accepting ---------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(2, 13)
def test_accepting_takes_the_time_and_the_money_and_frees_the_rest(patient, suggested, sandbox):
    chosen = open_ones(suggested)[1]

    answer = accept(patient, suggested, chosen)

    confirmed, view = fresh(suggested.id), answer.body["booking"]
    assert (answer.status, answer.body["message"]) == (200, "Time accepted! Booking confirmed.")
    assert (confirmed.state, confirmed.payment.state) == ("confirmed", "paid")
    assert (confirmed.start, confirmed.end, confirmed.confirmed_start) == (chosen.start, chosen.end, chosen.start)
    assert (view["appointmentDate"], view["appointmentTime"]) == (instant(chosen.start), "11:00 AM")
    assert (view["suggestedTimes"], view["expiresAt"], view["status"]) == ([], None, "confirmed")
    assert view["confirmedAt"]
    assert view["dateTime"]["requestedStart"] == instant(suggested.start)
    assert [(hold.during.lower, hold.kind) for hold in TimeHold.objects.all()] == [(chosen.start, "booking")]
    assert open_ones(suggested) == []
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    assert len(sandbox.stripe.ledger()["payment_intents"]) == 1
    told = [(event.event_type, event.actor_role) for event in confirmed.events.all()][-3:]
    assert told == [("reschedule_accepted", "patient"), ("payment_captured", "system"), ("confirmed", "system")]
    assert books.check_books() == []


@pytest.mark.parametrize("time_text", ["11:00 AM", "11:00am", "11:00", "11:00\u202fAM", "11:00\u00a0am"])
def test_a_suggestion_can_be_named_by_its_wall_time(patient, suggested, time_text):
    day = wish_at(days=9)["appointmentDate"]

    answer = accept(patient, suggested, selectedDate=day, selectedTime=time_text)

    assert answer.status == 200
    assert fresh(suggested.id).start == moment(wall(9, 11))


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "validation", "suggestedTimeId is required")),
        ({"suggestedTimeId": ""}, (400, "validation", "suggestedTimeId is required")),
        ({"suggestedTimeId": 7}, (400, "validation", "suggestedTimeId is invalid")),
        ({"selectedDate": "2030-01-01"}, (400, "validation", "suggestedTimeId is required")),
        ({"selectedTime": "10:00"}, (400, "validation", "suggestedTimeId is required")),
        ({"selectedDate": "2030-01-01", "selectedTime": "late"}, (400, "validation", "selectedTime is invalid")),
        ({"selectedDate": "soon", "selectedTime": "10:00"}, (400, "validation", "selectedDate is invalid")),
        ({"suggestedTimeId": "sug_1"}, (404, "suggested_time_not_found", "Suggested time not found")),
        ({"suggestedTimeId": HOUR.hex}, (404, "suggested_time_not_found", "Suggested time not found")),
        (
            {"selectedDate": "2030-01-01", "selectedTime": "10:00"},
            (404, "suggested_time_not_found", "Suggested time not found"),
        ),
    ],
)
def test_what_names_no_open_suggestion_is_refused(patient, suggested, sandbox, body, refusal):
    before = everything(sandbox)

    answer = patient.post(f"/api/bookings/{suggested.id}/accept-suggested-time", body)

    assert answer.refusal == refusal
    assert everything(sandbox) == before


def test_a_suggestion_of_an_earlier_round_cannot_be_accepted(patient, provider, suggested, sandbox):
    old = open_ones(suggested)[0]
    suggest(provider, suggested, wall(10))
    before = everything(sandbox)

    assert accept(patient, suggested, old).refusal[:2] == (404, "suggested_time_not_found")
    assert everything(sandbox) == before


def test_a_suggestion_of_another_booking_cannot_be_accepted(patient, provider, suggested, sandbox):
    other = patient.has_asked(**wish_at(days=20))
    suggest(provider, other, wall(21))
    before = everything(sandbox)

    assert accept(patient, suggested, open_ones(other)[0]).refusal[:2] == (404, "suggested_time_not_found")
    assert everything(sandbox) == before


def test_a_request_without_suggestions_has_none_to_accept(patient, sandbox):
    booking = patient.has_asked()
    before = everything(sandbox)

    assert accept(patient, booking, suggestedTimeId=str(HOUR)).refusal[:2] == (404, "suggested_time_not_found")
    assert act(patient, booking, "accept-reschedule").refusal == (400, "no_pending_reschedule", "No pending reschedule")
    assert act(patient, booking, "decline-reschedule").refusal[:2] == (400, "no_pending_reschedule")
    assert everything(sandbox) == before


def test_every_other_state_is_refused_and_nothing_changes(patient, suggested, sandbox):
    chosen = open_ones(suggested)[0]
    others = [one for one in State if not one.startswith(("pending", "reschedule"))]

    for booking in in_turn(suggested, others):
        before = everything(sandbox)
        answers = [
            accept(patient, booking, chosen),
            act(patient, booking, "accept-reschedule"),
            act(patient, booking, "decline-reschedule"),
            act(patient, booking, "decline-suggested-times"),
        ]

        expected = (409, "decision_in_progress") if booking.state == "confirming" else (400, "booking_not_pending")
        assert {(answer.status, answer.body["code"]) for answer in answers} == {expected}, booking.state
        assert everything(sandbox) == before, booking.state


@pytest.mark.parametrize("overdue", [False, True])
def test_a_checkout_has_nothing_to_accept_and_can_be_called_off_even_when_it_is_overdue(
    patient, sandbox, time, overdue
):
    """Overdue is a word of requests: a checkout waits for what the vendor says (contract 1, 6.5)."""
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    time.passes(minutes=16 if overdue else 1)
    before = everything(sandbox)

    assert accept(patient, booking, suggestedTimeId=str(HOUR)).refusal[:2] == (404, "suggested_time_not_found")
    for action in ("accept-reschedule", "decline-reschedule"):
        refused = act(patient, booking, action)
        assert (refused.refusal[:2], refused.body["currentState"]) == (
            (400, "no_pending_reschedule"),
            "pending_payment",
        )
    assert everything(sandbox) == before
    assert act(patient, booking, "decline-suggested-times").status == 200
    assert fresh(booking.id).state == "cancelled_patient"


def test_an_overdue_suggestion_is_effective_state_expired(patient, suggested, time, sandbox):
    chosen = open_ones(suggested)[1]
    time.passes(hours=24, seconds=1)
    before = everything(sandbox)

    answers = [
        accept(patient, suggested, chosen),
        *(
            act(patient, suggested, name)
            for name in ("accept-reschedule", "decline-reschedule", "decline-suggested-times")
        ),
    ]

    assert {answer.refusal[:2] for answer in answers} == {(400, "booking_not_pending")}
    assert {answer.body["currentState"] for answer in answers} == {"expired"}
    assert everything(sandbox) == before


def test_accepting_a_reschedule_needs_no_id(patient, provider):
    booking = patient.has_asked()
    reschedule(provider, booking)

    answer = act(patient, booking, "accept-reschedule")

    assert (answer.status, answer.body["message"]) == (200, "Reschedule accepted")
    assert fresh(booking.id).start == moment(wall())
    assert act(patient, booking, "accept-reschedule").refusal[:2] == (400, "booking_not_pending")


def test_of_several_suggestions_one_must_be_named(patient, suggested, sandbox):
    before = everything(sandbox)

    answer = act(patient, suggested, "accept-reschedule")

    assert answer.refusal == (400, "validation", "suggestedTimeId is required")
    assert everything(sandbox) == before


def test_a_free_service_is_suggested_and_accepted_without_a_vendor(patient, provider, sandbox):
    booking = patient.has_asked(serviceId=str(FREE), paymentMethodId=None)
    suggest(provider, booking)

    answer = accept(patient, booking, open_ones(booking)[0])

    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "paid")
    assert (fresh(booking.id).state, sandbox.log()) == ("confirmed", [])
    assert books.check_books() == []
