"""Which of an account's calendars are read, and in which one events are written (contract 17)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from calendars.errors import CalendarUnavailable
from calendars.models import CalendarConnection
from calendars.models.connection import CONNECTED
from calendars.services.lanes import Lane
from calendars.services.mirroring import ask_to_read
from calendars.services.tokens import with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import CalendarError, RateLimited, VendorCalendar
from findr import clock
from findr.errors import Invalid
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


@dataclass(frozen=True)
class ChosenCalendar:
    """A calendar of the connected account, and what it is used for."""

    calendar: VendorCalendar
    is_conflict: bool
    is_target: bool


def chosen_calendars(*, lane: Lane, budget: Budget) -> list[ChosenCalendar]:
    """The connected account's calendars, read at the vendor; none if nothing is connected.

    Raises:
        CalendarUnavailable, TemporarilyUnavailable
    """
    connection = lane.connected()
    calendars = _read(connection, budget) if connection else None
    return _as_chosen(calendars, connection) if connection and calendars is not None else []


def choose_calendars(*, lane: Lane, target: str, conflicts: Sequence[str], budget: Budget) -> list[ChosenCalendar]:
    """Write into `target` from now on, and read `conflicts`, without doubles.

    Raises:
        Invalid: a calendar that the account does not have, or a target that cannot be written.
        CalendarUnavailable, TemporarilyUnavailable
    """
    connection = lane.connected()
    calendars = (_read(connection, budget) if connection else None) or []
    if connection is None or target not in {one.id for one in calendars if one.can_write}:
        raise _invalid("targetId")
    if not set(conflicts) <= {one.id for one in calendars}:
        raise _invalid("conflictIds")
    if not _save(connection, target, list(dict.fromkeys(conflicts))):
        raise _invalid("targetId")  # Disconnected, or replaced, meanwhile: there is no such calendar any more.
    return _as_chosen(calendars, connection)


def _invalid(name: str) -> Invalid:
    return Invalid(f"{name} is invalid", **{name: f"{name} is invalid"})


def _read(connection: CalendarConnection, budget: Budget) -> list[VendorCalendar] | None:
    """The account's calendars; None if it was disconnected, or replaced, while it was asked."""
    try:
        return _ask(connection, budget)
    except CalendarUnavailable:
        if _still_connected(connection).exists():
            raise
        return None


def _ask(connection: CalendarConnection, budget: Budget) -> list[VendorCalendar]:
    vendor = vendor_named(connection.vendor)
    seconds = budget.for_call(settings.CALENDAR_WRITE_SECONDS)
    try:
        with vendor_slot():
            return with_access(
                connection, lambda access, left: vendor.list_calendars(access, seconds=left), seconds=seconds
            )
    except RateLimited as error:
        raise CalendarUnavailable(retry_after=error.retry_after) from error
    except CalendarError as error:
        raise CalendarUnavailable from error


@durable("the calendars are chosen")
def _save(connection: CalendarConnection, target: str, conflicts: list[str]) -> bool:
    connection.target_calendar, connection.conflict_calendars = target, conflicts
    rows = _still_connected(connection)
    saved = rows.update(target_calendar=target, conflict_calendars=conflicts, updated_at=clock.now())
    ask_to_read(connection.pk)
    return bool(saved)


def _still_connected(connection: CalendarConnection) -> QuerySet[CalendarConnection]:
    return CalendarConnection.objects.filter(pk=connection.pk, status__in=CONNECTED)


def _as_chosen(calendars: Sequence[VendorCalendar], connection: CalendarConnection) -> list[ChosenCalendar]:
    chosen = set(connection.conflict_calendars)
    return [ChosenCalendar(one, one.id in chosen, one.id == connection.target_calendar) for one in calendars]
