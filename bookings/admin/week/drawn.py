"""The picture of a week, as the page shows it: places are minutes from its top."""

from dataclasses import dataclass
from datetime import date

from bookings.admin.week.columns import Column
from bookings.admin.week.span import Span
from bookings.admin.week.when import When
from bookings.availability.entries import Entry


@dataclass(frozen=True)
class Box:
    """An entry, or as much of it as is on one day.

    Attributes:
        column: its column, and how many there are beside each other there.
        link: the page on which something can be done about it; blank if there is none.
    """

    entry: Entry
    span: Span
    column: Column
    when: When
    what: str
    about: list[str]
    link: str


@dataclass(frozen=True)
class DrawnDay:
    """A day: what it is called, when it is open, what there is not, what there is in the order of its beginning."""

    date: date
    name: str
    hours: str
    open: Span | None
    gaps: list[Span]
    note: str
    boxes: list[Box]
    is_today: bool


@dataclass(frozen=True)
class Picture:
    """All of it; `height` in minutes, `ticks` the full hours and where they stand."""

    title: str
    height: int
    ticks: list[tuple[int, str]]
    days: list[DrawnDay]
