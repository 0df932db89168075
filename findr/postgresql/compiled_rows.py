"""Rows of models, made from a compiled query's columns: what Django's `ModelIterable` makes, without its way through `__init__`.

Django's way asks of each column of each row whether it was given, and tells listeners of each row. Columns that were not selected are deferred, as after `only()`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

from findr.postgresql.new_rows import NewRow

# Puts a row beside another, as `select_related` does.
Setter = Callable[[Any, Any], None]


class RowMaker:
    """Makes rows of one model, with those of others that were selected beside them."""

    def __init__(
        self, described: dict[str, Any], columns: Sequence[Any], annotated: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Args: the compiler's `klass_info`, `select` and `annotation_col_map`, which Django's own makers of rows go by.

        Raises:
            TypeError: this model's rows are not made of their columns alone.
        """
        places: list[int] = described["select_fields"]
        self._model: type[models.Model] = described["model"]
        if described.get("from_parent") or not _is_plain(self._model):
            raise TypeError(f"{self._model.__name__} is more than its columns: let Django make its rows")
        self._begin, self._end = places[0], places[-1] + 1
        self._names = [column.target.attname for column, *_ in columns[self._begin : self._end]]
        self._key = places[self._names.index(self._model._meta.pk_fields[0].attname)]
        self._annotated = list(annotated.items())
        self._beside: list[tuple[RowMaker, Setter, Setter]] = [
            (RowMaker(one, columns), one["local_setter"], one["remote_setter"])
            for one in described.get("related_klass_infos", ())
        ]

    def make_all(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """A row of the model for each row of columns."""
        return [self._make(row) for row in rows]

    def _make(self, columns: Sequence[Any]) -> Any:
        """One row; None where there is none beside another."""
        if columns[self._key] is None:
            return None
        row = self._model.__new__(self._model)
        state = ModelState()
        state.db, state.adding = DEFAULT_DB_ALIAS, False
        row.__dict__.update(zip(self._names, columns[self._begin : self._end], strict=True), _state=state)
        for name, place in self._annotated:
            row.__dict__[name] = columns[place]
        for maker, set_here, set_there in self._beside:
            other = maker._make(columns)
            set_here(row, other)
            if other is not None:
                set_there(other, row)
        return row


def _is_plain(model: type[models.Model]) -> bool:
    """Nothing adds to what the columns say (signals are not used here)."""
    has_own_way = any({"__init__", "from_db"} & vars(base).keys() for base in _own_bases(model))
    return not (has_own_way or model._meta.parents)


def _own_bases(model: type[models.Model]) -> list[type]:
    """Its classes below Django's own, but that which does as Django's does."""
    return [base for base in model.__mro__ if not issubclass(models.Model, base) and base is not NewRow]
