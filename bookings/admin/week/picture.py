"""Drawing a week: each thing gets its place and its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from bookings.admin.week import words
from bookings.admin.week.axis import Axis
from bookings.admin.week.clocks import ClockDay, WallStretch
from bookings.admin.week.columns import Column, columns_of
from bookings.admin.week.drawn import Box, DrawnDay, Picture
from bookings.admin.week.span import Span
from bookings.admin.week.when import When, clocks_note, hour_text, open_text, short_day, title_of
from bookings.admin.week.window import through, window_of
from bookings.availability.entries import Entry, Kind
from bookings.availability.opening import Hours
from bookings.availability.week import Stretch
from providers.models import Provider


def draw(provider: Provider, days: Sequence[ClockDay], stretch: Stretch, today: date) -> Picture:
    """Draw what there is on these days."""
    axis = Axis.of(days, provider.zone)
    drawing = _Drawing(provider, axis, stretch, today)
    drawn = [drawing.day(day) for day in days]
    window = window_of(axis, days, drawn)
    return Picture(
        title=title_of(days),
        height=window.bottom - window.top,
        ticks=[(top - window.top, hour_text(hour)) for top, hour in axis.hours() if window.top <= top < window.bottom],
        days=[through(window, day) for day in drawn],
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
            name=short_day(day.date),
            hours=open_text(hours),
            open=self.axis.wall_span(day, _minutes(hours)) if hours else None,
            gaps=list(self.axis.gaps(day)),
            note=clocks_note(day),
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
            when=When.of(entry.start, entry.end, self.provider.zone),
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
