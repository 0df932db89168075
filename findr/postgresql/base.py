"""The backend that `DATABASES` names (https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends)."""

import select
from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg import Error as PsycopgError
from psycopg import OperationalError, RawCursor
from psycopg.pq import ExecStatus
from psycopg_pool import ConnectionPool

from findr.postgresql import moments, pooling, session, unit_of_work
from findr.postgresql.prepared import PreparedStatement

# Of one connection. There are some hundred texts; one that is made for its occasion must not pile up.
MOST_STATEMENTS = 500


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

        Each connection keeps what it knows of the text (`findr.postgresql.prepared`).

        Args:
            is_raw: its placeholders are PostgreSQL's own ($1).

        Raises:
            DatabaseError: as of every statement.
        """
        unit_of_work.flush()
        if self.connection is None:
            self.ensure_connection()
        self.validate_no_broken_transaction()
        try:
            if self.queries_logged or self.execute_wrappers:  # Somebody wants to hear of it.
                return self._told(text, values, is_raw=is_raw)
            return self._prepared(text, is_raw=is_raw).fetch(values)
        except PsycopgError:
            with self.wrap_database_errors:
                raise

    def _told(self, text: str, values: Any, *, is_raw: bool) -> list[tuple[Any, ...]]:
        cursor = RawCursor(self.connection) if is_raw else self.create_cursor()
        self._prepare_cursor(cursor).execute(text, values)  # type: ignore[attr-defined]
        result = cursor.pgresult
        return cursor.fetchall() if result is not None and result.status == ExecStatus.TUPLES_OK else []

    def _prepared(self, text: str, *, is_raw: bool) -> PreparedStatement:
        # The connection's own, since it is lent to one thread after the other.
        prepared: dict[str, PreparedStatement] = vars(self.connection).setdefault("prepared_statements", {})
        if text not in prepared:
            if len(prepared) >= MOST_STATEMENTS:
                prepared.clear()
            prepared[text] = PreparedStatement(self.connection, text, is_raw=is_raw)
        return prepared[text]

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
