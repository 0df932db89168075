"""Compiled queries and writes do what Django's own do, with text that is made once."""

from uuid import uuid4

import pytest
from cast import RIDGE
from concurrency.together import at_once
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.expressions import DatabaseDefault
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, Payment, PaymentOperation
from bookings.states import State
from bookings.transitions import lock_booking
from findr.postgresql.compiled_queries import compiled
from findr.saving import save
from providers.models import Service

built = []


@compiled
def services(provider_id, most_cents):
    built.append((provider_id, most_cents))
    chosen = Service.objects.filter(provider_id=provider_id, is_active=True, price_cents__lte=most_cents)
    return chosen.select_related("provider").order_by("price_cents")


@compiled
def names(provider_id):
    return Service.objects.filter(provider_id=provider_id).order_by("name").values_list("name", flat=True)


@compiled
def waiting(state):
    return Booking.objects.select_for_update().filter(state=state)


def as_django_says(most_cents):
    chosen = Service.objects.filter(provider_id=RIDGE, is_active=True, price_cents__lte=most_cents)
    return list(chosen.order_by("price_cents"))


def test_a_compiled_query_gives_what_django_gives_for_each_value_and_is_built_once(stage):
    everything = as_django_says(10**6)
    prices = [service.price_cents for service in everything]
    assert len(set(prices)) > 1

    for price in [0, *prices]:
        assert services(RIDGE, price) == as_django_says(price)

    assert services(uuid4(), 10**6) == []
    assert names(RIDGE) == list(
        Service.objects.filter(provider_id=RIDGE).order_by("name").values_list("name", flat=True)
    )
    assert len(built) == 1


def test_the_rows_come_with_what_was_selected_beside_them_in_one_statement(stage):
    with CaptureQueriesContext(connection) as asked:
        found = services(str(RIDGE), 10**6)
        assert {service.provider.id for service in found} == {found[0].provider_id}

    assert len(asked) == 1
    assert not found[0]._state.adding


def test_many_threads_each_get_their_own(stage):
    """The text is everybody's, the values and the connection are each call's."""
    prices = [service.price_cents for service in as_django_says(10**6)] * 6

    assert at_once(*[lambda price=price: services(RIDGE, price) for price in prices]) == [
        as_django_says(price) for price in prices
    ]


def test_one_that_locks_needs_a_transaction_each_time(patient):
    booking = patient.has_asked()
    with transaction.atomic():
        assert [row.id for row in waiting(State.PENDING_CONFIRMATION)] == [booking.id]

    with pytest.raises(TransactionManagementError):
        waiting(State.PENDING_CONFIRMATION)


def test_a_row_is_written_as_django_writes_it(patient):
    """Column by column: what is read back is what was set, database defaults and JSON included."""
    booking = Booking.objects.get(id=patient.has_asked().id)
    for row in (booking, booking.payment, booking.payment.operations.get(), booking.events.first()):
        copy = type(row).objects.get(pk=row.pk)
        for field in row._meta.local_concrete_fields:
            assert getattr(row, field.attname) == getattr(copy, field.attname)
            assert not isinstance(getattr(copy, field.attname), DatabaseDefault), field.name
    operation = booking.payment.operations.get()
    assert (operation.reason, operation.vendor_code, operation.must_look_first) == ("", "", False)
    assert operation.parameters["amount"] == booking.price_cents


def test_what_is_saved_is_those_columns_and_no_others(patient):
    booking = Booking.objects.get(id=patient.has_asked().id)
    Booking.objects.filter(id=booking.id).update(notes="meanwhile")

    save(booking, confirmation_note="for all: 100 %s")

    booking.refresh_from_db()
    assert (booking.notes, booking.confirmation_note) == ("meanwhile", "for all: 100 %s")


def test_an_expression_is_left_to_django_and_a_row_that_is_gone_is_an_error(patient):
    operation = PaymentOperation.objects.get(payment__booking_id=patient.has_asked().id)
    operation.attempts = F("attempts") + 1
    operation.save(update_fields=["attempts"])
    operation.refresh_from_db()
    assert operation.attempts == 2

    operation.pk = uuid4()
    with pytest.raises(DatabaseError, match="is not there to be written"), transaction.atomic():
        operation.save(update_fields=["attempts"])


def test_the_lock_is_a_lock(patient):
    """Two at once: who comes second sees what the first wrote."""
    booking_id = patient.has_asked().id

    def count():
        with transaction.atomic():
            booking = lock_booking(booking_id)
            Payment.objects.filter(pk=booking.payment.pk).update(failure_message=f"{booking.payment.failure_message}x")

    at_once(*[count] * 8)

    assert Payment.objects.get(booking_id=booking_id).failure_message == "x" * 8
