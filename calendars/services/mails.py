"""What a practice, and the owner of a connected account, are told by mail.

The practice's mails go to its desk (`Provider.account`): whoever reads them can sign in to the portal and do something
about it. `Provider.email` is where patients write to, and anybody may read there.
"""

from collections.abc import Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from calendars.models import CalendarConnection, CalendarEvent, Outside, Status
from calendars.services import letters, outside
from calendars.services.events import out_of_reach
from notifications.mail.letters import Letter
from notifications.services.mails import send_letter
from providers.wall_times import in_full

Writer = Callable[[CalendarConnection], Letter]


def tell_practice(connection_id: UUID, letter: Writer) -> None:
    """Mail the practice's desk this letter about the connection.

    Raises:
        MailError: it may work later.
    """
    connection = _connection(connection_id)
    send_letter(letter(connection), to=connection.provider.account.email)


def tell_account(connection_id: UUID, letter: Writer) -> None:
    """As `tell_practice`, to the connected account's own address, unless that is the desk's."""
    connection = _connection(connection_id)
    if connection.account_email != connection.provider.account.email:
        send_letter(letter(connection), to=connection.account_email)


def tell_what_is_out_of_reach(connection_id: UUID) -> None:
    """Mail the practice's desk which visits to come stand in a calendar that findr can change no more, if any do."""
    connection = _connection(connection_id)
    if connection.status == Status.DISCONNECTED and (events := out_of_reach(connection)):
        facts = tuple((_wall_time(event), event.description) for event in events)
        send_letter(letters.out_of_reach(connection, facts), to=connection.provider.account.email)


def tell_what_changed_outside(connection_id: UUID) -> None:
    """Mail the practice's desk which visits to come are not in the calendar any more as they were written, if it does not
    know.
    """
    if events := outside.untold(connection_id):
        connection = _connection(connection_id)
        facts = tuple((_wall_time(event), f"{event.description}: {_DONE[Outside(event.outside)]}") for event in events)
        send_letter(letters.changed_outside(connection, facts), to=connection.provider.account.email)
        outside.mark_told(events)


_DONE = {Outside.DELETED: "the event was deleted", Outside.MOVED: "the event has another time"}


def _wall_time(event: CalendarEvent) -> str:
    return in_full(event.start, ZoneInfo(event.timezone))


def _connection(connection_id: UUID) -> CalendarConnection:
    return CalendarConnection.objects.select_related("provider__account", "member").get(pk=connection_id)
