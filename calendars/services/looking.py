"""The live look into a connected calendar: free means that the vendor said so, now, of every calendar that is read."""

import logging
from datetime import datetime
from uuid import UUID

from calendars.models import CalendarConnection, Status
from calendars.reading import CalendarAnswer, Look
from calendars.selectors import connection_of
from calendars.services.tokens import with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, BusyInterval, CalendarError, GrantDead

logger = logging.getLogger(__name__)


class ConnectedCalendars:
    """`CalendarReader` over what the practices and their teams have connected."""

    def connection_of(
        self, provider_id: UUID, member_id: UUID | None, *, may_have_one: bool = True
    ) -> CalendarConnection | None:
        return connection_of(provider_id, member_id) if may_have_one else None

    def look(self, connection: CalendarConnection, start: datetime, end: datetime, *, seconds: float) -> Look:
        try:
            busy = busy_times(connection, start, end, seconds=seconds)
        except CalendarError as error:
            return Look(CalendarAnswer.FAILED, connection.vendor, error.code)
        except Exception:  # A defect of ours must not refuse anybody a visit, nor give one away.
            logger.exception("Calendar %s could not be read.", connection.id)
            return Look(CalendarAnswer.FAILED, connection.vendor, "defect")
        return Look(CalendarAnswer.BUSY if busy else CalendarAnswer.FREE, connection.vendor)


def busy_times(connection: CalendarConnection, start: datetime, end: datetime, *, seconds: float) -> list[BusyInterval]:
    """When its owner is busy within [start, end), in all calendars that are read for conflicts: one call.

    Raises:
        CalendarError
    """
    if connection.status != Status.ACTIVE:
        raise GrantDead("It must be connected again.")
    vendor, calendars = vendor_named(connection.vendor), connection.conflict_calendars

    def ask(access: Access, left: float) -> list[BusyInterval]:
        return vendor.busy(access, calendars, start, end, seconds=left)

    return with_access(connection, ask, seconds=seconds)
