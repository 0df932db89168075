"""check_books finds money, times and intents that are not as they should be; see `test_books`."""

from datetime import timedelta

import pytest
from cast import HARBOR, RIDGE, fresh, run_jobs, sweep
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from tampering import another_intent, broken, without_the_guard

from bookings import reconciliation as books
from bookings.models import Booking, BookingEvent, Payment, PaymentOperation, TimeHold
from bookings.services import expiry
from providers.models import Provider


# --- Money and states --------------------------------------------------------------------------------------------------
def test_a_visit_whose_money_was_not_captured_is_found(confirmed):
    Payment.objects.update(captured_cents=0)

    assert [str(one) for one in books.check_books(with_vendor=False)] == [
        f"capture: {confirmed.number}: is confirmed, and 0 of 15000 cents were captured"
    ]


def test_a_request_whose_money_was_captured_is_found(patient):
    booking = patient.has_asked()
    Payment.objects.update(captured_cents=15000)

    assert [str(one) for one in books.check_books(with_vendor=False)] == [
        f"capture: {booking.number}: is pending_confirmation, and 15000 cents were captured"
    ]


def test_money_that_went_back_and_of_which_no_history_tells_is_found(confirmed):
    Payment.objects.update(state="refunded", refunded_cents=15000)

    assert [str(one) for one in books.check_books(with_vendor=False)] == [
        f"history: {confirmed.number}: tells of 0 cents given back, and 15000 were"
    ]


def test_an_expired_request_that_keeps_money_is_found(patient, time, no_triggers):
    booking = patient.has_asked()
    time.passes(hours=25)
    expiry.expire_overdue()
    run_jobs()
    Payment.objects.update(state="partially_refunded", captured_cents=15000, refunded_cents=5000)

    found = {str(one) for one in books.check_books(with_vendor=False)}

    assert f"capture: {booking.number}: is expired, and 10000 cents are kept" in found


def test_a_fee_of_a_visit_that_stands_is_found(confirmed):
    Booking.objects.update(fee_cents=100)

    assert broken() == ["fee"]


def test_a_booking_without_a_payment_is_found(confirmed, no_triggers):
    PaymentOperation.objects.all().delete()
    Payment.objects.all().delete()

    assert broken() == ["pair"]


def test_a_deadline_that_nothing_came_of_is_found_once_it_is_long_past(patient, time):
    booking = patient.has_asked()
    time.set(booking.expires_at + timedelta(minutes=5))
    assert broken() == []

    time.passes(minutes=6)

    assert broken() == ["deadline"]


def test_a_move_that_nobody_may_make_is_found(confirmed):
    first = BookingEvent.objects.filter(new_state="pending_confirmation").first()
    BookingEvent.objects.filter(booking=confirmed, id__gt=first.id).delete()
    BookingEvent.objects.create(
        booking=confirmed,
        event_type="confirmed",
        old_state="pending_confirmation",
        new_state="confirmed",
        actor_role="system",
        source="job",
    )

    assert f"history: {confirmed.number}: an event moves from pending_confirmation to confirmed" in {
        str(finding) for finding in books.check_books()
    }


# --- Times -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", ["lane", "hours"])
def test_a_hold_of_another_lane_or_another_time_is_found_and_its_visit_too(confirmed, change):
    hold = TimeHold.objects.get()
    if change == "lane":
        hold.lane = HARBOR
    else:
        hour = timedelta(hours=1)
        hold.during = DateTimeTZRange(hold.during.lower + hour, hold.during.upper + hour)
    hold.save()

    assert [finding.invariant for finding in books.check_books()] == ["hold", "hold"]


def test_a_request_that_does_not_keep_the_time_it_should_is_found(patient):
    Provider.objects.filter(id=RIDGE).update(requests_hold_time=True)
    patient.has_asked()
    assert broken() == []

    TimeHold.objects.all().delete()

    assert broken() == ["hold"]


def test_strangers_who_share_a_time_are_found(confirmed, other_patient, provider):
    other = other_patient.has_asked(appointmentTime="15:00")
    provider.post(f"/api/bookings/{other.id}/confirm")
    assert broken() == []
    with without_the_guard():
        TimeHold.objects.update(during=TimeHold.objects.get(owner=confirmed.id).during)

        assert "overlap" in broken()
        TimeHold.objects.all().delete()


# --- The vendor --------------------------------------------------------------------------------------------------------
def test_a_second_live_intent_is_found(patient):
    booking = patient.has_asked()
    stray = another_intent(booking)

    (finding,) = books.check_books()

    said = f"has a second live intent {stray.id}: requires_capture"
    assert str(finding) == f"second intent: {booking.number}: {said}"


def test_a_second_intent_that_is_over_is_none(patient, sandbox):
    sandbox.stripe.cancel(another_intent(patient.has_asked()).id)

    assert broken() == []


def test_an_intent_that_names_no_booking_of_ours_is_found(patient):
    booking = patient.has_asked()
    for name in ("11111111-1111-4111-8111-111111111111", "nobody's"):
        another_intent(booking, key=name, booking=name)

    found = books.check_books()

    assert [finding.invariant for finding in found] == ["vendor", "vendor"]
    assert {booking.number} & {finding.subject for finding in found} == set()


def test_a_payment_of_which_the_vendor_knows_nothing_is_found(patient):
    booking = patient.has_asked()
    Payment.objects.update(intent_id="pi_nobody")

    assert {str(finding) for finding in books.check_books()} == {
        f"vendor: {booking.number}: is held, and the vendor has no intent of it",
        f"second intent: {booking.number}: has a second live intent {booking.payment.intent_id}: requires_capture",
    }


def test_a_capture_refused_long_after_the_deadline_leaves_a_moment_to_expire(patient, provider, sandbox, time):
    """The vendor was away for hours; the request waits again, overdue from the first moment, and the job comes by."""
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202
    time.passes(hours=30)
    sweep()

    assert fresh(booking.id).state == "pending_confirmation"
    assert broken() == []
    time.passes(minutes=11)
    assert broken() == ["deadline"]
