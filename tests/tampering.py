"""Breaking things past everything that normally prevents it, to see whether it is noticed."""

from contextlib import contextmanager

from django.db import connection

from bookings import reconciliation as books
from bookings.models import PaymentOperation
from bookings.payments.vendor import gateway


@contextmanager
def without_the_guard():
    """The database without its exclusion constraint; whatever is held is gone before it comes back."""
    name = "time_hold_no_strangers_overlap"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE bookings_timehold DROP CONSTRAINT {name}")
        try:
            yield
        finally:
            cursor.execute("DELETE FROM bookings_timehold")
            cursor.execute(f"ALTER TABLE bookings_timehold ADD CONSTRAINT {name} {definition}")


def another_intent(of, key="another", **metadata):
    """A further intent like a booking's own, with this metadata on top; the vendor's answer."""
    operation = PaymentOperation.objects.get(payment__booking=of, kind="authorize")
    named = {**operation.parameters["metadata"], **metadata}
    return gateway().authorize({**operation.parameters, "metadata": named}, key=key, seconds=10)


def broken():
    """The invariants that do not hold now."""
    return sorted({finding.invariant for finding in books.check_books()})
