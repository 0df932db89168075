"""Compiled queries: reads whose SQL is made once, and which differ in their values alone from then on.

Django makes the text of every statement anew, which takes longer than PostgreSQL takes to run the small ones that a
booking consists of. What is kept here is Django's own text; rows of models are made as Django makes them (`compiled_rows`).
"""

from collections.abc import Callable, Sequence
from copy import copy
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.compiler import SQLCompiler
from django.db.models import Expression, QuerySet
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError

from findr.postgresql.compiled_rows import RowMaker

P = ParamSpec("P")
M = TypeVar("M")


class Parameter(Expression):
    """A value that is not known yet: the place of one argument of a compiled query."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.index = index

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """A placeholder, and this in the place of its value."""
        return "%s", (self,)


def compiled(build: Callable[P, QuerySet[Any, M]]) -> Callable[P, list[M]]:
    """A read whose SQL is made at its first call: `build` is called once, with a `Parameter` for each argument.

    All that may differ from call to call is an argument: a moment or a setting that `build` looks up by itself would stay
    what it was. Arguments are given by position, and are values as PostgreSQL takes them: no rows, no collections, no
    None where NULL is looked for. Nothing is prefetched.

    Raises:
        TransactionManagementError: it locks rows, and no transaction is open.
    """
    made: list[_CompiledQuery] = []

    @wraps(build)
    def run(*values: Any) -> list[M]:
        if not made:
            made.append(_CompiledQuery(cast("Any", build)(*map(Parameter, range(len(values))))))
        return made[0].fetch(values)

    return cast("Callable[P, list[M]]", run)


class _CompiledQuery:
    """The SQL of a queryset, and what Django makes its rows with."""

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        self._make_rows: Any = queryset._iterable_class
        self._compiler = _Compiler(queryset.query, connections[DEFAULT_DB_ALIAS], DEFAULT_DB_ALIAS)
        self._compiler.keep()
        self._locks = queryset.query.select_for_update
        is_of_models = issubclass(self._make_rows, ModelIterable)
        self._rows = RowMaker(*self._compiler.described()) if is_of_models else None

    def fetch(self, values: Sequence[Any]) -> list[Any]:
        """The rows, for these values."""
        database: Any = connections[DEFAULT_DB_ALIAS]  # This thread's.
        if self._locks and database.get_autocommit():
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        values = [value.value if isinstance(value, Enum) else value for value in values]
        if self._rows and not self._compiler.is_composite:
            return self._rows.make_all(self._compiler.columns(database, values))
        compiler = copy(self._compiler)
        compiler.connection, compiler.values = database, values
        return list(self._make_rows(_Bound(compiler)))


class _Compiler(SQLCompiler):
    """Django's, whose text is made once; each call that Django makes the rows of has a copy, with its values."""

    text: str
    parameters: tuple[Any, ...]
    values: Sequence[Any]
    converters: dict[int, Any]
    is_composite: bool

    def keep(self) -> None:
        """Make the text, and look up what a column's values are converted with."""
        self.text, self.parameters = super().as_sql()
        columns = [column for column, *_ in self.select[: self.col_count]]
        self.converters = super().get_converters(columns)
        self.is_composite = super().has_composite_fields(columns)

    def described(self) -> tuple[dict[str, Any], list[Any], dict[str, int]]:
        """What rows of models are made of: whose they are, which columns, and the places of what was annotated."""
        return self.klass_info, self.select, self.annotation_col_map

    def columns(self, database: Any, values: Sequence[Any]) -> list[Sequence[Any]]:
        """The rows for these values, converted, as Django's `results_iter` gives them."""
        rows = self._fetch(database, values)
        if self.converters:
            rows = [list(row) for row in rows]
        for place, (converters, column) in self.converters.items():
            for row in rows:
                for convert in converters:
                    row[place] = convert(row[place], column, database)
        return rows

    def _fetch(self, database: Any, values: Sequence[Any]) -> list[Any]:
        rows: list[Any] = database.fetch(self.text, self._given(values))
        # What it is ordered by may have been selected as well.
        return [row[: self.col_count] for row in rows] if self.has_extra_select else rows

    def _given(self, values: Sequence[Any]) -> list[Any]:
        """The values in the places of their parameters."""
        return [values[one.index] if isinstance(one, Parameter) else one for one in self.parameters]

    def execute_sql(self, *args: Any, **options: Any) -> Any:
        """The rows, all of them, as one chunk."""
        return [self._fetch(self.connection, self.values)]

    def get_converters(self, expressions: Any) -> dict[int, Any]:
        """Those of the selected columns."""
        return self.converters

    def has_composite_fields(self, expressions: Any) -> bool:
        """Whether one of the selected columns is several."""
        return self.is_composite

    def as_sql(self, *args: Any, **options: Any) -> tuple[str, tuple[Any, ...]]:
        """The text, and its values."""
        return self.text, tuple(self._given(self.values))


class _Bound:
    """As much of a queryset as Django's makers of rows look at (`django.db.models.query.ModelIterable`)."""

    def __init__(self, compiler: _Compiler) -> None:
        self.compiler, self.query, self.db = compiler, self, DEFAULT_DB_ALIAS
        self._known_related_objects: dict[Any, Any] = {}

    def get_compiler(self, *args: Any, **options: Any) -> _Compiler:
        """That of the query which this stands for."""
        return self.compiler
