"""The jobs of the project itself. Each may run twice."""

from findr.api import idempotency
from findr.outbox.jobs import periodic


@periodic("findr.delete_old_keys", cron="15 * * * *")
def delete_old_keys() -> None:
    """Forget idempotency keys after their day. Twice is harmless: what is deleted stays deleted."""
    idempotency.delete_old_keys()
