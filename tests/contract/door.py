"""An endpoint that writes, and the fields that it takes."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Field:
    """A field of a body.

    Attributes:
        longest: characters; None where any length is merely an unknown id.
        absent: the sentence when it is missing or blank; blank if it may be.
        is_text: otherwise a flag that must be true.
        is_kept: what somebody wrote, and reads again as it was written.
        is_line: on one line, which nothing in it breaks or turns.
    """

    name: str
    longest: int | None = None
    absent: str = ""
    is_text: bool = True
    is_kept: bool = False
    is_line: bool = False

    @property
    def invalid(self) -> str:
        return f"{self.name} is invalid"


def free_text(name: str, longest: int, absent: str = "") -> Field:
    return Field(name, longest, absent, is_kept=True)


def line(name: str, longest: int, absent: str = "") -> Field:
    return Field(name, longest, absent, is_kept=True, is_line=True)


def required(name: str, longest: int | None = None, absent: str = "", **options: Any) -> Field:
    return Field(name, longest, absent or f"{name} is required", **options)


@dataclass(frozen=True)
class Door:
    """An endpoint that writes.

    Attributes:
        path: may name a `{booking}`, a payment `{method}`, a `{notification}`, a device's `{address}`, or the `{patient}` or `{provider}` who knocks.
        good: a body that it takes.
        suggested: the booking must have an open suggestion.
    """

    name: str
    path: str
    fields: tuple[Field, ...]
    good: dict[str, Any] = field(default_factory=dict)
    who: str = ""
    method: str = "POST"
    suggested: bool = False

    @property
    def route(self) -> str:
        """As the URL table has it."""
        names = ("booking", "method", "notification", "provider", "reservation")
        path = self.path.format(patient=":user_id", address=":address", **{name: f":{name}_id" for name in names})
        return f"{self.method} {path}"
