"""Saving named columns, and no others: what somebody else changed meanwhile stays."""

from typing import Any

from findr import clock


def save(row: Any, **fields: Any) -> None:
    """Set and save exactly these fields, and the moment where the row keeps one (`updated_at`).

    Raises:
        TypeError: one of them is a state: whoever writes that says so (`save_state`).
    """
    if "state" in fields:
        raise TypeError(f"The state of {row} is not saved along with other fields.")
    _write(row, fields)


def save_state(row: Any, state: str, **fields: Any) -> None:
    """As `save`, with another state: for the few functions that move a row from one to another."""
    _write(row, {"state": state, **fields})


def _write(row: Any, fields: dict[str, Any]) -> None:
    if hasattr(row, "updated_at"):
        fields["updated_at"] = clock.now()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
