"""Which hours of the days are worth showing, and the days as far as they are shown."""

from collections.abc import Sequence
from dataclasses import replace

from bookings.admin.week.axis import Axis
from bookings.admin.week.clocks import ClockDay
from bookings.admin.week.drawn import Box, DrawnDay
from bookings.admin.week.span import Span

_HOUR = 60
# What is shown of a week in which nothing is.
_USUAL = Span(8 * _HOUR, 18 * _HOUR)


def window_of(axis: Axis, days: Sequence[ClockDay], drawn: Sequence[DrawnDay]) -> Span:
    """The full hours between which there is anything to see.

    Of what goes on over midnight it is an hour of its beginning, and one of its end, or the night would be shown for it.
    """
    seen = [day.open for day in drawn if day.open]
    seen += [_worth(day, box) for day, one in zip(days, drawn, strict=True) for box in one.boxes if _is_bound(day, box)]
    seen = seen or [_USUAL]
    top, bottom = min(one.top for one in seen), max(one.bottom for one in seen)
    return Span(max(top // _HOUR * _HOUR, 0), min(-(-bottom // _HOUR) * _HOUR, axis.end))


def _is_bound(day: ClockDay, box: Box) -> bool:
    """Whether it begins or ends on this day."""
    return box.entry.start >= day.begins or box.entry.end <= day.ends


def _worth(day: ClockDay, box: Box) -> Span:
    if box.entry.end > day.ends:
        return Span(box.span.top, box.span.top + _HOUR)
    if box.entry.start < day.begins:
        return Span(box.span.bottom - _HOUR, box.span.bottom)
    return box.span


def through(window: Span, day: DrawnDay) -> DrawnDay:
    """The same day in a picture that shows this much of it."""
    return replace(
        day,
        open=day.open and day.open.seen_in(window),
        gaps=[seen for gap in day.gaps if (seen := gap.seen_in(window))],
        boxes=[replace(box, span=seen) for box in day.boxes if (seen := box.span.seen_in(window))],
    )
