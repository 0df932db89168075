"""Moments come from the database as Django reads them, by psycopg's own loader."""

from datetime import UTC

import pytest
from django.db import DataError, connection
from django.db.backends.postgresql.base import TIMESTAMPTZ_OID
from django.db.backends.postgresql.psycopg_any import register_tzloader
from psycopg.pq import Format

from findr.postgresql.moments import UtcLoader

MOMENTS = [
    "2026-03-08 09:59:59.999999+00",
    "2026-11-01 01:30:00.5-06:00",
    "1883-11-18 12:03:58+00",  # Before there were zones: PostgreSQL shows seconds in an offset of other zones.
    "9998-12-31 23:59:59+00",
    "0001-01-01 00:00:00+00",
]


def read(text, *, as_django=False):
    with connection.cursor() as cursor:
        if as_django:
            register_tzloader(UTC, cursor.cursor)
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz", [text])
        return cursor.fetchone()


@pytest.mark.usefixtures("stage")
def test_a_moment_is_what_django_reads():
    for text in MOMENTS:
        (moment, nothing), expected = read(text), read(text, as_django=True)
        assert (moment, nothing) == expected, text
        assert moment.tzinfo is expected[0].tzinfo is UTC
    for text in ("infinity", "0044-03-15 12:00:00+00 BC"):
        for as_django in (False, True):
            with pytest.raises(DataError):
                read(text, as_django=as_django)


@pytest.mark.usefixtures("stage")
def test_in_a_session_with_another_zone_it_is_the_same_moment():
    expected, _ = read(MOMENTS[0])
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'America/Denver'")
        try:
            cursor.execute("SELECT %s::timestamptz", [MOMENTS[0]])
            assert cursor.fetchone() == (expected,)
        finally:
            cursor.execute("SET timezone = 'UTC'")


@pytest.mark.usefixtures("stage")
def test_no_cursor_is_given_another_loader():
    """Django gives one to each cursor of a connection whose loader has not its zone: adapters copied for each statement."""
    with connection.cursor() as cursor:
        assert cursor.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT) is UtcLoader
