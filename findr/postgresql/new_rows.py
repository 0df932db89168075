"""New rows, made of what is given by name and of their columns' defaults, which are read once for each model.

Django's way asks each column of each row what it is and what it begins with, and tells listeners (signals are not used here).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import NOT_PROVIDED
from django.db.models.base import ModelState


class NewRow(models.Model):
    """A row that is made like that where all of it is given by the names of its columns, or of what they refer to."""

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **values: Any) -> None:
        """As Django's.

        Raises:
            TypeError: there is no such column.
        """
        beginning = _beginning_of(type(self))
        if beginning is None or args or not values.keys() <= beginning.names:
            super().__init__(*args, **values)
            return
        self._state = ModelState()
        row = self.__dict__
        row.update(beginning.constants)
        for name, value in values.items():
            relation = beginning.relations.get(name)
            if relation is None:
                row[name] = value
            elif relation.attname in values:  # Given both ways: which of them counts is Django's to say.
                super().__init__(**values)
                return
            elif type(value) is relation.model:
                relation.put(self, value)
            else:  # None, or something that Django refuses.
                setattr(self, name, value)
        for name, make in beginning.made:
            if name not in row:
                row[name] = make()


@dataclass(frozen=True)
class _Relation:
    """A column that names a row of another table.

    Attributes:
        key: what that row is known by.
    """

    field: Any
    model: type[models.Model]
    attname: str
    key: str

    def put(self, row: models.Model, other: models.Model) -> None:
        """What its descriptor does, where there is one database and the row is new."""
        row.__dict__[self.attname] = getattr(other, self.key)
        row._state.fields_cache[self.field.name] = other
        row._state.db = other._state.db = DEFAULT_DB_ALIAS
        if not self.field.remote_field.multiple:
            self.field.remote_field.set_cached_value(other, row)


@dataclass(frozen=True)
class _Beginning:
    """What the rows of a model begin with.

    Attributes:
        names: by which values can be given, those of relations included.
        constants: what columns have that are not given, the same in each row.
        made: and what is made for each.
        relations: the columns that name a row of another table, by the name under which that row itself is given.
    """

    names: frozenset[str]
    constants: dict[str, Any]
    made: list[tuple[str, Callable[[], Any]]]
    relations: dict[str, _Relation]


@cache
def _beginning_of(model: type[models.Model]) -> _Beginning | None:
    """None where Django has to make the row, or to refuse it."""
    meta = model._meta
    if meta.abstract or meta.parents or meta.private_fields or any(one.generated for one in meta.concrete_fields):
        return None
    fields: Sequence[Any] = meta.concrete_fields
    relations = {
        one.name: _Relation(one, one.related_model, one.attname, one.target_field.attname)
        for one in fields
        if one.is_relation
    }
    constants = {one.attname: one.get_default() for one in fields if not _is_made(one)}
    made = [(one.attname, one.get_default) for one in fields if _is_made(one)]
    return _Beginning(frozenset([*constants, *dict(made), *relations]), constants, made, relations)


def _is_made(field: Any) -> bool:
    if field.has_default():
        return callable(field.default)
    return field.db_default is not NOT_PROVIDED
