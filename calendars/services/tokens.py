"""Access to an account, for each call: a token that is still good, or a fresh one.

One process at a time refreshes, under the lease of the connection's row, and never inside a transaction. The answer is
saved if the tokens are still those that were refreshed (`token_version`): an older answer never takes the place of a newer
one. Everybody else waits a moment for it.

A refresh that has begun goes on when the call that it is for has no time left: a vendor may take the old refresh token
for used (RFC 6749 section 6), and then the new one must not get lost.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection as database
from django.db.models import F

from calendars.encryption import Unreadable
from calendars.models import CalendarConnection, Status
from calendars.services import health
from calendars.vendors import vendor_named
from calendars.vendors.base import (
    Access,
    CalendarError,
    EventMissing,
    GrantDead,
    RateLimited,
    TokenRefused,
    Tokens,
    Unavailable,
)
from findr import clock
from findr.outbox import leases
from findr.vendors.budget import Budget

T = TypeVar("T")

# An access token that ends sooner is not used any more.
SHORTEST = timedelta(seconds=60)
POLL_SECONDS = 0.05
# After a refresh that came to nothing, nobody tries again for so long.
PAUSE_SECONDS = 1.0

_refreshers = ThreadPoolExecutor(settings.VENDOR_CALLS_AT_ONCE, thread_name_prefix="refresh")


def with_access(
    connection: CalendarConnection,
    call: Callable[[Access, float], T],
    *,
    seconds: float,
    expected: tuple[type[CalendarError], ...] = (EventMissing,),
) -> T:
    """What `call` answers, given access and the seconds it has. A token that is refused is refreshed, once (lesson 27).

    How it went is noted on the connection (`health`).

    Args:
        seconds: for all of it.
        expected: failures that say nothing about the connection.

    Raises:
        CalendarError: as `access_of`, and what `call` raises.
    """
    try:
        answer = _with_access(connection, call, Budget(seconds))
    except CalendarError as error:
        # A grant that died has been told.
        if not isinstance(error, (GrantDead, *expected)):
            health.failed(connection, error)
        raise
    health.succeeded(connection)
    return answer


def _with_access(connection: CalendarConnection, call: Callable[[Access, float], T], budget: Budget) -> T:
    access = access_of(connection, seconds=budget.left())
    try:
        return call(access, budget.left())
    except TokenRefused:
        access = refresh_once(connection, used=access, seconds=budget.left())
    return call(access, budget.left())


def access_of(connection: CalendarConnection, *, seconds: float) -> Access:
    """Access that lasts a minute at least, refreshed if need be, within `seconds`.

    Raises:
        GrantDead: its owner must connect again, or it is disconnected.
        Unavailable: no fresh token within these seconds.
        RateLimited
    """
    return _access(connection) if _is_fresh(connection) else _refreshed(connection, Budget(seconds))


def refresh_once(connection: CalendarConnection, *, used: Access, seconds: float) -> Access:
    """Access with another token than `used`, which the vendor refused; somebody may have refreshed it meanwhile.

    Raises:
        GrantDead, Unavailable, RateLimited
    """
    row = _now(connection)
    if _access(row).token != used.token:
        return access_of(row, seconds=seconds)
    return _refreshed(row, Budget(seconds))


def _is_fresh(row: CalendarConnection) -> bool:
    return row.token_expires_at is not None and row.token_expires_at >= clock.now() + SHORTEST


def _access(row: CalendarConnection) -> Access:
    """The access token in the clear."""
    _refuse_dead(row)
    try:
        return Access(row.token("access_token"), row.account_email, row.is_personal)
    except Unreadable as error:
        health.declare_dead(row)
        raise GrantDead("The tokens cannot be read.") from error


def _refuse_dead(row: CalendarConnection) -> None:
    if row.status not in (Status.ACTIVE, Status.REPLACED):
        raise GrantDead("It must be connected again.")


def _now(connection: CalendarConnection) -> CalendarConnection:
    return CalendarConnection.objects.get(pk=connection.pk)


def _refreshed(row: CalendarConnection, budget: Budget) -> Access:
    """Refresh the tokens, or wait for whoever is at it."""
    stale = row.token_version
    while True:
        _refuse_dead(row)
        if row.token_version != stale and _is_fresh(row):
            return _access(row)
        if mine := _claimed(row):
            return _refresh_within(mine, budget.left())
        if row.lease_token is None and row.claimed_until > clock.now():
            raise Unavailable("A refresh came to nothing a moment ago.")
        if budget.is_over:
            raise Unavailable("The tokens are being refreshed.")
        time.sleep(POLL_SECONDS)
        row = _now(row)


def _claimed(row: CalendarConnection) -> CalendarConnection | None:
    """The lease of the row, if it is due and its tokens are still these."""
    if row.claimed_until > clock.now():
        return None
    same = CalendarConnection.objects.filter(pk=row.pk, token_version=row.token_version, status=row.status)
    return leases.claim(same, seconds=settings.CALENDAR_LEASE_SECONDS)


def _refresh_within(row: CalendarConnection, seconds: float) -> Access:
    """Refresh in another thread, which goes on after these seconds."""
    if database.in_atomic_block:
        raise RuntimeError("Tokens were to be refreshed inside a transaction.")
    running = _refreshers.submit(_refresh, row)
    try:
        return running.result(seconds)
    except TimeoutError as error:
        if running.cancel():
            leases.held_by(row).update(**leases.handed_back(clock.now()))
        raise Unavailable("The tokens were not refreshed in time.") from error


def _refresh(row: CalendarConnection) -> Access:
    try:
        refresh_token = row.token("refresh_token")
        tokens = vendor_named(row.vendor).refresh(refresh_token, seconds=settings.CALENDAR_WRITE_SECONDS)
        return _save(row, tokens)
    except (GrantDead, Unreadable) as error:
        health.declare_dead(row)
        raise GrantDead("It must be connected again.") from error
    except CalendarError as error:
        pause = error.retry_after if isinstance(error, RateLimited) else PAUSE_SECONDS
        due_at = clock.now() + timedelta(seconds=min(pause, settings.CALENDAR_LEASE_SECONDS))
        leases.held_by(row).update(**leases.handed_back(due_at))
        raise
    finally:
        database.close()


def _save(row: CalendarConnection, tokens: Tokens) -> Access:
    """Save them, unless there are newer ones by now; what counts then is what stands there."""
    rotated = {"refresh_token": tokens.refresh_token} if tokens.refresh_token else {}
    saved = CalendarConnection.objects.filter(pk=row.pk, token_version=row.token_version).update(
        **row.sealed(access_token=tokens.access_token, **rotated),
        token_version=F("token_version") + 1,
        token_expires_at=tokens.expires_at,
        updated_at=clock.now(),
        **leases.handed_back(clock.now()),
    )
    if not saved:
        return _access(_now(row))
    return Access(tokens.access_token, row.account_email, row.is_personal)
