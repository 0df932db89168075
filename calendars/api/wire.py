"""Connections as JSON (contract 17). Allow-lists: no token is ever among it."""

from typing import Any

from calendars.encryption import Unreadable
from calendars.models import CalendarConnection, Status
from calendars.services.choosing import ChosenCalendar
from findr.api.times import instant

NOT_CONNECTED: dict[str, Any] = {
    "connected": False,
    "provider": None,
    "email": None,
    "calendarId": None,
    "syncDirection": None,
    "connectedAt": None,
    "tokenExpiry": None,
    "tokenValid": False,
    "lastSyncAt": None,
    "lastSyncStatus": None,
}


def status_view(connection: CalendarConnection | None) -> dict[str, Any]:
    """What is connected, and how the last call went."""
    if connection is None:
        return NOT_CONNECTED
    is_failing = connection.failures > 0
    last = connection.last_error_at if is_failing else connection.last_success_at
    return {
        "connected": True,
        "provider": connection.vendor,
        "email": connection.account_email,
        "calendarId": connection.target_calendar,
        "syncDirection": "two-way",
        "connectedAt": instant(connection.connected_at),
        "tokenExpiry": instant(connection.token_expires_at),
        "tokenValid": _is_usable(connection),
        "lastSyncAt": instant(last),
        "lastSyncStatus": None if last is None else "error" if is_failing else "ok",
    }


def calendar_view(chosen: ChosenCalendar) -> dict[str, Any]:
    """One calendar of the account."""
    return {
        "id": chosen.calendar.id,
        "name": chosen.calendar.name,
        "primary": chosen.calendar.is_primary,
        "canWrite": chosen.calendar.can_write,
        "conflict": chosen.is_conflict,
        "target": chosen.is_target,
    }


def _is_usable(connection: CalendarConnection) -> bool:
    """Usable now or refreshable: the refresh token lives, as far as anybody knows, and can be read."""
    try:
        return connection.status == Status.ACTIVE and bool(connection.token("refresh_token"))
    except Unreadable:
        return False
