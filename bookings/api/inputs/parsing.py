"""A field that cannot be read is refused by its name."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from findr.errors import Invalid
from providers.wall_times import GivenTime, TimeDoesNotExist


def identity_of(given: GivenTime, zone: ZoneInfo) -> datetime | GivenTime:
    """What makes it the same time as another one: its instant; a wall time that the clocks skip is one of its own."""
    try:
        return given.resolve(zone)
    except TimeDoesNotExist:
        return given


def parsed(name: str, parse: Callable[[str], Any], text: str) -> Any:
    """What `parse` makes of a field. Raises Invalid: nothing."""
    try:
        return parse(text)
    except ValueError:
        raise Invalid(f"{name} is invalid", **{name: f"{name} is invalid"}) from None


def required(sentence: str, *names: str) -> Invalid:
    """The refusal of a body without these fields."""
    return Invalid(sentence, **{name: f"{name} is required" for name in names})
