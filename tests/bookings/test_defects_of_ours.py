"""Defects of ours while money is on its way, a vendor that takes its time, and none at all."""

import time as real_time

import pytest
from cast import FREE, booking_of, fresh, sweep, wish_at
from dripping import dripping
from snapshots import states

from bookings import reconciliation as books
from bookings.models import Booking, PaymentOperation
from bookings.tasks import sweep_operations
from bookings.wire.messages import request_message


# --- Defects of ours ---------------------------------------------------------------------------------------------------
def test_a_defect_in_asking_is_an_outage_and_not_the_end(patient, provider, settings, time):
    settings.PAYMENT_GATEWAY = "gateways.Broken"
    answer = patient.asks()
    assert (answer.status, answer.body["processing"]) == (202, True)
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"

    time.passes(seconds=11)
    sweep()

    assert states(booking_of(answer)) == ("pending_confirmation", "held")


def test_what_cannot_be_written_down_now_is_settled_later(patient, provider, sandbox, settings, time):
    """The booking stands before its money is asked for, so the answer is 202, and never 500."""
    settings.PAYMENT_GATEWAY = "gateways.Unsettling"
    asked = patient.asks()
    assert (asked.status, asked.body["processing"]) == (202, True)
    booking = booking_of(asked)
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"
    time.passes(seconds=31)
    sweep()
    assert states(booking) == ("pending_confirmation", "held")

    settings.PAYMENT_GATEWAY = "gateways.Unsettling"
    confirmed = provider.post(f"/api/bookings/{booking.id}/confirm")
    other = booking_of(_asked(patient, settings))
    settings.PAYMENT_GATEWAY = "gateways.Unsettling"
    declined = provider.post(f"/api/bookings/{other.id}/decline", {"reason": "no"})

    assert (confirmed.status, confirmed.body["processing"]) == (202, True)
    assert (declined.status, declined.body["booking"]["state"]) == (200, "cancelled_provider")
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"
    time.passes(seconds=31)
    sweep()
    assert states(booking) == ("confirmed", "paid")
    assert states(other) == ("cancelled_provider", "released")
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1


def _asked(patient, settings):
    settings.PAYMENT_GATEWAY = "bookings.payments.stripe.StripeGateway"
    return patient.asks(**wish_at(hour=15))


@pytest.mark.parametrize(
    ("lost", "kind", "after"),
    [("confirm", "capture", ("confirmed", "paid")), ("decline", "cancel", ("cancelled_provider", "released"))],
)
def test_money_on_its_way_with_nobody_at_work_on_it_is_found(patient, provider, sandbox, caplog, lost, kind, after):
    booking = patient.has_asked()
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*", "action": "drop_after"})
    provider.post(f"/api/bookings/{booking.id}/{lost}", {"reason": "no"})
    PaymentOperation.objects.filter(payment=booking.payment, kind=kind).update(state="failed")

    sweep_operations()

    assert states(booking) == after
    assert "nobody was at work on it" in caplog.text
    assert books.check_books() == []


# --- Time --------------------------------------------------------------------------------------------------------------
def test_an_answer_that_drips_in_for_ever_ends_with_the_calls_time(patient, settings, sandbox, time):
    settings.MONEY_CALL_SECONDS = 0.3
    with dripping() as settings.STRIPE_BASE:
        began = real_time.monotonic()
        answer = patient.asks()
        took = real_time.monotonic() - began
    assert (answer.status, answer.body["processing"]) == (202, True)
    assert took < 2

    settings.STRIPE_BASE = sandbox.stripe.base_url
    time.passes(seconds=11)
    sweep()

    assert states(booking_of(answer)) == ("pending_confirmation", "held")


def test_the_answer_to_a_create_speaks_of_hours_even_if_the_provider_was_faster(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    assert request_message(fresh(booking.id)) == "Booking request sent. Provider will respond within 24 hours."


# --- No vendor at all --------------------------------------------------------------------------------------------------
def test_without_a_payment_vendor_nothing_is_begun_that_costs(patient, provider, settings, sandbox):
    booking = patient.has_asked()
    settings.STRIPE_SECRET_KEY = ""

    asked = patient.asks(**wish_at(hour=15))
    free = patient.asks(**wish_at(hour=13, serviceId=str(FREE)))
    confirmed = provider.post(f"/api/bookings/{booking.id}/confirm")

    assert asked.refusal == confirmed.refusal == (503, "temporarily_unavailable", "Please try again")
    assert free.status == 201
    assert Booking.objects.count() == 2
    assert states(booking) == ("pending_confirmation", "held")
