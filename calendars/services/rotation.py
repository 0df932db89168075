"""Tokens sealed anew with the newest key, and how many no key opens (lesson 54).

Consents under way are left alone: they live for ten minutes, and so long an old key must stay in the list anyway.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from calendars.encryption import Unreadable, is_current
from calendars.models import CalendarConnection, Status
from calendars.services import health
from findr import clock

COLUMNS = ("access_token", "refresh_token")
BATCH = 200


@dataclass(frozen=True)
class Rotation:
    """How many connections were sealed anew, and how many cannot be read."""

    resealed: int
    unreadable: int


def rotate_keys() -> Rotation:
    """Seal every token anew that the newest key has not sealed; what cannot be read must be connected again.

    Safe while tokens are being refreshed: each row changes only if it still holds what was read. A row that was refreshed
    in between has been sealed with the newest key by that.
    """
    resealed = unreadable = 0
    for row in _with_tokens():
        try:
            resealed += _reseal(row)
        except Unreadable:
            unreadable += 1
            health.declare_dead(row)
    return Rotation(resealed, unreadable)


def count_unreadable() -> int:
    """How many connections hold a token that no key of ours opens; those that must be connected again anyway as well."""
    return sum(not _is_readable(row) for row in _with_tokens())


def _with_tokens() -> Iterator[CalendarConnection]:
    """In small steps, by id."""
    rows = CalendarConnection.objects.exclude(status=Status.DISCONNECTED).order_by("pk")
    last = None
    while batch := list((rows.filter(pk__gt=last) if last else rows)[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _reseal(row: CalendarConnection) -> int:
    """1 if it was sealed anew. Raises Unreadable."""
    old = {column: bytes(getattr(row, column)) for column in COLUMNS}
    clear = {column: row.token(column) for column in COLUMNS}
    if all(is_current(sealed) for sealed in old.values() if sealed):
        return 0
    rows = CalendarConnection.objects.filter(pk=row.pk, token_version=row.token_version, **old)
    return rows.update(**row.sealed(**clear), updated_at=clock.now())


def _is_readable(row: CalendarConnection) -> bool:
    try:
        for column in COLUMNS:
            row.token(column)
    except Unreadable:
        return False
    return True
