"""The backend that `DATABASES` names (https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends)."""

import select
from typing import Any, cast

from django.db.backends.postgresql import base, operations
from psycopg import OperationalError, RawCursor
from psycopg.pq import ExecStatus
from psycopg_pool import ConnectionPool

from findr.postgresql import moments, pooling, session, unit_of_work

# Of one connection. There are some hundred texts; one that is made for its occasion must not pile up.
MOST_KEPT_CURSORS = 500


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which can tell what a raw cursor was asked."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> Any:
        """The text of a statement; with its values in it, where they are Django's own placeholders."""
        return sql if isinstance(cursor, RawCursor) else super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, on connections that are findr's own from beginning to end and have their limits."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """What a connection is made with."""
        parameters = super().get_connection_params()
        return {**parameters, "context": moments.read_by_psycopg(parameters["context"])}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection whose session stands, unless a pooler would share it with others between two transactions."""
        pooling.refuse_shared_sessions(conn_params)
        connection = super().get_new_connection(conn_params)
        while self.pool is not None and not _stands(connection):
            connection.close()
            self.pool.putconn(connection)  # Which makes another one.
            connection = super().get_new_connection(conn_params)
        return connection

    def fetch(self, text: str, values: Any, *, is_raw: bool = False) -> list[tuple[Any, ...]]:
        """All rows of a statement that is run again and again; none if it gives none.

        Each connection keeps a cursor for its text. For a cursor that runs the same text once more psycopg knows already
        how its values are passed and its columns read: a small read takes 68 calls of Python functions instead of 119.

        Args:
            is_raw: its placeholders are PostgreSQL's own ($1).

        Raises:
            DatabaseError: as of every statement.
        """
        unit_of_work.flush()
        self.ensure_connection()
        self.validate_no_broken_transaction()
        with self.wrap_database_errors:
            text, cursor = self._kept_cursor(text, is_raw=is_raw)
            if self.queries_logged or self.execute_wrappers:  # Somebody wants to hear of it.
                self._prepare_cursor(cursor).execute(text, values)  # type: ignore[attr-defined]
            else:
                cursor.execute(text, values)
            return cursor.fetchall() if cursor.pgresult.status == ExecStatus.TUPLES_OK else []

    def _kept_cursor(self, text: str, *, is_raw: bool) -> tuple[str, Any]:
        """The cursor for a text, and the text itself: psycopg asks whether it is the same object."""
        # The connection's own, since it is lent to one thread after the other.
        kept = vars(self.connection).setdefault("kept_cursors", {})
        if text not in kept:
            if len(kept) >= MOST_KEPT_CURSORS:
                kept.clear()
            kept[text] = text, RawCursor(self.connection) if is_raw else self.create_cursor()
        return cast("tuple[str, Any]", kept[text])

    def _cursor(self, name: str | None = None) -> Any:
        """A cursor, for whoever asks the database something: what waits to be written is written before."""
        unit_of_work.flush()
        return super()._cursor(name)  # type: ignore[misc]

    def _configure_connection(self, connection: Any) -> bool:
        """Once for each new connection, the pool's included; whether there is something to commit."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(*session.beginning())
        return True


def _stands(connection: Any) -> bool:
    """Whether the session of a connection that was idle is not over, as all are once PostgreSQL was started again.

    Asking each time would cost a round trip. What PostgreSQL has said meanwhile is seen without one, and an idle session
    is told of little but its end.
    """
    try:
        said = select.poll()
        said.register(connection.fileno(), select.POLLIN)
        if said.poll(0):
            ConnectionPool.check_connection(connection)
    except OperationalError:
        return False
    return True
