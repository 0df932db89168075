"""Lookups beside Django's own."""

from typing import Any

from django.db import models


class OneOf(models.Lookup[Any]):
    """`state__one_of`: as `state__in`, of a list that is one value to PostgreSQL, an array.

    For constraints. PostgreSQL reads the conditions of a table anew for each statement that writes into it, word by word,
    and of `IN (...)` each word is written with its type, its collation and its place.

    https://www.postgresql.org/docs/current/functions-comparisons.html#FUNCTIONS-COMPARISONS-ANY-SOME
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """`"state" = ANY (%s)`."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", (*values, [str(one) for one in self.rhs])
