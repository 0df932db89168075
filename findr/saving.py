"""Saving named columns, and no others: what somebody else changed meanwhile stays."""

from typing import Any

from findr import clock


def save(row: Any, **fields: Any) -> None:
    """Set and save exactly these fields, and the moment where the row keeps one (`updated_at`)."""
    if hasattr(row, "updated_at"):
        fields["updated_at"] = clock.now()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
