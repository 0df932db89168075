"""Who has an advisory lock in this database. `pg_locks` knows those of all databases, and each test has one of its own."""

from django.db import connection

SESSIONS = """
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()
    WHERE locktype = 'advisory' AND granted
        AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)
"""


def sessions_with(name):
    """The sessions that have the lock of this name (`findr.outbox.locks`)."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, [name])
        return [pid for (pid,) in cursor.fetchall()]
