"""What migrations need beside Django's own operations."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunSQL
from django.db.migrations.operations.base import Operation

from findr.postgresql.session import migration_setting


class AddIndexWhileServing(AddIndexConcurrently):
    """An index that is built while everybody goes on working; for a migration with `atomic = False`.

    It waits for transactions of others without keeping anybody waiting, so that it may wait long. What an interrupted
    run left behind, an invalid index of this name, is replaced.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Build it."""
        schema_editor.execute("SET lock_timeout = 0")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.execute(f"SET lock_timeout = '{migration_setting('lock_timeout')}'")


def drop_index_while_serving(name: str, definition: str, state: Sequence[Operation] = ()) -> RunSQL:
    """Take an index away that Django made beside a column by itself, while everybody goes on working.

    These are those of foreign keys, and the second ones of unique texts, for LIKE. For a migration with `atomic = False`.

    Args:
        name: as it is in the database.
        definition: what follows the name where it is made anew, such as `ON bookings_payment (intent_id)`.
        state: what Django shall know of it.
    """
    return RunSQL(
        f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"',
        f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" {definition}',
        state,
    )
