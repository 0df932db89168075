"""The nightly check keeps what it finds: one row from the night it was seen first to the night it was gone."""

import logging

import pytest
from cast import fresh

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import BookFinding, Payment, TimeHold


@pytest.fixture
def broken(patient, provider):
    """A confirmed visit that lost its time."""
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    TimeHold.objects.all().delete()
    return fresh(booking.id)


def errors_of(caplog, step):
    caplog.clear()
    step()
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_what_is_seen_on_two_nights_is_one_row_and_one_error(broken, time, caplog):
    said = errors_of(caplog, tasks.check_books)
    first = BookFinding.objects.get()
    assert said == [f"The books do not balance: hold: {broken.number}: occupies its time and does not hold it"]
    assert (first.booking_id, first.resolved_at, first.first_seen_at) == (broken.id, None, first.last_seen_at)

    time.passes(days=1)
    assert errors_of(caplog, tasks.check_books) == []

    again = BookFinding.objects.get()
    assert (again.id, again.first_seen_at, again.resolved_at) == (first.id, first.first_seen_at, None)
    assert again.last_seen_at > first.last_seen_at


def test_what_is_gone_is_resolved_and_what_comes_back_is_new(broken, time, caplog):
    tasks.check_books()
    list(books.repair(books.check_books()))
    time.passes(days=1)
    tasks.check_books()
    assert BookFinding.objects.get().resolved_at is not None

    TimeHold.objects.all().delete()
    assert len(errors_of(caplog, tasks.check_books)) == 1

    assert [finding.resolved_at is None for finding in BookFinding.objects.order_by("id")] == [False, True]


def test_a_silent_vendor_resolves_nothing_that_it_alone_could_tell(broken, sandbox, caplog):
    sandbox.stripe.refund(broken.payment.intent_id, amount=5000)
    tasks.check_books()
    assert sorted(BookFinding.objects.values_list("invariant", flat=True)) == ["hold", "vendor"]
    list(books.repair([finding for finding in books.check_books() if finding.invariant == "hold"]))
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "drop_before"})

    said = errors_of(caplog, tasks.check_books)

    assert [line.split(":")[0] for line in said] == ["The books could not be held against the vendor"]
    assert [row.invariant for row in BookFinding.objects.filter(resolved_at=None)] == ["vendor"]


def test_books_that_balance_leave_nothing(patient):
    patient.has_asked()

    tasks.check_books()

    assert not BookFinding.objects.exists()


def test_a_very_long_detail_is_kept_once(broken, caplog):
    Payment.objects.update(intent_id="pi_" + "x" * 250)

    tasks.check_books()
    assert errors_of(caplog, tasks.check_books) == []

    assert BookFinding.objects.filter(resolved_at=None).count() == BookFinding.objects.count()
