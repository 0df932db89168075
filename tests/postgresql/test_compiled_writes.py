"""What is written past Django's own preparation of values is what Django would write."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cast import fresh
from django.db import connection
from django.db.models import F

from bookings.models import Booking
from bookings.states import State
from findr.postgresql.compiled_writes import PREPARED, CompiledWrites, columns_of

SAMPLES = {str: "x", UUID: UUID(int=1), bool: True, int: 7, datetime: datetime(2026, 11, 26, 9, tzinfo=UTC)}
MODELS = [one for one in CompiledWrites.__subclasses__() if not one._meta.abstract]


@pytest.fixture
def booking(patient):
    return fresh(patient.has_asked().id)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_value_that_is_written_as_it_is_is_what_django_would_have_made_of_it(model):
    columns = [one for one in columns_of(model(), frozenset()) if one.prepared]

    assert columns
    for column in columns:
        for sample in (SAMPLES[column.prepared], None):
            ours = sample if type(sample) in column.plain else column.prepare(sample, model())
            djangos = column.field.get_db_prep_save(sample, connection)
            assert (type(ours), ours) == (type(djangos), djangos), column.field
    assert set(PREPARED.values()) == set(SAMPLES)


def test_a_word_of_an_enumeration_is_written_as_text():
    (state,) = (one for one in columns_of(Booking(), frozenset({"state"})))

    written = state.prepare(State.CONFIRMED, Booking())

    assert (type(written), written) == (str, "confirmed")


def test_what_is_not_of_the_columns_type_is_prepared(booking):
    booking.start = booking.start.isoformat()
    booking.provider_id = str(booking.provider_id)
    booking.save(update_fields=["start", "provider"])

    stored = fresh(booking.id)
    assert (stored.start.isoformat(), str(stored.provider_id)) == (booking.start, booking.provider_id)


def test_a_moment_without_a_zone_is_refused_as_ever(booking):
    booking.start = booking.start.replace(tzinfo=None)

    with pytest.raises(RuntimeWarning, match="naive datetime"):
        booking.save(update_fields=["start"])


def test_an_expression_is_djangos(booking):
    before = booking.price_cents
    booking.price_cents = F("price_cents") + 1
    booking.save(update_fields=["price_cents"])

    assert fresh(booking.id).price_cents == before + 1


@pytest.mark.parametrize("names", [["no_such_column"], ["id"], ["notes", "no_such_column"]])
def test_a_column_that_there_is_not_is_refused_as_ever(booking, names):
    with pytest.raises(ValueError, match="do not exist"):
        booking.save(update_fields=names)


def test_no_columns_are_nothing_to_write(booking, django_assert_num_queries):
    with django_assert_num_queries(0):
        booking.save(update_fields=[])
