"""The backend that `DATABASES` names (https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends)."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db.backends.base.base import RAN_DB_VERSION_CHECK
from django.db.backends.postgresql import base, operations
from psycopg import Error as PsycopgError
from psycopg import OperationalError, RawCursor
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg_pool import ConnectionPool

from findr.postgresql import moments, pooling, session, unit_of_work
from findr.postgresql.prepared import PreparedStatement, checked

# Of one connection. There are some hundred texts; one that is made for its occasion must not pile up.
MOST_STATEMENTS = 500


class DatabaseOperations(operations.DatabaseOperations):
    """Django's, which can tell what a raw cursor was asked."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> Any:
        """The text of a statement; with its values in it, where they are Django's own placeholders."""
        return sql if isinstance(cursor, RawCursor) else super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, on connections that are findr's own from beginning to end and have their limits.

    Attributes:
        patience: seconds that this thread waits for a connection; None for the pool's own.
    """

    ops_class = DatabaseOperations
    patience: float | None = None

    @contextmanager
    def waiting_at_most(self, seconds: float | None) -> Iterator[None]:
        """For the block, this thread waits no longer than that for a connection that the pool has to give."""
        before, self.patience = self.patience, seconds
        try:
            yield
        finally:
            self.patience = before

    def get_connection_params(self) -> dict[str, Any]:
        """What a connection is made with."""
        parameters = super().get_connection_params()
        return {**parameters, "context": moments.read_by_psycopg(parameters["context"])}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, of the pool if there is one.

        Raises:
            ImproperlyConfigured: a pooler would share its session with others between two transactions.
        """
        pooling.refuse_shared_sessions(conn_params)
        return super().get_new_connection(conn_params)

    def connect(self) -> None:
        """As Django's, which makes a new connection ready; those that the pool keeps are.

        A call takes one twice, since it has none while it waits for a vendor (`findr.concurrency`). Of Django's own way this
        leaves out what nobody here asks for: `connection_created` is not sent (`django.contrib.postgres` would look for the
        types hstore and citext, which are not used), no isolation level is set, and AUTOCOMMIT is taken for true, CONN_MAX_AGE
        for 0 and CONN_HEALTH_CHECKS for false, as a pool needs them.
        """
        pool = self.pool
        # Django opens the pool, and looks once at how old PostgreSQL is.
        if pool is None or pool.closed or self.alias not in RAN_DB_VERSION_CHECK:
            super().connect()
            return
        self.in_atomic_block = self.needs_rollback = self.closed_in_transaction = self.errors_occurred = False
        self.savepoint_ids, self.atomic_blocks, self.run_on_commit = [], [], []
        self.health_check_enabled, self.health_check_done, self.close_at = False, True, monotonic()
        self.connection = _standing(pool, self.patience)
        self._set_autocommit(True)
        self.autocommit = True

    def ensure_connection(self) -> None:
        """As Django's, for whoever has one already."""
        if self.connection is None:
            super().ensure_connection()

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

    def _set_autocommit(self, autocommit: bool) -> None:
        """Psycopg's own way is one to tell PostgreSQL something, with a lock and a wait. It is told nothing."""
        if self.connection.pgconn.transaction_status == TransactionStatus.IDLE:
            self.connection._autocommit = autocommit
        else:
            super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _commit(self) -> None:
        """As psycopg's, whose way is that of all that it tells PostgreSQL by itself, with a lock and a loop that waits."""
        pgconn = self.connection.pgconn if self.connection is not None else None
        if pgconn is None or pgconn.transaction_status != TransactionStatus.INTRANS or self.queries_logged:
            super()._commit()  # type: ignore[misc]
            return
        try:
            checked(pgconn.exec_(b"COMMIT"))
        except PsycopgError:
            with self.wrap_database_errors:
                raise

    def _configure_connection(self, connection: Any) -> bool:
        """Once for each new connection, the pool's included; whether there is something to commit."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(*session.beginning())
        return True


def _standing(pool: ConnectionPool[Any], patience: float | None) -> Any:
    """A connection whose session stands."""
    connection = pool.getconn(patience)
    while not _stands(connection):
        connection.close()
        pool.putconn(connection)  # Which makes another one.
        connection = pool.getconn(patience)
    return connection


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
