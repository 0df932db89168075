"""Which hours of the days are worth showing, and the days as far as they are shown."""

from collections.abc import Sequence
from dataclasses import replace

from bookings.admin.week.axis import Axis
from bookings.admin.week.clocks import ClockDay
from bookings.admin.week.drawn import DrawnDay
from bookings.admin.week.span import Span

_HOUR = 60
# What is shown of a week in which nothing is.
_USUAL = Span(8 * _HOUR, 18 * _HOUR)


def window_of(axis: Axis, days: Sequence[ClockDay], drawn: Sequence[DrawnDay]) -> Span:
    """The full hours between which there is anything: opening hours, and an hour of each beginning and end of what there is.

    What goes on over midnight does not have the whole night shown.
    """
    seen = [day.open for day in drawn if day.open]
    for day, box in ((day, box) for day, one in zip(days, drawn, strict=True) for box in one.boxes):
        if box.entry.start >= day.begins:
            seen.append(Span(box.span.top, box.span.top + _HOUR))
        if box.entry.end <= day.ends:
            seen.append(Span(box.span.bottom - _HOUR, box.span.bottom))
    seen = seen or [_USUAL]
    top, bottom = min(one.top for one in seen), max(one.bottom for one in seen)
    return Span(max(top // _HOUR * _HOUR, 0), min(-(-bottom // _HOUR) * _HOUR, axis.end))


def through(window: Span, day: DrawnDay) -> DrawnDay:
    """The same day in a picture that shows this much of it."""
    return replace(
        day,
        open=day.open and day.open.seen_in(window),
        gaps=[seen for gap in day.gaps if (seen := gap.seen_in(window))],
        boxes=[replace(box, span=seen) for box in day.boxes if (seen := box.span.seen_in(window))],
    )
