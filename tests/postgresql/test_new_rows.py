"""A new row is what Django would have made of it, its relations and defaults included."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cast import fresh
from django.apps import apps
from django.db import models
from django.db.models.expressions import DatabaseDefault

from bookings.models import Booking, Payment
from findr.outbox.leases import Leased
from findr.postgresql.new_rows import NewRow

MODELS = [one for one in apps.get_models() if issubclass(one, NewRow)]
# What differs from one row to the next, if it is not given.
MADE = (models.UUIDField, models.DateTimeField)


@pytest.fixture
def booking(patient):
    return fresh(patient.has_asked().id)


def djangos(model, **values):
    """The same row by Django's own way."""
    row = model.__new__(model)
    models.Model.__init__(row, **values)
    return row


def columns_of(row):
    found = {one.attname: vars(row)[one.attname] for one in row._meta.concrete_fields}
    return {name: type(value) if isinstance(value, DatabaseDefault) else value for name, value in found.items()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_is_not_given_is_as_django_has_it(model):
    ours, theirs = columns_of(model()), columns_of(djangos(model))

    for field in model._meta.concrete_fields:
        kept = (ours.pop(field.attname), theirs.pop(field.attname))
        if field.has_default() and callable(field.default) and isinstance(field, MADE):
            kept = tuple(map(type, kept))
        assert kept[0] == kept[1], field
    assert not ours
    assert not theirs
    assert vars(model()).keys() == vars(djangos(model)).keys()


def test_defaults_that_can_be_changed_belong_to_one_row():
    Booking().type_receipt["decided"] = "by hand"

    assert Booking().type_receipt == {}


def test_a_row_and_what_it_hangs_on_know_each_other(booking):
    ours, theirs = Payment(booking=booking), djangos(Payment, booking=booking)

    assert ours.booking is theirs.booking is booking
    assert ours.booking_id == theirs.booking_id == booking.id
    assert Payment(booking=booking) is booking.payment
    assert vars(ours._state) == vars(theirs._state)


def test_a_relation_can_be_given_by_its_key_or_be_none(booking):
    by_key, with_none = Payment(booking_id=booking.id), Booking(team_member=None)

    assert by_key.booking == booking
    assert (with_none.team_member, with_none.team_member_id) == (None, None)
    assert vars(with_none._state) == vars(djangos(Booking, team_member=None)._state)


@pytest.mark.parametrize("names", [("booking", "booking_id"), ("booking_id", "booking")])
@pytest.mark.parametrize("is_object", [True, False])
@pytest.mark.parametrize("is_same", [True, False])
def test_a_relation_that_is_given_both_ways_is_what_django_makes_of_it(booking, names, is_object, is_same):
    given = {"booking": booking if is_object else None, "booking_id": booking.id if is_same else uuid4()}
    made = {"id": uuid4(), "created_at": booking.created_at, "updated_at": booking.updated_at}
    values = {**made, **{name: given[name] for name in names}}

    ours, theirs = Payment(**values), djangos(Payment, **values)

    assert columns_of(ours) == columns_of(theirs)
    assert vars(ours._state) == vars(theirs._state)
    assert vars(ours).keys() == vars(theirs).keys()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"colour": "red"}, TypeError),
        ({"patient": "somebody"}, ValueError),
        ({"booking_id": 1, "colour": 2}, TypeError),
    ],
)
def test_what_django_refuses_is_refused(values, error):
    with pytest.raises(error):
        Booking(**values)


def test_other_names_and_places_are_djangos(booking):
    moment = datetime(2026, 11, 27, 9, tzinfo=UTC)

    assert Payment(pk=booking.id, created_at=moment).id == booking.id
    assert Payment(booking.id).id == booking.id
    assert Payment(booking.id).booking_id is None


def test_what_has_no_table_has_no_rows():
    with pytest.raises(TypeError, match="Abstract"):
        Leased()
