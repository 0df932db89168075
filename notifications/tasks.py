"""The jobs of the notifications app. Each may run twice."""

from uuid import UUID

from findr.outbox.jobs import periodic, task
from notifications import services
from notifications.models import Delivery
from notifications.services import delivering, lost_devices


@task("notifications.deliver", queue="feed")
def deliver(notification_ids: list[str]) -> None:
    """Send notifications. Twice is harmless: a delivery is one row, and only one run gets its lease."""
    delivering.deliver([UUID(one) for one in notification_ids])


@task("notifications.mail_what_was_missed", queue="mail")
def mail_what_was_missed(notification_id: str) -> None:
    """Mail what reached no device. Twice, after a crash between mailing and the end, is the same mail twice: no harm."""
    lost_devices.mail_what_was_missed(UUID(notification_id))


@periodic("notifications.sweep_deliveries", cron="* * * * * */5", queue="feed")
def sweep_deliveries() -> None:
    """Send what nobody has sent: crashed, refused for now, or waiting for its turn. Twice is harmless: see `deliver`."""
    delivering.send_all(delivering.open_deliveries(Delivery.Transport.PUSH))


@periodic("notifications.sweep_mails", cron="* * * * * */10", queue="mail")
def sweep_mails() -> None:
    """As `sweep_deliveries`, of mails, so that a mail service that is slow keeps no push waiting. Twice is harmless."""
    delivering.send_all(delivering.open_deliveries(Delivery.Transport.MAIL))


@periodic("notifications.delete_old_events", cron="45 3 * * *")
def delete_old_events() -> None:
    """Keep the feed small. Twice is harmless: what is deleted stays deleted."""
    services.delete_old_events()


@periodic("notifications.delete_old_notifications", cron="50 3 * * *")
def delete_old_notifications() -> None:
    """Keep the centre to what people may still ask for. Twice is harmless: what is deleted stays deleted."""
    services.delete_old_notifications()
