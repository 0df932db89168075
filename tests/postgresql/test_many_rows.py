"""Rows that are written together are as Django would have written each."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from bookings.models import BookingEvent
from findr import clock
from findr.saving import insert, save_states

ODD = [{}, {"text": 'é € \\ "quoted" %s'}, {"list": [1, None, {"deep": 1.5}]}, {"null": None, "no": False}]


def lines_of(booking):
    now = clock.now().replace(microsecond=123456)
    return [
        BookingEvent(
            booking=booking,
            event_type=f"odd {number}",
            old_state=booking.state,
            new_state=booking.state,
            data=data,
            actor_role="system",
            actor_user_id=uuid4() if number else None,
            source="job",
            created_at=now + timedelta(seconds=number),
        )
        for number, data in enumerate(ODD)
    ]


def as_stored(rows):
    """What the database has of each."""
    return [type(rows[0]).objects.filter(pk=row.pk).values().get() for row in rows]


def as_given(rows):
    return [{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} for row in rows]


def test_many_rows_are_stored_as_they_are_and_numbered_in_their_order(patient, django_assert_num_queries):
    booking = patient.has_asked()
    lines = lines_of(booking)

    with django_assert_num_queries(1):
        insert(lines)

    assert as_stored(lines) == as_given(lines)
    assert [line.pk for line in lines] == sorted({line.pk for line in lines})
    lines[0].save()  # It is known to be there: this is no second row.
    assert BookingEvent.objects.filter(event_type="odd 0").count() == 1


def test_a_row_alone_and_none_at_all(patient):
    (line, *_) = lines_of(patient.has_asked())

    insert([line])
    insert([])

    assert as_stored([line]) == as_given([line])


def test_what_is_refused_of_one_is_refused_of_all(patient):
    lines = lines_of(patient.has_asked())
    lines[-1].public_id = lines[0].public_id

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(lines)

    assert not BookingEvent.objects.filter(event_type__startswith="odd").exists()


def test_rows_that_change_alike_are_saved_together_or_not_at_all(patient, other_patient, django_assert_num_queries):
    people = (patient, other_patient)
    operations = [
        person.has_asked(appointmentTime=f"1{n}:00").payment.operations.get() for n, person in enumerate(people)
    ]

    with django_assert_num_queries(1):
        save_states(operations, "failed", reason="kept")

    assert as_stored(operations) == as_given(operations)
    assert [operation.state for operation in operations] == ["failed", "failed"]
