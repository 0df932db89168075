"""Ending a connection: its tokens are deleted first, then the grant is revoked at the vendor.

In this order, since from the commit on nothing of ours can use the account, whatever the vendor does. The token to revoke
is in this process's memory only: a job's argument would be one more place where it stands, and would be logged. A process
that dies in between, or a vendor that is out, leaves a grant that nobody has the tokens of.
"""

from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from calendars.encryption import Unreadable
from calendars.models import CalendarConnection, CalendarEvent, Channel, Mirror, Status, SyncState
from calendars.services.events import lose_events
from calendars.services.lanes import Lane
from calendars.services.revoking import revoke_unless_shared
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, CalendarError
from findr import clock
from findr.outbox import sweeps
from findr.outbox.leases import handed_back
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


@dataclass(frozen=True)
class _Ended:
    """An account that is let go of. `channels`: ids of ours and of the vendor's, of what still pushes."""

    vendor: str
    access: Access
    refresh_token: str = field(repr=False)
    channels: tuple[tuple[str, str], ...]


def disconnect(*, lane: Lane, budget: Budget) -> None:
    """End what is connected, and the accounts that it had replaced: no token of this lane is left. Twice is harmless.

    Raises:
        TemporarilyUnavailable: too many requests wait for vendors; nothing was changed.
    """
    with vendor_slot():
        _end(lane.connections().exclude(status=Status.DISCONNECTED), budget)


def retire_replaced() -> None:
    """End the replaced connections whose events are all over, and written as they should be."""
    now = clock.now()
    unfinished = Q(end__gt=now, wanted=True) | Q(state__in=(SyncState.PENDING, SyncState.FAILED))
    events = CalendarEvent.objects.filter(unfinished, connection=OuterRef("pk"))
    replaced = CalendarConnection.objects.filter(~Exists(events), status=Status.REPLACED)
    sweeps.each(
        list(replaced.values_list("pk", flat=True)),
        lambda pk: _end(CalendarConnection.objects.filter(pk=pk, status=Status.REPLACED), Budget()),
        failure="Connection %s could not be retired.",
    )


def _end(rows: QuerySet[CalendarConnection], budget: Budget) -> None:
    for ended in _delete_tokens(rows):
        _stop_channels(ended, budget)
        revoke_unless_shared(ended.vendor, ended.access.email, ended.refresh_token, budget=budget)


def _stop_channels(ended: _Ended, budget: Budget) -> None:
    """While there is a token that can; one that is left over is nobody's, and ends by itself within days."""
    vendor = vendor_named(ended.vendor)
    for channel, vendor_id in ended.channels if ended.access.token else ():
        try:
            seconds = budget.for_call(settings.CALENDAR_CALL_SECONDS)
            vendor.stop_watching(ended.access, channel, vendor_id, seconds=seconds)
        except CalendarError:
            return


@durable("a calendar is disconnected")
def _delete_tokens(rows: QuerySet[CalendarConnection]) -> list[_Ended]:
    ended = []
    for row in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        access = Access(_token_of(row, "access_token"), row.account_email, row.is_personal)
        channels = Channel.objects.filter(connection=row).exclude(vendor_id="").values_list("pk", "vendor_id")
        told = tuple((str(pk), vendor_id) for pk, vendor_id in channels)
        ended.append(_Ended(row.vendor, access, _token_of(row, "refresh_token"), told))
        end_connection(row)
    return ended


def end_connection(row: CalendarConnection) -> None:
    """Delete the tokens of a connection that is locked, and what was kept of its calendars; what was written there cannot be
    reached any more.
    """
    Mirror.objects.filter(pk=row.pk).delete()
    Channel.objects.filter(connection=row).delete()
    save(
        row,
        status=Status.DISCONNECTED,
        access_token=b"",
        refresh_token=b"",
        # A refresh that is under way writes nothing any more.
        token_version=row.token_version + 1,
        token_expires_at=None,
        **handed_back(clock.now()),
    )
    lose_events(row)


def _token_of(row: CalendarConnection, column: str) -> str:
    try:
        return row.token(column)
    except Unreadable:
        return ""
