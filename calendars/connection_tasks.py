"""The jobs of connected calendars. Each takes ids, calls a service, and may run twice."""

from uuid import UUID

from calendars.services import consents, disconnecting, letters, mails
from findr.outbox.jobs import periodic, task

# About half a day; a mail that could not be sent by then is left to staff.
ATTEMPTS = 80


@task("calendars.mail_connected_to_practice", queue="mail", attempts=ATTEMPTS)
def mail_connected_to_practice(connection_id: str) -> None:
    """Tell the practice which account was connected. Twice is harmless: the same mail comes again."""
    mails.tell_practice(UUID(connection_id), letters.connected)


@task("calendars.mail_connected_to_account", queue="mail", attempts=ATTEMPTS)
def mail_connected_to_account(connection_id: str) -> None:
    """Tell the account's owner, who may have been talked into it. Twice is harmless: the same mail comes again."""
    mails.tell_account(UUID(connection_id), letters.connected)


@task("calendars.mail_needs_reauth", queue="mail", attempts=ATTEMPTS)
def mail_needs_reauth(connection_id: str) -> None:
    """Ask the practice to connect again. Twice is harmless: the same mail comes again."""
    mails.tell_practice(UUID(connection_id), letters.needs_reauth)


@task("calendars.mail_unreadable", queue="mail", attempts=ATTEMPTS)
def mail_unreadable(connection_id: str) -> None:
    """Tell the practice that its calendar cannot be read. Twice is harmless: the same mail comes again."""
    mails.tell_practice(UUID(connection_id), letters.unreadable)


@task("calendars.mail_events_out_of_reach", queue="mail", attempts=ATTEMPTS)
def mail_events_out_of_reach(connection_id: str) -> None:
    """List the visits in a calendar that nobody can change any more. Twice is harmless: the same mail comes again."""
    mails.tell_what_is_out_of_reach(UUID(connection_id))


@task("calendars.mail_changed_outside", queue="mail", attempts=ATTEMPTS)
def mail_changed_outside(connection_id: str) -> None:
    """List the visits whose events somebody changed in the calendar. Twice is harmless: it tells what was not told yet."""
    mails.tell_what_changed_outside(UUID(connection_id))


@periodic("calendars.retire_replaced", cron="23 * * * *")
def retire_replaced() -> None:
    """Give back the grants that no event needs any more. Twice is harmless: what has ended is not found again."""
    disconnecting.retire_replaced()


@periodic("calendars.delete_old_consents", cron="35 * * * *")
def delete_old_consents() -> None:
    """Forget consents that nobody came back with. Twice is harmless: what is deleted stays deleted."""
    consents.delete_old()
