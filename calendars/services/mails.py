"""What a practice, and the owner of a connected account, are told by mail.

The practice's mails go to its desk (`Provider.account`): whoever reads them can sign in to the portal and do something
about it. `Provider.email` is where patients write to, and anybody may read there.
"""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from calendars.models import CalendarConnection, CalendarEvent, Outside, Status
from calendars.services import outside
from calendars.services.events import out_of_reach
from providers.wall_times import clock_face


def tell_practice(connection_id: UUID, text: str) -> None:
    """Mail the practice's desk what `templates/email/calendars/<text>.txt` says of this connection."""
    connection = _connection(connection_id)
    _send(connection, text, to=connection.provider.account.email)


def tell_account(connection_id: UUID, text: str) -> None:
    """As `tell_practice`, to the connected account's own address, unless that is the desk's."""
    connection = _connection(connection_id)
    if connection.account_email != connection.provider.account.email:
        _send(connection, text, to=connection.account_email)


def tell_what_is_out_of_reach(connection_id: UUID) -> None:
    """Mail the practice's desk which visits to come stand in a calendar that findr can change no more, if any do."""
    connection = _connection(connection_id)
    if connection.status == Status.DISCONNECTED and (events := out_of_reach(connection)):
        lines = [f"{_wall_time(event)}: {event.description}" for event in events]
        _send(connection, "out_of_reach", to=connection.provider.account.email, lines=lines)


def tell_what_changed_outside(connection_id: UUID) -> None:
    """Mail the practice's desk which visits to come are not in the calendar any more as they were written, if it does not
    know.
    """
    if events := outside.untold(connection_id):
        connection = _connection(connection_id)
        lines = [f"{_wall_time(event)}: {event.description} - {_DONE[Outside(event.outside)]}" for event in events]
        _send(connection, "changed_outside", to=connection.provider.account.email, lines=lines)
        outside.mark_told(events)


_DONE = {Outside.DELETED: "the event was deleted", Outside.MOVED: "the event has another time"}


def _wall_time(event: CalendarEvent) -> str:
    local = event.start.astimezone(ZoneInfo(event.timezone))
    return f"{local:%A, %B} {local.day}, {local.year}, {clock_face(local)} ({event.timezone})"


def _connection(connection_id: UUID) -> CalendarConnection:
    return CalendarConnection.objects.select_related("provider__account", "member").get(pk=connection_id)


def _send(connection: CalendarConnection, text: str, *, to: str, **more: object) -> None:
    """The template's first line is the subject."""
    facts = {
        "vendor": connection.get_vendor_display(),
        "email": connection.account_email,
        "practice": connection.provider.practice_name,
        "member": connection.member.name if connection.member else "",
        "portal": f"{settings.PORTAL_URL}/calendar",
        **more,
    }
    subject, _, body = render_to_string(f"email/calendars/{text}.txt", facts).partition("\n")
    EmailMessage(subject, body.lstrip("\n"), to=[to]).send()
