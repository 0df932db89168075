"""check_books finds what is broken: each test breaks one thing, past everything that normally prevents it."""

from io import StringIO

import pytest
from cast import RIDGE, fresh
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.models import Booking, BookingEvent, Payment, PaymentOperation, TimeHold
from bookings.services import books


def broken():
    return sorted({finding.invariant for finding in books.check_books()})


@pytest.fixture
def no_triggers(stage):
    """The database as it would be if somebody had switched its guards off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def confirmed(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    assert books.check_books() == []
    return fresh(booking.id)


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
    sandbox.refund(confirmed.payment.intent_id, amount=5000)

    findings = books.check_books()

    assert [finding.invariant for finding in findings] == ["vendor"]
    assert "(15000, 0) cents, at the vendor (15000, 5000)" in str(findings[0])


def test_a_payment_about_another_price_is_found(confirmed):
    Booking.objects.filter(id=confirmed.id).update(price_cents=14999)

    assert broken() == ["amount"]


def test_a_lost_hold_is_found(patient, sandbox):
    booking = patient.has_asked()
    sandbox.lapse(booking.payment.intent_id)

    assert broken() == ["vendor"]


def test_an_operation_that_nobody_finishes_is_found_after_its_grace(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    provider.post(f"/api/bookings/{booking.id}/confirm")
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
