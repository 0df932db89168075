"""The jobs of the booking domain. Each takes ids, calls a service, and may run twice."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from bookings import holds, reconciliation
from bookings.mail_kinds import MailKind
from bookings.mails import sending
from bookings.payments import events, execution
from bookings.services import expiry, reminders, reservations
from findr.outbox import sweeps
from findr.outbox.jobs import periodic, task
from findr.vendors.budget import Budget

T = TypeVar("T")

# How many vendors' answers one sweep waits for at once.
SWEEPERS = 4


@task("bookings.run_operation", queue="money")
def run_operation(operation_id: str) -> None:
    """Carry out one payment operation.

    Twice is harmless: only one run gets the lease, and a finished operation is left alone.
    """
    execution.run_operation(UUID(operation_id))


@periodic("bookings.sweep_operations", cron="* * * * * */5", queue="money")
def sweep_operations() -> None:
    """Finish the payment operations that nobody finished: crashed, timed out, or waiting for a card holder.

    Twice is harmless: see `run_operation`.
    """
    execution.reopen_lost()
    _sweep(execution.pending_operations(), execution.run_operation, failure="Operation %s could not be carried out.")


@task("bookings.process_event", queue="money")
def process_event(event_id: str) -> None:
    """Read at the vendor what an event is about. Twice is harmless: an event is processed once."""
    events.process_event(event_id)


@periodic("bookings.sweep_events", cron="* * * * * */15", queue="money")
def sweep_events() -> None:
    """Process the events that nobody has processed. Twice is harmless: see `process_event`."""
    _sweep(events.pending_events(), events.process_event, failure="Event %s could not be processed.")


@periodic("bookings.fetch_undelivered_events", cron="7 * * * *", queue="money")
def fetch_undelivered_events() -> None:
    """Take in the events that did not reach the webhook. Twice is harmless: an event is stored under its own id."""
    events.fetch_undelivered()


@task("bookings.mail", queue="mail")
def mail(booking_id: str, kinds: list[str], cause: str) -> None:
    """Send the mails of one change. Twice is harmless: each is a row that is sent once."""
    sending.send_mails(UUID(booking_id), [MailKind(kind) for kind in kinds], cause)


@periodic("bookings.expire_requests", cron="* * * * *")
def expire_requests() -> None:
    """Expire what nobody answered in time. Twice is harmless: each booking expires under its lock, once."""
    expiry.expire_overdue()


@periodic("bookings.send_reminders", cron="* * * * *", queue="feed")
def send_reminders() -> None:
    """Remind of visits and of requests that wait. Twice is harmless: each is marked under its booking's lock, once."""
    reminders.remind_all()


@periodic("bookings.delete_past_reminders", cron="35 3 * * *")
def delete_past_reminders() -> None:
    """Keep the marks few. Twice is harmless: what is deleted stays deleted."""
    reminders.delete_past_marks()


@periodic("bookings.free_lapsed_reservations", cron="* * * * *")
def free_lapsed_reservations() -> None:
    """Delete the reservations that have lapsed. Twice is harmless: what is gone is gone; nobody waits for it either way."""
    reservations.free_lapsed()


@periodic("bookings.delete_past_holds", cron="30 3 * * *")
def delete_past_holds() -> None:
    """Keep the time guard small. Twice is harmless: what is deleted stays deleted."""
    holds.delete_past_holds()


@periodic("bookings.check_books", cron="15 4 * * *")
def check_books() -> None:
    """Check the books, after the night's deletions, and keep what is found. Twice is harmless: it only looks."""
    reconciliation.check_by_night()


def _sweep(due: Sequence[T], finish: Callable[[T], object], *, failure: str) -> None:
    """Finish what is due at the vendor, some at once, for `SWEEP_SECONDS`.

    What is not begun in time is left to the next sweep, which looks anew at what is most urgent.
    """
    time = Budget(settings.SWEEP_SECONDS)

    def finish_in_time(thing: T) -> None:
        if not time.is_over:
            finish(thing)

    if due:
        sweeps.each_at_once(due, finish_in_time, failure=failure, threads=SWEEPERS)
