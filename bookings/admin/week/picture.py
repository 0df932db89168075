"""The picture of a week: each thing's place in it, in minutes from its top, and its words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.urls import reverse

from bookings.admin.week import words
from bookings.admin.week.axis import Axis, Span
from bookings.admin.week.clocks import ClockDay, WallStretch, day_of
from bookings.admin.week.columns import Column, columns_of
from bookings.admin.week.words import When
from bookings.availability.opening import Hours
from bookings.availability.week import Entry, Kind, Stretch
from providers.models import Provider
from providers.wall_times import clock_face

# What is shown of a week in which nothing is.
_USUAL = Span(8 * 60, 18 * 60)
_HOUR = 60


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


def days_of(provider: Provider, monday: date) -> list[ClockDay]:
    """The seven days of that week."""
    return [day_of(date.fromordinal(monday.toordinal() + index), provider.zone) for index in range(7)]


def draw(provider: Provider, days: Sequence[ClockDay], stretch: Stretch, today: date) -> Picture:
    """Draw what there is on these days."""
    axis = Axis.of(days, provider.zone)
    drawing = _Drawing(provider, axis, stretch, today)
    drawn = [drawing.day(day) for day in days]
    window = _shown(axis, days, drawn)
    return Picture(
        title=words.title_of(days, provider.zone),
        height=window.bottom - window.top,
        ticks=[(top - window.top, _hour(hour)) for top, hour in axis.hours() if window.top <= top < window.bottom],
        days=[_through(window, day) for day in drawn],
    )


@dataclass(frozen=True)
class _Drawing:
    """Days drawn from midnight to midnight."""

    provider: Provider
    axis: Axis
    stretch: Stretch
    today: date

    def day(self, day: ClockDay) -> DrawnDay:
        hours = self.stretch.schedules[0].opening.hours.get(day.date.weekday())
        return DrawnDay(
            date=day.date,
            name=words.short_day(datetime.combine(day.date, time.min, self.provider.zone)),
            hours=_open_text(hours),
            open=self.axis.wall_span(day, _minutes(hours)) if hours else None,
            gaps=list(self.axis.gaps(day)),
            note=words.clocks_note(day),
            boxes=self._boxes(day),
            is_today=day.date == self.today,
        )

    def _boxes(self, day: ClockDay) -> list[Box]:
        entries = [one for one in self.stretch.entries if one.start < day.ends and one.end > day.begins]
        spans = [self.axis.span(max(one.start, day.begins), min(one.end, day.ends)) for one in entries]
        placed = zip(entries, spans, columns_of(spans), strict=True)
        return [self._box(entry, span, column) for entry, span, column in placed]

    def _box(self, entry: Entry, span: Span, column: Column) -> Box:
        return Box(
            entry=entry,
            span=span,
            column=column,
            when=words.when(entry.start, entry.end, self.provider.zone),
            what=words.what_of(entry),
            about=words.about(entry, len(self.stretch.schedules), self.provider.zone),
            link=_link(entry, self.provider),
        )


def _link(entry: Entry, provider: Provider) -> str:
    if entry.booking:
        return reverse("admin:bookings_booking_change", args=[entry.booking.id])
    if entry.kind == Kind.TIME_OFF:
        return f"{reverse('admin:providers_provider_change', args=[provider.id])}#time_off"
    return ""


def _minutes(hours: Hours) -> WallStretch:
    opens, closes = (one.hour * 60 + one.minute for one in hours)
    return WallStretch(opens, closes)


def _open_text(hours: Hours | None) -> str:
    if hours is None:
        return "closed"
    opens, closes = (clock_face(datetime.combine(date.min, one)) for one in hours)
    return f"open {opens} to {closes}"


def _hour(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"


def _shown(axis: Axis, days: Sequence[ClockDay], drawn: Sequence[DrawnDay]) -> Span:
    """The hours that are worth showing: those that are open, and an hour of each beginning and end of what there is.

    What goes on over midnight does not have the whole night shown.
    """
    seen = [day.open for day in drawn if day.open]
    for day, box in ((day, box) for day, one in zip(days, drawn, strict=True) for box in one.boxes):
        if box.entry.start >= day.begins:
            seen.append(Span(box.span.top, box.span.top + _HOUR))
        if box.entry.end <= day.ends:
            seen.append(Span(box.span.bottom - _HOUR, box.span.bottom))
    top, bottom = (
        min((one.top for one in seen), default=_USUAL.top),
        max((one.bottom for one in seen), default=_USUAL.bottom),
    )
    return Span(max(top // _HOUR * _HOUR, 0), min(-(-bottom // _HOUR) * _HOUR, axis.end))


def _through(window: Span, day: DrawnDay) -> DrawnDay:
    """The same in a picture that shows this much of the day."""
    return replace(
        day,
        open=day.open and day.open.seen_in(window),
        gaps=[seen for gap in day.gaps if (seen := gap.seen_in(window))],
        boxes=[replace(box, span=seen) for box in day.boxes if (seen := box.span.seen_in(window))],
    )
