"""The jobs of the booking domain. Each takes ids, calls a service, and may run twice."""

import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import connection

from bookings.services import books, expiry, payments, upkeep, webhooks
from findr.jobs import periodic, task
from findr.transactions import drop_lost_connection

logger = logging.getLogger(__name__)

# How many vendors' answers one sweep waits for at once.
SWEEPERS = 4


@task("bookings.run_operation", queue="money")
def run_operation(operation_id: str) -> None:
    """Carry out one payment operation.

    Twice is harmless: only one run gets the lease, and a finished operation is left alone.
    """
    payments.run_operation(UUID(operation_id))


@periodic("bookings.sweep_operations", cron="* * * * * */5", queue="money")
def sweep_operations() -> None:
    """Finish the payment operations that nobody finished: crashed, timed out, or waiting for a card holder.

    Twice is harmless: see `run_operation`.
    """
    payments.reopen_lost()
    operations = payments.unfinished()
    if operations:
        with ThreadPoolExecutor(SWEEPERS) as pool:
            list(pool.map(_sweep_one, operations))


def _sweep_one(operation_id: UUID) -> None:
    try:
        payments.run_operation(operation_id)
    except Exception:
        logger.exception("Operation %s could not be carried out.", operation_id)
    finally:
        connection.close()


@task("bookings.hear_event", queue="money")
def hear_event(event_id: str) -> None:
    """Read at the vendor what an event is about. Twice is harmless: an event is heard to the end once."""
    webhooks.hear(event_id)


@periodic("bookings.sweep_events", cron="* * * * * */15", queue="money")
def sweep_events() -> None:
    """Hear the events that nobody has heard to the end. Twice is harmless: see `hear_event`."""
    for event_id in webhooks.unheard():
        try:
            webhooks.hear(event_id)
        except Exception:
            logger.exception("Event %s could not be heard.", event_id)
            drop_lost_connection()  # It must not fail the rest as well.


@periodic("bookings.fetch_undelivered_events", cron="7 * * * *", queue="money")
def fetch_undelivered_events() -> None:
    """Take in the events that did not reach the webhook. Twice is harmless: an event is stored under its own id."""
    webhooks.fetch_undelivered()


@periodic("bookings.expire_requests", cron="* * * * *")
def expire_requests() -> None:
    """Expire what nobody answered in time. Twice is harmless: each booking expires under its lock, once."""
    expiry.expire_overdue()


@periodic("bookings.delete_past_holds", cron="30 3 * * *")
def delete_past_holds() -> None:
    """Keep the time guard small. Twice is harmless: what is deleted stays deleted."""
    upkeep.delete_past_holds()


@periodic("bookings.check_books", cron="15 4 * * *")
def check_books() -> None:
    """Check the books, after the night's deletions, and keep what is found. Twice is harmless: it only looks."""
    books.check_by_night()
