"""Suggestions are declined, or the practice answers otherwise; nothing gets around the guard."""

import pytest
from acts import accept, act, open_ones, suggest, wall
from cast import booking_of, fresh, sweep, wish_at
from money_calls import CANCEL, CAPTURE
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import SuggestedTime, TimeHold


# --- Declining ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("decline-suggested-times", "Booking request cancelled. Payment hold released."),
        ("decline-reschedule", "Reschedule declined, booking cancelled"),
    ],
)
@pytest.mark.lesson(10)
def test_declining_all_ends_the_request_and_releases_the_hold(patient, suggested, sandbox, action, message):
    answer = act(patient, suggested, action)

    ended, view = fresh(suggested.id), answer.body["booking"]
    assert (answer.status, answer.body["message"], answer.body["refundAmount"]) == (200, message, 0)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert (view["cancelledBy"], view["cancellationReason"]) == ("user", "Declined suggested times")
    assert (view["suggestedTimes"], view["paymentStatus"]) == ([], "released")
    assert ended.events.get(new_state="cancelled_patient", old_state="reschedule_proposed").event_type == (
        "reschedule_declined"
    )
    assert not TimeHold.objects.exists()
    assert open_ones(ended) == []
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []
    assert act(patient, suggested, action).refusal[:2] == (400, "booking_not_pending")


def test_declining_without_suggestions_is_a_cancellation(patient, sandbox):
    booking = patient.has_asked()

    answer = act(patient, booking, "decline-suggested-times")

    ended = fresh(booking.id)
    assert (answer.status, ended.state, ended.payment.state) == (200, "cancelled_patient", "released")
    assert ended.events.get(old_state="pending_confirmation").event_type == "cancelled"


def test_declining_a_checkout_closes_its_intent(patient, sandbox):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))

    answer = act(patient, booking, "decline-suggested-times")

    assert (answer.status, fresh(booking.id).payment.state) == (200, "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert books.check_books() == []


def test_declining_while_the_vendor_is_silent_is_settled_later(patient, suggested, sandbox, time):
    sandbox.misbehave({**CANCEL, "action": "drop_before"})

    answer = act(patient, suggested, "decline-suggested-times")

    assert answer.body["message"] == "Booking request cancelled. Payment hold will be released."
    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "held")
    assert fresh(suggested.id).state == "cancelled_patient"
    assert not TimeHold.objects.exists()
    time.passes(seconds=11)
    sweep()
    assert fresh(suggested.id).payment.state == "released"
    assert books.check_books() == []


# --- The provider's other answers, while times are suggested ------------------------------------------------------------
def test_confirming_withdraws_the_suggestions_and_takes_the_time_first_asked_for(patient, provider, suggested, sandbox):
    answer = provider.post(f"/api/bookings/{suggested.id}/confirm")

    confirmed = fresh(suggested.id)
    assert (answer.status, confirmed.state, confirmed.start) == (200, "confirmed", suggested.start)
    assert (open_ones(confirmed), answer.body["booking"]["proposedTimes"]) == ([], [])
    assert TimeHold.objects.get().during.lower == suggested.start
    assert sandbox.stripe.totals()["received"] == 15000
    assert books.check_books() == []


def test_a_confirm_from_suggestions_that_is_refused_leaves_them_open(patient, provider):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking)

    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 402

    assert (fresh(booking.id).state, len(open_ones(booking))) == ("reschedule_proposed", 1)
    assert books.check_books() == []


def test_while_a_confirm_is_on_its_way_nothing_can_be_accepted(patient, provider, suggested, sandbox):
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert provider.post(f"/api/bookings/{suggested.id}/confirm").status == 202

    assert accept(patient, suggested, open_ones(suggested)[0]).refusal[:2] == (409, "decision_in_progress")


def test_declining_withdraws_the_suggestions(patient, provider, suggested):
    assert provider.post(f"/api/bookings/{suggested.id}/decline", {"reason": "no"}).status == 200

    assert open_ones(suggested) == []
    assert not TimeHold.objects.exists()
    assert accept(patient, suggested, SuggestedTime.objects.first()).refusal[:2] == (400, "booking_not_pending")
    assert books.check_books() == []


def test_calling_it_off_withdraws_the_suggestions(patient, provider, suggested, sandbox):
    chosen = open_ones(suggested)[0]

    answer = provider.post(f"/api/bookings/{suggested.id}/cancel-provider", {"reason": "ill"})

    view = answer.body["booking"]
    assert (answer.status, answer.body["refund"]["description"]) == (200, "Payment hold released")
    assert (view["state"], view["proposedTimes"], view["reschedule"]["current"]) == ("cancelled_provider", [], None)
    assert patient.get(f"/api/bookings/{suggested.id}").body["booking"]["suggestedTimes"] == []
    assert open_ones(suggested) == []
    assert not TimeHold.objects.exists()
    assert accept(patient, suggested, chosen).refusal[:2] == (400, "booking_not_pending")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


# --- No way around the guard --------------------------------------------------------------------------------------------
@pytest.mark.lesson(2)
@pytest.mark.parametrize("path", ["create", "confirm", "accept", "suggest"])
def test_the_guard_holds_on_every_path_into_an_occupying_state(
    patient, other_patient, provider, sandbox, settings, path
):
    """One time is taken; each path that could take it again is refused, and changes nothing."""
    mine = patient.has_asked(**wish_at(days=8))
    other = other_patient.has_asked(**wish_at(days=8) if path == "confirm" else wish_at(days=9))
    if path == "accept":
        suggest(provider, other, wall(8))
        TimeHold.objects.filter(owner=other.id).delete()
    assert provider.post(f"/api/bookings/{mine.id}/confirm").status == 200
    if path == "create":
        settings.CALENDAR_READER = "readers.Free"
    before = everything(sandbox)

    answer = {
        "create": lambda: other_patient.asks(**wish_at(days=8)),
        "confirm": lambda: provider.post(f"/api/bookings/{other.id}/confirm"),
        "accept": lambda: act(other_patient, other, "accept-reschedule"),
        "suggest": lambda: suggest(provider, other, wall(8)),
    }[path]()

    assert answer.refusal[:2] == (409, "slot_taken")
    assert everything(sandbox) == before
