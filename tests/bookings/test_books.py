"""check_books finds what is broken: each test breaks one thing, past everything that normally prevents it."""

from datetime import timedelta
from io import StringIO

import pytest
from cast import RIDGE, booking_of, fresh, wish_at
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from tampering import broken

from bookings import reconciliation as books
from bookings.models import Booking, BookingEvent, Payment, PaymentOperation, SuggestedTime, TimeHold
from findr import clock
from notifications.models import FeedCounter, FeedEvent
from notifications.services import delete_old_events


def test_an_illegal_pair_is_found(confirmed, no_triggers):
    Payment.objects.update(state="held", captured_cents=0)

    assert "pair" in broken()


def test_a_move_without_its_history_is_found(confirmed):
    BookingEvent.objects.filter(event_type="confirm_started").delete()

    assert broken() == ["history"]


def test_a_state_that_no_history_tells_of_is_found(confirmed):
    Booking.objects.update(state="completed")

    assert broken() == ["history"]


def test_a_visit_that_lost_its_time_is_found(confirmed):
    TimeHold.objects.all().delete()

    assert broken() == ["hold"]


def test_a_hold_without_a_reason_is_found(confirmed):
    hold = TimeHold.objects.get()
    TimeHold.objects.create(
        lane=RIDGE,
        owner="00000000-0000-4000-8000-00000000dead",
        during=DateTimeTZRange(hold.during.upper, hold.during.upper + (hold.during.upper - hold.during.lower)),
        kind="booking",
    )

    assert broken() == ["hold"]


def test_money_that_is_not_where_we_think_is_found(confirmed, sandbox):
    sandbox.stripe.refund(confirmed.payment.intent_id, amount=5000)

    findings = books.check_books()

    assert [finding.invariant for finding in findings] == ["vendor"]
    assert "(15000, 0) cents, at the vendor (15000, 5000)" in str(findings[0])


def test_a_payment_about_another_price_is_found(confirmed):
    Booking.objects.filter(id=confirmed.id).update(price_cents=14999)

    assert broken() == ["amount"]


def test_a_lost_hold_is_found(patient, sandbox):
    booking = patient.has_asked()
    sandbox.stripe.lapse(booking.payment.intent_id)

    assert broken() == ["vendor"]


def test_an_operation_that_nobody_finishes_is_found_after_its_grace(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    assert broken() == []

    time.passes(minutes=3)

    assert broken() == ["operation"]


def test_a_checkout_that_nobody_closes_is_found_after_its_grace(patient, sandbox, time):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.misbehave({"path": "/v1/payment_intents/*/cancel", "action": "drop_before"})
    time.passes(minutes=3)
    assert broken() == []
    patient.post(f"/api/bookings/{booking.id}/cancel")
    assert broken() == []

    time.passes(minutes=3)

    assert broken() == ["operation"]


def test_a_payment_that_nobody_works_on_is_found(patient, provider, sandbox):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    PaymentOperation.objects.filter(kind="capture").delete()

    assert "operation" in broken()


def test_an_intent_that_no_booking_of_ours_knows_is_found(confirmed, no_triggers):
    with transaction.atomic():
        TimeHold.objects.all().delete()
        for model in (PaymentOperation, Payment, BookingEvent, Booking):
            model.objects.all().delete()
    assert books.check_books() == []  # Nothing of ours to hold it against: no payment, no first date.


def test_the_command_says_so_and_exits_with_one(confirmed):
    out = StringIO()
    call_command("check_books", stdout=out)
    assert out.getvalue() == "The books balance: 1 bookings, 1 payments, 1 holds.\n"

    TimeHold.objects.all().delete()

    with pytest.raises(CommandError) as refused:
        call_command("check_books", stdout=out)
    assert refused.value.returncode == 1
    assert "occupies its time and does not hold it" in out.getvalue()


def test_the_command_does_not_call_the_books_balanced_when_the_vendor_is_silent(confirmed, sandbox):
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "drop_before"})

    with pytest.raises(CommandError) as refused:
        call_command("check_books", stdout=StringIO())

    assert refused.value.returncode == 2


# --- Suggestions, fees and the feed ------------------------------------------------------------------------------------
@pytest.fixture
def suggested(patient, provider):
    booking = patient.has_asked()
    start = f"{wish_at(days=9)['appointmentDate']}T10:00"
    provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start})
    assert books.check_books() == []
    return fresh(booking.id)


def test_a_suggestion_that_is_not_kept_is_found(suggested):
    TimeHold.objects.all().delete()

    assert broken() == ["suggestion"]


def test_a_time_that_is_kept_for_no_open_suggestion_is_found(suggested):
    SuggestedTime.objects.update(closed_at=clock.now())

    assert broken() == ["hold"]


def test_a_time_that_is_still_kept_after_the_answer_is_found(suggested, patient):
    hold = TimeHold.objects.get()
    patient.post(f"/api/bookings/{suggested.id}/accept-reschedule")
    assert books.check_books() == []
    TimeHold.objects.create(lane=hold.lane, owner=hold.owner, during=hold.during, kind="suggestion")

    assert broken() == ["hold"]


def test_a_request_that_keeps_time_by_no_rule_is_found(suggested):
    TimeHold.objects.update(kind="request")

    assert broken() == ["hold"]


def test_a_suggestion_that_outlives_its_request_is_found(suggested, patient):
    patient.post(f"/api/bookings/{suggested.id}/decline-reschedule")
    assert books.check_books() == []
    SuggestedTime.objects.update(closed_at=None)

    assert broken() == ["suggestion"]


@pytest.mark.parametrize("fee", [0, 3749, 3751])
def test_a_fee_that_is_not_what_was_kept_is_found(confirmed, patient, time, fee):
    time.set(confirmed.start - timedelta(hours=13))
    patient.post(f"/api/bookings/{confirmed.id}/cancel")
    assert (fresh(confirmed.id).fee_cents, books.check_books()) == (3750, [])
    Booking.objects.update(fee_cents=fee)

    assert broken() == ["fee"]


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_hole_in_a_feed_is_found(confirmed, patient, seq):
    patient.post(f"/api/bookings/{confirmed.id}/cancel")
    FeedEvent.objects.filter(recipient=patient.id, seq=seq).delete()

    assert set(broken()) == {"feed"}


@pytest.mark.parametrize("counted", [1, 3])
def test_a_counter_that_is_not_at_its_last_event_is_found(confirmed, patient, counted):
    FeedCounter.objects.filter(recipient=patient.id).update(last_seq=counted)

    assert broken() == ["feed"]


def test_a_feed_that_nobody_counts_is_found(confirmed, patient):
    FeedCounter.objects.filter(recipient=patient.id).delete()

    assert broken() == ["feed"]


def test_a_feed_of_which_all_is_old_is_no_hole(confirmed, time, settings):
    time.passes(days=settings.FEED_DAYS + 1)
    assert delete_old_events() == 4

    assert broken() == []


def test_a_feed_of_which_the_oldest_are_gone_is_no_hole(confirmed, patient, time, settings):
    time.passes(days=5)
    patient.post(f"/api/bookings/{confirmed.id}/cancel")
    time.passes(days=settings.FEED_DAYS - 4)
    delete_old_events()

    assert FeedEvent.objects.count() == 2
    assert broken() == []


# --- Each move has its feed rows ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["patient", "provider"])
def test_a_move_that_somebody_was_not_told_of_is_found(confirmed, patient, provider, who):
    """The last frame, and the counter with it, so that the numbers have no hole."""
    recipient = {"patient": patient, "provider": provider}[who].id
    last = FeedEvent.objects.filter(recipient=recipient).latest("seq")
    last.delete()
    FeedCounter.objects.filter(recipient=recipient).update(last_seq=last.seq - 1)

    (finding,) = books.check_books()

    kind = {"patient": "booking_confirmed", "provider": "booking.confirmed"}[who]
    assert str(finding) == f"feed: {confirmed.number}: the {who} was told {kind} 0 of 1 times"


def test_a_move_that_somebody_was_told_of_twice_is_found(confirmed, patient):
    FeedEvent.objects.create(
        recipient=patient.id, seq=3, type="booking_confirmed", booking_id=confirmed.id, frame={}, created_at=clock.now()
    )
    FeedCounter.objects.filter(recipient=patient.id).update(last_seq=3)

    (finding,) = books.check_books()

    assert str(finding) == f"feed: {confirmed.number}: the patient was told booking_confirmed 2 times, not 1"
