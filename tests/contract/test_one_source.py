"""One source for each fact of a booking: one start, one price, one deadline; what is shown is derived (lesson 45)."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cast import booking_of, fresh, wish_at
from django.db import models

from bookings.models import Booking, BookingEvent, Payment, TimeHold
from bookings.selectors.views import view_of
from bookings.states import Role
from bookings.wire.staff_view import staff_view
from findr import money
from findr.api.times import instant

START_P = {"appointmentDate", "appointmentTime"}
PRICE_P = {"servicePrice", "totalAmount", "payment.totalAmount"}
EXPIRY_P = {"expiresAt", "confirmation.expiresAt"}
# Column, how it is changed, and every place of the patient's, the provider's and the staff's view that shows it.
FACTS = {
    "start": (timedelta(hours=-26, minutes=-15), START_P, {*START_P, "requestedStart"}, START_P),
    "end": (timedelta(minutes=45), set(), {"requestedEnd"}, set()),
    "requested_start": (timedelta(hours=1), *({"dateTime.requestedStart"},) * 2, set()),
    "requested_end": (timedelta(hours=1), *({"dateTime.requestedEnd"},) * 2, set()),
    "price_cents": (1234, PRICE_P, {*PRICE_P, "service.price", "depositAmount"}, {"servicePrice", "totalAmount"}),
    "expires_at": (timedelta(hours=-15), EXPIRY_P, {*EXPIRY_P, "urgency", "hoursUntilExpiry"}, {"expiresAt"}),
    "duration_minutes": (
        5,
        *({"duration", "durationMinutes"}, {"duration", "durationMinutes", "service.duration"}),
        {"serviceDuration"},
    ),
}


@pytest.fixture
def booking(patient):
    # An early hour, so that a shorter day, a longer visit and a near deadline all stay legal.
    return patient.has_asked(**wish_at(days=9, hour=9))


def leaves(value, at=""):
    """Every place of an answer with its value."""
    if isinstance(value, dict):
        return {place: one for key, inner in value.items() for place, one in leaves(inner, f"{at}.{key}").items()}
    return {at.removeprefix("."): value}


def shown(booking, patient, provider):
    """The booking as each side is shown it; staff have no page of their own yet, so their view is made here."""
    (queued,) = provider.get("/api/bookings/provider/pending").body["bookings"]
    views = (
        patient.get(f"/api/bookings/{booking.id}").body["booking"],
        {**provider.get(f"/api/bookings/{booking.id}").body["booking"], **queued},
        staff_view(view_of(fresh(booking.id), Role.STAFF)),
    )
    return [leaves(view) for view in views]


@pytest.mark.lesson(45)
@pytest.mark.parametrize("column", FACTS)
def test_all_that_shows_a_fact_follows_its_one_column(column, booking, patient, provider):
    by, *places = FACTS[column]
    before = shown(booking, patient, provider)

    Booking.objects.filter(id=booking.id).update(**{column: models.F(column) + by})
    after = shown(booking, patient, provider)

    # The hours left run on by themselves; everything else moves only when its column does.
    moved = [
        {
            place
            for place in one
            if one[place] != other[place] and (place != "hoursUntilExpiry" or column == "expires_at")
        }
        for one, other in zip(before, after, strict=True)
    ]
    assert moved == places


@pytest.mark.lesson(45)
def test_every_list_shows_the_start_the_price_and_the_deadline_of_the_same_columns(booking, patient, provider):
    Booking.objects.filter(id=booking.id).update(
        start=booking.start - timedelta(hours=3), price_cents=4250, expires_at=booking.expires_at - timedelta(hours=3)
    )

    asked = [(patient, path) for path in (str(booking.id), "user")]
    asked += [(provider, path) for path in (str(booking.id), "provider", "provider/pending")]
    bodies = [who.get(f"/api/bookings/{path}").body for who, path in asked]
    bookings = [body.get("booking") or body["bookings"][0] for body in bodies]

    facts = {(one["appointmentDate"], one["appointmentTime"], one["totalAmount"], one["expiresAt"]) for one in bookings}
    assert facts == {
        (
            instant(booking.start - timedelta(hours=3)),
            "6:00 AM",
            42.5,
            instant(booking.expires_at - timedelta(hours=3)),
        )
    }


@pytest.mark.lesson(45)
def test_what_the_service_costs_tomorrow_changes_no_booking(booking, patient, provider):
    before = shown(booking, patient, provider)
    booking.service.price_cents, booking.service.duration_minutes, booking.service.name = 99_900, 15, "Renamed"
    booking.service.save()

    after = shown(booking, patient, provider)

    for one in (*before, *after):
        one.pop("hoursUntilExpiry", None)
    assert after == before


def columns(*kinds, of=Booking):
    return {field.name for field in of._meta.get_fields() if isinstance(field, kinds)}


@pytest.mark.lesson(45)
def test_no_table_keeps_a_second_start_price_or_deadline():
    """A new column of these kinds is a second source, or needs its reason here."""
    assert columns(models.DateTimeField) == {
        *("start", "end", "expires_at"),
        # What was first asked for, and what was once confirmed, are facts of their own (contract 7, object H).
        *("requested_start", "requested_end", "confirmed_start", "confirmed_end"),
        # Moments at which something happened.
        *("requested_at", "secured_at", "confirmed_at", "declined_at", "cancelled_at", "checked_in_at"),
        *("completed_at", "created_at", "updated_at", "suggested_at"),
    }
    assert columns(models.DateField) == columns(models.DateTimeField)
    assert columns(models.TimeField, models.DurationField, models.FloatField, models.DecimalField) == set()
    # Kept as booked: the service's own may change. The buffer is no part of the visit.
    assert columns(models.IntegerField) == {
        *("price_cents", "duration_minutes", "buffer_minutes"),
        # Rounds of suggestions used up, and what was kept of the money at a cancellation: facts of that moment. The share
        # that the rule wanted does not follow from it: of a free visit, or one refunded before, less or nothing is kept.
        *("rounds", "fee_cents", "cancellation_fee_percent"),
    }
    # The payment's amount is what the vendor was asked for; it shows nowhere. The others count what has moved, or is
    # disputed: the bank's fact.
    counted = {"captured_cents", "refunded_cents", "dispute_cents"}
    assert columns(models.IntegerField, of=Payment) == {"amount_cents", *counted}
    # When the card's hold lapses is the vendor's fact; the deadline that follows from it is the booking's.
    assert columns(models.DateTimeField, of=Payment) == {"capture_before", "created_at", "updated_at", "disputed_at"}
    assert columns(models.DateTimeField, of=BookingEvent) == {"created_at"}
    # The guard's stretch is derived from the start by the one function that takes time, under the lock.
    # A reservation lapses: that is its end, which its hold has too, since whoever competes asks no second table.
    assert columns(models.DateTimeField, of=TimeHold) == {"created_at", "lapses_at"}


@pytest.mark.lesson(45)
def test_no_table_keeps_what_is_shown(booking, provider):
    """No column holds a wall time, a status word of an audience or an amount in dollars."""
    provider.post(f"/api/bookings/{booking.id}/confirm", {"note": "see you"})
    stored = fresh(booking.id)
    texts = {
        str(getattr(row, field.attname))
        for row in (stored, stored.payment)
        for field in row._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
    }

    view = provider.get(f"/api/bookings/{booking.id}").body["booking"]

    assert view["appointmentTime"] == "9:00 AM"
    assert texts.isdisjoint({view["appointmentTime"], view["appointmentDate"], "150", "150.0", "150.00"})


@pytest.mark.lesson(45)
def test_the_price_of_a_booking_is_what_its_card_is_asked_for(patient, sandbox):
    booking = booking_of(patient.asks())

    (intent,) = sandbox.stripe.intents(booking=str(booking.id))

    assert intent["amount"] == booking.price_cents == booking.payment.amount_cents == booking.service.price_cents


# --- Money -----------------------------------------------------------------------------------------------------------
ROOT = Path(__file__).resolve().parents[2]
# A share in percent (`// 100`) is not a change of unit.
CHANGE_OF_UNIT = re.compile(r"(?<!/)/ ?100\b|\* ?100\b")


@pytest.mark.lesson(19)
def test_dollars_are_made_and_read_in_one_module():
    ours = [
        path
        for app in ("findr", "bookings", "providers", "calendars", "notifications")
        for path in (ROOT / app).rglob("*.py")
    ]

    found = {str(path.relative_to(ROOT)) for path in ours if CHANGE_OF_UNIT.search(path.read_text())}
    found = {path for path in found if not path.startswith("findr/sandbox")}  # The vendor, which has its own.

    assert found == {"findr/money.py"}


@pytest.mark.parametrize("cents", [0, 1, 115, 1999, 110_70, 99_999_999])
def test_no_cent_is_lost_between_the_units(cents):
    assert money.in_cents(money.dollars(cents)) == money.in_cents(Decimal(money.typed(cents))) == cents
