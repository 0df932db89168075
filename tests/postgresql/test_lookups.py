"""`one_of` says what `in` says, in constraints and elsewhere, and is one value to PostgreSQL."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from bookings.models import Booking, Payment, PaymentOperation
from bookings.states import State
from notifications.models import Notification

OF_THE_HOT_TABLES = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'c' AND conrelid = ANY (ARRAY[%s, %s, %s, %s]::regclass[])
"""


def test_it_finds_what_in_finds(patient):
    ids = {patient.has_asked(appointmentTime=f"{hour:02d}:00").id for hour in (9, 10)}
    waiting = [State.PENDING_CONFIRMATION, State.CONFIRMING]

    assert set(Booking.objects.filter(state__one_of=waiting).values_list("id", flat=True)) == ids
    assert not Booking.objects.filter(state__one_of=[State.CONFIRMED]).exists()
    assert not Booking.objects.filter(state__one_of=[]).exists()
    assert Booking.objects.exclude(state__one_of=waiting).count() == 0


@pytest.mark.parametrize("word", ["confirmedd", "", "{confirmed,paid}", 'a"b', "a,b"])
def test_a_word_that_is_none_of_them_is_refused(patient, word):
    booking = patient.has_asked()
    booking.state = word

    with pytest.raises(ValidationError, match="booking_state_known"):
        booking.validate_constraints()
    with pytest.raises(IntegrityError, match="booking_state_known"), transaction.atomic():
        Booking.objects.filter(id=booking.id).update(state=word, expires_at=None)


def test_no_list_of_words_is_read_for_each_row_that_a_create_writes(db):
    """A list in the condition of a hot table is read word by word, in each statement (docs/performance.md)."""
    tables = [model._meta.db_table for model in (Booking, Payment, PaymentOperation, Notification)]
    with connection.cursor() as cursor:
        cursor.execute(OF_THE_HOT_TABLES, tables)
        conditions = dict(cursor.fetchall())

    assert len(conditions) > 20
    assert {name: text for name, text in conditions.items() if "ARRAY[" in text} == {}
