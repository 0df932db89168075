"""The jobs of the notifications app. Each may run twice."""

from findr.outbox.jobs import periodic
from notifications import services


@periodic("notifications.delete_old_events", cron="45 3 * * *")
def delete_old_events() -> None:
    """Keep the feed small. Twice is harmless: what is deleted stays deleted."""
    services.delete_old_events()
