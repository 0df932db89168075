"""Ending a connection: its tokens are deleted first, then the grant is revoked at the vendor.

In this order, since from the commit on nothing of ours can use the account, whatever the vendor does. The token to revoke
is in this process's memory only: a job's argument would be one more place where it stands, and would be logged. A process
that dies in between, or a vendor that is out, leaves a grant that nobody has the tokens of.
"""

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet

from calendars.encryption import Unreadable
from calendars.models import CalendarConnection, CalendarEvent, Status, SyncState
from calendars.services.events import lose_events
from calendars.services.lanes import Lane
from calendars.services.revoking import revoke_unless_shared
from findr import clock
from findr.outbox import sweeps
from findr.outbox.leases import handed_back
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


@dataclass(frozen=True)
class _Ended:
    vendor: str
    email: str
    refresh_token: str = field(repr=False)


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
        revoke_unless_shared(ended.vendor, ended.email, ended.refresh_token, budget=budget)


@durable("a calendar is disconnected")
def _delete_tokens(rows: QuerySet[CalendarConnection]) -> list[_Ended]:
    ended = []
    for row in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        ended.append(_Ended(row.vendor, row.account_email, _refresh_token_of(row)))
        end_connection(row)
    return ended


def end_connection(row: CalendarConnection) -> None:
    """Delete the tokens of a connection that is locked; what was written there cannot be reached any more."""
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


def _refresh_token_of(row: CalendarConnection) -> str:
    try:
        return row.token("refresh_token")
    except Unreadable:
        return ""
