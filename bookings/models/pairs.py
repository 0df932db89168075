"""The database's own opinion on which booking and payment states may stand beside each other.

A constraint trigger, deferred to the commit, so that a service may move both machines in any order. Its list is made
from `states.LEGAL_PAIRS`; changing that table changes this trigger, and makemigrations says so.
"""

import pgtrigger

from bookings.states import LEGAL_PAIRS


def _checking(booking_id: str) -> str:
    # One array: a list of pairs is made ready anew for each booking, word by word; and a condition with a SELECT in it is asked
    # of the database whatever stands beside it (docs/performance.md).
    pairs = ",".join(f"{state}/{payment}" for state, payment in sorted(LEGAL_PAIRS))
    # Nothing in it comes from outside: our own words, and the name of a column.
    return f"""
        PERFORM 1 FROM bookings_booking b JOIN bookings_payment p ON p.booking_id = b.id
        WHERE b.id = {booking_id} AND b.state || '/' || p.state = ANY ('{{{pairs}}}');
        IF FOUND THEN
            RETURN NULL;
        END IF;
        IF EXISTS (SELECT 1 FROM bookings_booking WHERE id = {booking_id}) THEN
            RAISE EXCEPTION 'booking % and its payment are in no legal pair of states', {booking_id}
                USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_payment_pair';
        END IF;
        RETURN NULL;
    """  # noqa: S608


def legal_pair_triggers(booking_id: str) -> list[pgtrigger.Trigger]:
    """Check the pair when a row appears and when its state changes.

    Args:
        booking_id: the row's way to its booking, in SQL: `NEW.id` or `NEW.booking_id`.
    """
    return [
        pgtrigger.Trigger(
            name="legal_pair_on_insert",
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            timing=pgtrigger.Deferred,
            func=_checking(booking_id),
        ),
        pgtrigger.Trigger(
            name="legal_pair_on_update",
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            timing=pgtrigger.Deferred,
            condition=pgtrigger.AnyChange("state"),
            func=_checking(booking_id),
        ),
    ]
