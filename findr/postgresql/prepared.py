"""Prepared statements: texts that are run again and again, each with its own place in a connection.

The steps are those of psycopg's cursor, made of its own parts: a query finds the places of the values, a transformer passes
them and reads the rows, a connection of libpq asks. A cursor can do more, and takes 40 calls of Python functions for what
are 8 here: a create takes 11 % less of the CPU (docs/performance.md).

https://www.psycopg.org/psycopg3/docs/api/pq.html
https://www.postgresql.org/docs/current/libpq-exec.html#LIBPQ-PQEXECPREPARED
"""

from typing import Any

from psycopg import Connection, OperationalError, errors
from psycopg._preparing import Prepare
from psycopg._queries import PostgresQuery, PostgresRawQuery
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

SUCCESS = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
# A table that it reads was changed since it was prepared, or somebody did away with it: all are prepared anew.
STALE = (errors.FeatureNotSupported, errors.InvalidSqlStatementName)


class PreparedStatement:
    """One text on one connection."""

    def __init__(self, connection: Connection[Any], text: str, *, is_raw: bool) -> None:
        self._connection, self._pgconn, self._text = connection, connection.pgconn, text
        # Those of the connection's cursors, too: psycopg prepares what is asked often, and does away with all after a ROLLBACK.
        self._prepared = connection._prepared
        self._transformer: Any = Transformer(connection)
        self._query: Any = (PostgresRawQuery if is_raw else PostgresQuery)(self._transformer)

    def fetch(self, values: Any) -> list[tuple[Any, ...]]:
        """All rows; none if the statement gives none.

        Raises:
            psycopg.Error: as of every statement.
        """
        if self._query.query:
            self._query.dump(values)
        else:
            self._query.convert(self._text, values)
        self._begin()
        result = self._checked(self._execute())
        if self._prepared._to_flush:
            self._connection.wait(self._prepared.maintain_gen(self._connection))
        if result.status == ExecStatus.COMMAND_OK:
            return []
        self._transformer.set_pgresult(result)
        rows: list[tuple[Any, ...]] = self._transformer.load_rows(0, result.ntuples, tuple)
        return rows

    def _execute(self) -> PGresult:
        query, names = self._query, self._prepared._names
        key = (query.query, query.types)
        if key not in names:
            return self._execute_first()
        names.move_to_end(key)  # It is among the last to be done away with.
        return self._pgconn.exec_prepared(names[key], query.params, query.formats)

    def _execute_first(self) -> PGresult:
        """While it is not prepared, or not for values of these types."""
        query = self._query
        prepare, name = self._prepared.get(query)
        if prepare is Prepare.SHOULD:
            self._checked(self._pgconn.prepare(name, query.query, query.types))
            result = self._pgconn.exec_prepared(name, query.params, query.formats)
        else:
            result = self._pgconn.exec_params(query.query, query.params, query.types, query.formats)
        key = self._prepared.maybe_add_to_cache(query, prepare, name)
        if key is not None:
            self._prepared.validate(key, prepare, name, [result])
        return result

    def _begin(self) -> None:
        """The transaction, if a block was opened and this is its first statement: psycopg leaves it until then."""
        if not self._connection._autocommit and self._pgconn.transaction_status == TransactionStatus.IDLE:
            checked(self._pgconn.exec_(b"BEGIN"))

    def _checked(self, result: PGresult) -> PGresult:
        try:
            return checked(result)
        except STALE:
            self._prepared.clear()
            raise


def checked(result: PGresult) -> PGresult:
    """The result of a statement that PostgreSQL has carried out.

    Raises:
        psycopg.Error: it has not.
    """
    if result.status in SUCCESS:
        return result
    error = errors.error_from_result(result)
    # What PostgreSQL has not said is libpq's: the connection is lost.
    raise error if error.sqlstate else OperationalError(str(error))
