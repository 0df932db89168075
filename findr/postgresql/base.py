"""The backend that `DATABASES` names (https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends)."""

from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg import RawCursor

from findr.postgresql import moments, pooling, session, unit_of_work


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
        """A connection, unless a pooler would share it with others between two transactions."""
        pooling.refuse_shared_sessions(conn_params)
        return super().get_new_connection(conn_params)

    def raw_cursor(self) -> Any:
        """A cursor for text with PostgreSQL's own placeholders ($1), which psycopg does not look through each time."""
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(RawCursor(self.connection))  # type: ignore[attr-defined]

    def _cursor(self, name: str | None = None) -> Any:
        """A cursor, for whoever asks the database something: what waits to be written is written before."""
        unit_of_work.flush()
        return super()._cursor(name)  # type: ignore[misc]

    def _configure_connection(self, connection: Any) -> bool:
        """Once for each new connection, the pool's included; whether there is something to commit."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(*session.beginning())
        return True
