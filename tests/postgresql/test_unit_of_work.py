"""What a service writes waits, and is written in one statement: nobody can tell but by counting."""

from uuid import uuid4

import pytest
from cast import fresh
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.actors import JOB
from bookings.models import BookingEvent, Payment, PaymentOperation
from bookings.states import State
from bookings.transitions import record
from findr.saving import insert, save, save_state
from findr.transactions import durable


@pytest.fixture
def booking(patient):
    return fresh(patient.has_asked().id)


@pytest.fixture
def written():
    """Runs a service of these steps; what it asked of the database between BEGIN and COMMIT."""

    def of(*steps):
        @durable
        def service():
            for step in steps:
                step()

        with CaptureQueriesContext(connection) as captured:
            service()
        return [query["sql"] for query in captured][1:-1]

    return of


def new_operation(payment, **given):
    return PaymentOperation(
        payment=payment,
        kind="refund",
        amount_cents=1,
        idempotency_key=str(uuid4()),
        claimed_until=payment.created_at,
        **given,
    )


def test_rows_of_several_tables_are_written_in_one_statement(booking, written):
    statements = written(
        lambda: save(booking, notes="waits"),
        lambda: record(booking, "first", JOB),
        lambda: save(booking.payment, failure_message="too"),
        lambda: record(booking, "second", JOB),
        lambda: save(booking, service_name="of the same row"),
    )

    stored = fresh(booking.id)
    assert len(statements) == 1
    assert (stored.notes, stored.service_name, stored.payment.failure_message) == ("waits", "of the same row", "too")
    assert [event.event_type for event in BookingEvent.objects.order_by("id")][-2:] == ["first", "second"]


def test_a_read_sees_what_was_written_before_it_and_not_what_comes_after(booking, written):
    seen = []

    def look():
        seen.append(fresh(booking.id).notes)

    statements = written(lambda: save(booking, notes="before"), look, lambda: save(booking, notes="after"))

    assert (seen, fresh(booking.id).notes, len(statements)) == (["before"], "after", 3)


def test_a_new_row_that_changes_at_once_is_written_as_it_is_in_the_end(booking, written):
    operation = new_operation(booking.payment)

    statements = written(lambda: insert([operation]), lambda: save_state(operation, "failed", vendor_code="late"))

    stored = PaymentOperation.objects.get(id=operation.id)
    assert (stored.state, stored.vendor_code, len(statements)) == ("failed", "late", 1)


def test_the_database_numbers_lines_in_the_order_of_the_story_and_they_know_it(booking, written):
    lines = []

    written(*[lambda name=name: lines.append(record(booking, name, JOB)) for name in ("one", "two", "three")])

    stored = BookingEvent.objects.filter(id__in=[line.id for line in lines]).order_by("id")
    assert [line.event_type for line in stored] == ["one", "two", "three"]
    assert [line.id for line in lines] == [line.id for line in stored]


def test_what_makes_room_is_written_before_what_takes_it(booking, written):
    first, second = new_operation(booking.payment, intent_id="pi"), new_operation(booking.payment, intent_id="pi")
    first.save(force_insert=True)

    statements = written(lambda: save_state(first, "succeeded"), lambda: insert([second]))

    assert len(statements) == 2
    assert list(PaymentOperation.objects.filter(kind="refund", state="pending")) == [second]


def test_a_service_that_fails_writes_nothing_and_leaves_nothing_to_the_next(booking, written):
    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        written(lambda: save(booking, notes="never"), fail)

    assert written(lambda: None) == []
    assert fresh(booking.id).notes != "never"


def test_a_row_that_is_gone_fails_the_whole_service(booking, written):
    gone = Payment(id=uuid4(), booking=booking)

    with pytest.raises(DatabaseError, match=r"Payment .* is not there"):
        written(lambda: save(booking, notes="never"), lambda: save(gone, failure_message="x"))

    assert fresh(booking.id).notes != "never"


def test_what_a_constraint_forbids_fails_the_whole_service(booking, written):
    twice = BookingEvent(public_id=BookingEvent.objects.first().public_id, booking=booking, new_state=State.CONFIRMED)

    with pytest.raises(IntegrityError):
        written(lambda: save(booking, notes="never"), lambda: insert([twice]))

    assert fresh(booking.id).notes != "never"


def test_what_is_undone_alone_takes_nothing_else_along(booking, written):
    def undone():
        with transaction.atomic():
            save(booking.payment, failure_message="undone")
            transaction.set_rollback(True)

    written(lambda: save(booking, notes="kept"), undone)

    stored = fresh(booking.id)
    assert (stored.notes, stored.payment.failure_message) == ("kept", "")


def test_outside_a_service_a_row_is_written_at_once(booking):
    with CaptureQueriesContext(connection) as captured:
        save(booking, notes="now")

    assert (len(captured), fresh(booking.id).notes) == (1, "now")
