"""Calling it off: who may, what it costs, and where the money goes, read from the sandbox's ledger."""

from datetime import timedelta

import pytest
from acts import MOMENT, cancel, quote
from cast import FREE, HALF_HOUR, fresh, run_jobs, sweep
from money_calls import REFUND

from bookings import policies
from bookings import reconciliation as books
from bookings.services.refunds import refund_booking
from findr.vendors.budget import Budget
from notifications.models import FeedEvent
from providers.models import Provider, Service


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
