"""What a create and a confirm ask of the database, statement by statement. A new one needs a reason here."""

import re

import pytest
from cast import wish_at
from django.db import connection
from django.test.utils import CaptureQueriesContext

CREATE = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT providers_service",  # who is asked, what it costs and how long it takes
    "SELECT nextval",  # the booking number
    "BEGIN",
    "SELECT accounts_user FOR NO KEY UPDATE",  # one patient's requests come one at a time
    "SELECT bookings_booking",  # the 409s under the lock: duplicate, open requests and taken time, in one
    "INSERT bookings_booking",
    "INSERT bookings_payment",
    "INSERT bookings_bookingevent",  # created
    "INSERT bookings_paymentoperation",  # the row before the call
    "COMMIT",
    # --- the one vendor call ---
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the booking, in one
    "SELECT bookings_paymentoperation FOR NO KEY UPDATE",
    "UPDATE bookings_payment",  # held
    "UPDATE bookings_booking",  # pending_confirmation
    "INSERT bookings_bookingevent",  # payment_held
    "UPDATE bookings_paymentoperation",  # done
    "COMMIT",
]
CONFIRM = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT bookings_booking",  # the provider's selector: whose booking is it
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the booking, in one
    "SELECT bookings_timehold",  # does it hold its time already
    "INSERT bookings_timehold",  # it did not: the guard
    "UPDATE bookings_booking",  # confirming
    "INSERT bookings_bookingevent",  # confirm_started
    "UPDATE bookings_payment",  # capturing
    "INSERT bookings_paymentoperation",  # the row before the call
    "COMMIT",
    # --- the one vendor call ---
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the booking, in one
    "SELECT bookings_paymentoperation FOR NO KEY UPDATE",
    "UPDATE bookings_payment",  # paid
    "INSERT bookings_bookingevent",  # payment_captured
    "UPDATE bookings_booking",  # confirmed
    "INSERT bookings_bookingevent",  # confirmed
    "UPDATE bookings_paymentoperation",  # done
    "COMMIT",
    "SELECT bookings_booking",  # view V: how often this patient has been here
]


def shape(sql):
    """`SELECT table`, with its lock; the first table named is the one it is about."""
    verb = sql.split(maxsplit=1)[0]
    if verb == "SELECT" and "nextval" in sql:
        return "SELECT nextval"
    if verb in ("BEGIN", "COMMIT"):
        return verb
    table = re.search(r'(?:FROM|INTO|UPDATE) "?([a-z_]+)"?', sql)[1]
    return f"{verb} {table}" + (" FOR NO KEY UPDATE" if "FOR NO KEY UPDATE" in sql else "")


@pytest.fixture
def statements(stage):
    """Runs something, and gives the statements that it took."""

    def of(thing):
        with CaptureQueriesContext(connection) as captured:
            answer = thing()
        assert answer.status in (200, 201), answer.body
        return [shape(query["sql"].strip()) for query in captured]

    return of


def test_a_create_takes_these_statements(patient, statements):
    patient.asks(**wish_at(days=3))

    assert statements(patient.asks) == CREATE


def test_a_confirm_takes_these_statements(patient, provider, statements):
    booking = patient.has_asked()

    assert statements(lambda: provider.post(f"/api/bookings/{booking.id}/confirm", {"note": "x"})) == CONFIRM
