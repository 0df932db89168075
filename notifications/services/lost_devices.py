"""When somebody's last device died: their centre says so, and what did not reach it goes by mail at once (lesson 63).

Staff see it on the person's bookings (`OutOfReach`).
"""

from uuid import UUID

from django.conf import settings

from findr import clock
from findr.accounts.models import User
from findr.outbox.jobs import promise
from notifications.mail.letters import Letter, Link
from notifications.models import Notification
from notifications.services.mails import send_letter
from notifications.services.truth import why_untrue

RecipientType, Priority = Notification.RecipientType, Notification.Priority
TYPE = "devices_lost"
TITLE = "Notifications Are Off"
BODY = "We can no longer reach any of your devices. Open the app on one of them to be notified again."


def record_loss(
    sender: object, *, recipient: UUID, recipient_type: str, notification: Notification | None, **_: object
) -> None:
    """Receives `notifications.signals.last_device_died`, in the transaction in which the device is forgotten."""
    Notification.objects.create(
        recipient=recipient,
        recipient_type=recipient_type,
        type=TYPE,
        title=TITLE,
        body=BODY,
        action_label="View Details",
        priority=Priority.HIGH,
        valid_until=clock.now(),  # There is nowhere to push it to.
    )
    if notification is not None:
        promise("notifications.mail_what_was_missed", notification_id=str(notification.id))


def mail_what_was_missed(notification_id: UUID) -> None:
    """Mail a notification that reached no device, unless it is no longer so.

    Raises:
        MailError: it may work later; the job tries again.
    """
    notification = Notification.objects.filter(id=notification_id).first()
    if notification is None or why_untrue([notification]):
        return
    address = _address_of(notification)
    if address:
        send_letter(_letter(notification), to=address)


def _address_of(notification: Notification) -> str:
    """The account's, while it is open; blank if there is none."""
    own = {"id": notification.recipient}
    if notification.recipient_type == RecipientType.PROVIDER:
        own = {"provider__id": notification.recipient}
    return User.objects.filter(**own, is_active=True).values_list("email", flat=True).first() or ""


def _letter(notification: Notification) -> Letter:
    is_patients = notification.recipient_type == RecipientType.USER
    base = settings.APP_URL if is_patients else settings.PORTAL_URL
    return Letter(
        subject=notification.title,
        heading=notification.title,
        paragraphs=(f"{notification.body.rstrip('.')}.", BODY),
        link=Link("Show the booking", f"{base}/booking/{notification.booking_id}"),
        why="You get this mail since we could not reach you on any device.",
    )
