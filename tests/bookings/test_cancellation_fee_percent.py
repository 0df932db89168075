"""The share of the price that was applied at a cancellation stays what it was, whatever the policy says later."""

from datetime import timedelta
from importlib import import_module

import pytest
from admin.pages import page_of, text_of
from cast import fresh, wish_at
from django.db import connection
from django.test import Client

from bookings.models import Booking
from bookings.services import cancellations
from bookings.wire.refunds import refund_view

FILL = import_module("bookings.migrations.0006_cancellation_fee_percent").FILL
# A little more than a boundary counts as before it.
MOMENT = timedelta(seconds=20)


def shown(booking):
    """Object R as it is told when somebody asks again."""
    result = cancellations.result_of(fresh(booking.id))
    return refund_view(result.booking, refund_cents=result.refund_cents, settled=result.settled)


@pytest.fixture
def confirmed(patient, provider):
    booking = patient.has_asked(**wish_at(days=7))
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    return booking


@pytest.fixture
def cancelled_late(patient, confirmed, time):
    """Called off half a day before its start, for a quarter of its price."""
    time.set(confirmed.start - timedelta(hours=13))
    assert patient.post(f"/api/bookings/{confirmed.id}/cancel", {}).status == 200
    return fresh(confirmed.id)


def test_a_policy_that_changes_later_does_not_retell_it(cancelled_late):
    before = shown(cancelled_late)

    Booking.objects.filter(id=cancelled_late.id).update(
        cancellation_tier="moderate",
        start=cancelled_late.start + timedelta(days=9),
        end=cancelled_late.end + timedelta(days=9),
    )

    assert (before["feePercentage"], before["percentage"], before["feeAmount"]) == (25, 75, 37.5)
    assert shown(cancelled_late) == before


def test_staff_read_it_beside_the_fee(staff, cancelled_late):
    browser = Client()
    browser.force_login(staff.user)

    assert "Fee kept 37.50 USD (25% of the price applied)" in text_of(browser.get(page_of(cancelled_late)))


@pytest.mark.parametrize("path", ["cancel", "cancel-provider"])
def test_a_request_that_is_called_off_costs_nothing(patient, provider, path):
    booking = patient.has_asked()
    if path == "cancel-provider":
        provider.post(f"/api/bookings/{booking.id}/confirm")
    who = patient if path == "cancel" else provider

    assert who.post(f"/api/bookings/{booking.id}/{path}", {"reason": "ill"}).status == 200

    assert fresh(booking.id).cancellation_fee_percent == 0


def test_what_is_not_called_off_has_none(confirmed, other_patient, provider):
    declined = other_patient.has_asked(**wish_at(days=8))
    assert provider.post(f"/api/bookings/{declined.id}/decline", {"reason": "full"}).status == 200

    assert [fresh(one.id).cancellation_fee_percent for one in (confirmed, declined)] == [None, None]


@pytest.mark.parametrize("tier", ["standard", "moderate"])
@pytest.mark.parametrize(
    "before",
    [
        *(timedelta(hours=hours) + moment for hours in (48, 24, 12) for moment in (MOMENT, -MOMENT)),
        timedelta(minutes=1),
    ],
)
def test_what_was_called_off_before_it_was_kept_gets_the_same(patient, confirmed, time, tier, before):
    Booking.objects.filter(id=confirmed.id).update(cancellation_tier=tier)
    time.set(confirmed.start - before)
    assert patient.post(f"/api/bookings/{confirmed.id}/cancel", {}).status == 200
    applied = fresh(confirmed.id).cancellation_fee_percent
    Booking.objects.update(cancellation_fee_percent=None)

    with connection.cursor() as cursor:
        cursor.execute(FILL)

    assert fresh(confirmed.id).cancellation_fee_percent == applied


def test_filling_it_in_leaves_alone_what_was_never_called_off(confirmed, other_patient, provider):
    asked, declined = (other_patient.has_asked(**wish_at(days=days)) for days in (8, 9))
    assert provider.post(f"/api/bookings/{declined.id}/decline", {"reason": "full"}).status == 200

    with connection.cursor() as cursor:
        cursor.execute(FILL)

    assert [fresh(one.id).cancellation_fee_percent for one in (confirmed, asked, declined)] == [None] * 3
