"""Reminding the patient of a visit, and the practice of a request that nobody has answered (contract 15.6).

The mark is written with the frame, under the booking's lock: once for each moment, whatever the clock did, however late
the job comes by and however many of it run. A visit that has moved is reminded of at its new time alone.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from bookings import announcements
from bookings.effects import owe_mails
from bookings.mail_kinds import MailKind
from bookings.models import Booking, Reminder
from bookings.selectors import reminders
from bookings.transitions import lock_booking
from findr import clock
from findr.deleting import delete_in_parts
from findr.outbox import sweeps
from findr.transactions import durable
from notifications.services import publish

FAILURE = "Nobody could be reminded of booking %s."
Kind = Reminder.Kind
_MAILS = {
    Kind.DAY_BEFORE: MailKind.REMINDER_DAY,
    Kind.HOUR_BEFORE: MailKind.REMINDER_HOUR,
    Kind.EXPIRING: MailKind.EXPIRING,
}


def remind_all() -> list[UUID]:
    """Remind everybody whom it is time to remind; those who could not be."""
    return [booking_id for kind in Kind for booking_id in _remind_all(kind)]


def _remind_all(kind: Reminder.Kind) -> list[UUID]:
    def work(booking_id: UUID) -> None:
        remind(booking_id=booking_id, kind=kind)

    due = reminders.due(kind, clock.now()).values_list("id", flat=True)
    return sweeps.each(list(due), work, failure=FAILURE)


@durable("a reminder is written")
def remind(*, booking_id: UUID, kind: Reminder.Kind) -> bool:
    """Remind, or mark that there is no need to; whether somebody was told.

    Nothing happens if it is not due any more, or somebody else has done it.

    Raises:
        BookingNotFound
    """
    booking, now = lock_booking(booking_id), clock.now()
    about = reminders.moment_of(booking, kind)
    if about is None or not reminders.is_due(booking, kind, now):
        return False
    if booking.reminders.filter(kind=kind, due_for=about).exists():
        return False
    is_news = about - kind.before > _known_since(booking, kind)
    booking.reminders.create(kind=kind, due_for=about, told=is_news, created_at=now)
    if is_news:
        owe_mails(booking, [_MAILS[kind]])
        publish([announcements.reminder_frame(booking, kind, now)])
    return is_news


def _known_since(booking: Booking, kind: Reminder.Kind) -> datetime:
    """Since when the moment is as it is: a reminder that was due before that would tell what was told just then."""
    if kind == Kind.EXPIRING:
        return booking.requested_at or booking.created_at
    moved = booking.events.filter(event_type="moved").aggregate(last=Max("created_at"))["last"]
    return max(filter(None, (booking.confirmed_at, moved)), default=booking.created_at)


def delete_past_marks() -> int:
    """Forget the marks of moments so long past that neither a job nor the books ask for them; how many."""
    before = clock.now() - timedelta(days=settings.FEED_DAYS + 1)
    return delete_in_parts(Reminder.objects.filter(due_for__lt=before))
