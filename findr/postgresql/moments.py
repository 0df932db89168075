"""Moments as psycopg's own C code reads them: a list of twenty has some two hundred, and Django's loader in Python takes
eighteen times as long for each.

It is Django's `tzloader` (`django.db.backends.postgresql.psycopg_any`) where the session's clock is UTC, and findr's always is
(`DATABASE_SESSION` in the settings); in a session with another zone the moment would be the same, shown in that zone.
"""

from datetime import UTC
from functools import cache
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import Format

_OID = psycopg.adapters.types["timestamptz"].oid


class UtcLoader:
    """Gives psycopg's loader to whoever makes one: that has no place for the attribute at which Django looks.

    Attributes:
        timezone: what Django compares with its own before each cursor.
    """

    format = Format.TEXT
    timezone = UTC

    def __new__(cls, oid: int, context: Any = None) -> Loader:  # type: ignore[misc]
        """The loader that psycopg has for this machine: in C where its binary is installed."""
        loader: type[Loader] = psycopg.adapters.get_loader(_OID, Format.TEXT)  # type: ignore[assignment]
        return loader(oid, context)


@cache
def read_by_psycopg(adapters: AdaptersMap) -> AdaptersMap:
    """These adapters, in a map of its own, with psycopg's loader of moments.

    Kept, as Django keeps what it gives: each request asks what a connection would be made with.
    """
    own = AdaptersMap(adapters)
    own.register_loader(_OID, UtcLoader)  # type: ignore[arg-type]
    return own
