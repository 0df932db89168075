"""Deleting what is kept for some days only: a part at a time, so that a night which was left out makes the next one no longer
than a statement may be, and nobody waits for millions of rows at once.
"""

from typing import Any

from django.db.models import QuerySet

PART = 10_000


def delete_in_parts(rows: QuerySet[Any], *, size: int = PART) -> int:
    """Delete these rows, so many in a statement, each in a transaction of its own; returns how many.

    Their model has no triggers, and nothing that would have to go with them.
    """
    deleted, part = 0, size
    while part == size:
        part, _ = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[:size]).delete()
        deleted += part
    return deleted
