"""The patient takes a suggested time, and it is gone, or its money cannot be taken."""

from datetime import timedelta

import pytest
from acts import accept, act, moment, open_ones, suggest, suggestion_holds, wall
from cast import HOUR, fresh, sweep, wish_at
from money_calls import CAPTURE
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import TimeHold
from findr import clock
from findr.api.times import instant


def test_a_time_whose_lead_is_gone_is_410_and_the_others_stay(patient, provider, time, sandbox):
    booking = patient.has_asked()
    soon = (clock.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    suggest(provider, booking, instant(soon), wall(9))
    early, late = open_ones(booking)
    time.set(soon - timedelta(minutes=59))
    before = everything(sandbox)

    answer = accept(patient, booking, early)

    assert answer.refusal == (410, "suggested_time_expired", "Suggested time has expired")
    assert everything(sandbox) == before
    assert accept(patient, booking, late).status == 200


@pytest.mark.parametrize("reader", ["Busy", "Failed", "Free"])
def test_only_a_calendar_that_says_busy_blocks(patient, suggested, settings, sandbox, reader):
    settings.CALENDAR_READER = f"readers.{reader}"
    before = everything(sandbox)

    answer = accept(patient, suggested, open_ones(suggested)[0])

    if reader == "Busy":
        assert answer.refusal == (409, "slot_taken", "Slot not available")
        assert everything(sandbox) == before
    else:
        assert answer.status == 200


def test_a_suggestion_that_lost_its_time_is_refused_and_the_others_stay(patient, suggested, sandbox):
    """However that came about: accepting never assumes that it holds what it was promised."""
    first, second, _ = open_ones(suggested)
    held = TimeHold.objects.get(owner=suggested.id, during__startswith=first.start)
    TimeHold.objects.filter(id=held.id).update(owner=HOUR, kind="booking")
    before = everything(sandbox)

    answer = accept(patient, suggested, first)

    assert answer.refusal[:2] == (409, "slot_taken")
    assert everything(sandbox) == before
    assert accept(patient, suggested, second).status == 200


@pytest.mark.lesson(11)
def test_a_refused_capture_returns_to_the_old_start_with_the_suggestions_open(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking, wall(8), wall(9))
    before, chosen = fresh(booking.id), open_ones(booking)[0]

    answer = accept(patient, booking, chosen)

    now = fresh(booking.id)
    assert answer.refusal == (402, "card_declined", "Payment failed")
    assert (now.state, now.payment.state, now.start, now.expires_at) == (
        "reschedule_proposed",
        "held",
        booking.start,
        before.expires_at,
    )
    assert (now.accepted_suggestion, now.decision, len(open_ones(now))) == (None, "", 2)
    assert [hold.lower for hold in suggestion_holds(now)] == [moment(wall(8)), moment(wall(9))]
    assert not TimeHold.objects.filter(kind="booking").exists()
    assert sandbox.stripe.totals() == {"held": 15000, "received": 0, "refunded": 0}
    assert books.check_books() == []
    assert accept(patient, booking, chosen).status == 402
    assert act(patient, booking, "decline-suggested-times").status == 200


def test_a_hold_that_is_gone_ends_the_booking(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")
    suggest(provider, booking)

    answer = accept(patient, booking, open_ones(booking)[0])

    ended = fresh(booking.id)
    assert answer.refusal == (402, "payment_failed", "Payment failed")
    assert (ended.state, ended.payment.state, open_ones(ended)) == ("payment_failed", "failed", [])
    assert not TimeHold.objects.exists()
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_the_vendor_down_is_202_and_the_sweep_settles_it(patient, provider, suggested, sandbox, time, failure):
    first, second, _ = open_ones(suggested)
    sandbox.misbehave({**CAPTURE, "action": failure})

    answer = accept(patient, suggested, first)

    view = answer.body["booking"]
    assert (answer.status, answer.body["processing"]) == (202, True)
    assert answer.body["message"] == "Your payment is being processed."
    assert (view["state"], view["paymentStatus"], view["appointmentDate"]) == (
        "confirming",
        "processing",
        instant(first.start),
    )
    assert len(view["suggestedTimes"]) == 3
    assert books.check_books(with_vendor=False) == []
    by_id = accept(patient, suggested, first), accept(patient, suggested, second)
    by_wall_time = (
        accept(patient, suggested, selectedDate=wish_at(days=8)["appointmentDate"], selectedTime="10:00 AM"),
        accept(patient, suggested, selectedDate=wish_at(days=9)["appointmentDate"], selectedTime="11:00 AM"),
    )
    for again, other in (by_id, by_wall_time):
        assert (again.status, again.body["booking"]["state"]) == (202, "confirming")
        assert again.body["booking"]["appointmentDate"] == instant(first.start)
        assert other.refusal[:2] == (409, "decision_in_progress")
    for refused in (
        act(patient, suggested, "decline-suggested-times"),
        act(patient, suggested, "decline-reschedule"),
        provider.post(f"/api/bookings/{suggested.id}/confirm"),
        suggest(provider, suggested),
    ):
        assert refused.refusal[:2] == (409, "decision_in_progress")
    time.passes(seconds=11)
    sweep()
    settled = fresh(suggested.id)
    assert (settled.state, settled.payment.state, settled.start) == ("confirmed", "paid", first.start)
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    assert books.check_books() == []


def test_refused_only_in_the_background_returns_to_the_suggestions(patient, provider, sandbox, time):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking)
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert act(patient, booking, "accept-reschedule").status == 202
    assert act(patient, booking, "accept-reschedule").status == 202

    time.passes(seconds=11)
    sweep()

    now = fresh(booking.id)
    assert (now.state, now.start, len(open_ones(now))) == ("reschedule_proposed", booking.start, 1)
    assert books.check_books() == []


def test_without_a_payment_vendor_nothing_is_accepted(patient, suggested, sandbox, settings):
    settings.STRIPE_SECRET_KEY = ""
    before = everything(sandbox)

    assert accept(patient, suggested, open_ones(suggested)[0]).refusal[:2] == (503, "temporarily_unavailable")
    assert everything(sandbox) == before
