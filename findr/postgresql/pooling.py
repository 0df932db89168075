"""A pooler between findr and PostgreSQL has to leave a session with whoever opened it (PgBouncer: `pool_mode = session`).

In its other modes a connection means another session after each transaction: limits, prepared statements and locks that
outlast a transaction would be somebody else's. Nothing fails loudly then, so findr looks before it begins.
"""

from contextlib import closing, suppress
from select import select
from threading import Lock
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from psycopg.pq import ExecStatus

SHARED = (
    "DATABASE_URL leads to a pooler that shares sessions between transactions: findr needs one in session mode"
    " (PgBouncer: pool_mode = session), or PostgreSQL itself."
)
# How often it is looked: others may take the session that would have given the pooler away.
ROUNDS = 3
# Seconds. A pooler in session mode may have no second session to give; then there is nothing to find out.
PATIENCE = 0.5
CONNECT_SECONDS = 5

_one_at_a_time = Lock()
_seen: set[str] = set()


def refuse_at_start() -> None:
    """What a process does before it serves anybody: the first look. A database that is away is looked at when it is back.

    Raises:
        ImproperlyConfigured: sessions are shared.
    """
    with suppress(psycopg.OperationalError):
        refuse_shared_sessions(connections["default"].get_connection_params())


def refuse_shared_sessions(parameters: dict[str, Any]) -> None:
    """Look once, at the first connection of a process, whether a session stays with its connection.

    Raises:
        ImproperlyConfigured: it does not.
        psycopg.OperationalError: there is no connection to be had.
    """
    place = f"{parameters.get('host')}:{parameters.get('port')}"
    with _one_at_a_time:
        if place not in _seen:
            if _is_shared({"connect_timeout": CONNECT_SECONDS, **parameters, "autocommit": True}):
                raise ImproperlyConfigured(SHARED)
            _seen.add(place)


def _is_shared(parameters: dict[str, Any]) -> bool:
    with closing(psycopg.connect(**parameters)) as first:
        if first.info.backend_pid == _backend(first):
            return False  # PostgreSQL's own answer: nobody stands between.
        return any(_moves(first, parameters) for _ in range(ROUNDS))


def _moves(first: psycopg.Connection[Any], parameters: dict[str, Any]) -> bool:
    """Whether a second connection is given the session of the first, or the first one another session."""
    before = _backend(first)
    with closing(psycopg.connect(**parameters)) as second:
        return _backend_in_transaction(second) == before or _backend(first) != before


def _backend(connection: psycopg.Connection[Any]) -> int:
    """The process behind a connection right now."""
    (found,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    return int(found)


def _backend_in_transaction(connection: psycopg.Connection[Any]) -> int:
    """The same inside a transaction that stays open; -1 if there is no answer in time.

    Raises:
        ImproperlyConfigured: no transaction may stay open (PgBouncer: `pool_mode = statement`).
    """
    session = connection.pgconn
    session.send_query(b"BEGIN; SELECT pg_backend_pid()")
    if not select([session.socket], [], [], PATIENCE)[0]:
        return -1
    found = -1
    while result := session.get_result():
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise ImproperlyConfigured(SHARED)
        found = int(result.get_value(0, 0) or found) if result.ntuples else found
    return found
