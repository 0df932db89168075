"""What staff see before they save hours or time off that would uncover what is booked."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.utils.safestring import SafeString

from bookings.admin.formatting import label, lines, link
from bookings.admin.labels import state_label
from bookings.admin.uncovered import TITLE, where
from bookings.availability.opening import Openings
from bookings.availability.uncovered import Uncovered, openings_to_come, uncovered_since
from bookings.models import Booking
from findr.console import Consequence, Found
from providers.admin_times import span_lines
from providers.models import Provider

# As many as are shown; the rest is counted.
MOST = 50
_ONE = (
    "1 visit, request or suggested time would then lie outside the opening hours or in time off. It stays as it is: nothing"
    f' is cancelled, and nobody is told. Until somebody deals with it, it is listed among the bookings as "{TITLE}".'
)
_MANY = (
    "visits, requests or suggested times would then lie outside the opening hours or in time off. They stay as they are:"
    " nothing is cancelled, and nobody is told. Until somebody deals with them, they are listed among the bookings as"
    f' "{TITLE}".'
)


def _found(practice: Provider, before: Openings) -> Found | None:
    times = uncovered_since(practice.id, before)
    if not times:
        return None
    return Found(sentence=_sentence(len(times)), table=_table(practice, times[:MOST]), version=_version(times))


def _sentence(number: int) -> str:
    if number == 1:
        return _ONE
    left = f" The first {MOST} are shown, and {number - MOST} more are not." if number > MOST else ""
    return f"{number} {_MANY}{left}"


def _table(practice: Provider, times: Sequence[Uncovered]) -> dict[str, Any]:
    ids = {one.booking_id for one in times}
    bookings = Booking.objects.select_related("patient", "team_member").order_by().in_bulk(ids)
    return {
        "headers": ["Booking", "With", "When", "State", "Why"],
        "rows": [_row(practice, bookings[one.booking_id], one) for one in times],
    }


def _row(practice: Provider, booking: Booking, one: Uncovered) -> list[SafeString | str]:
    state = state_label(booking.state)
    return [
        lines(link(booking, booking.number), str(booking.patient)),
        booking.team_member.name if booking.team_member else practice.practice_name,
        span_lines(one.start, one.end, practice.zone),
        lines(state, label("suggested time")) if one.suggestion_id else state,
        where(one),
    ]


def _version(times: Sequence[Uncovered]) -> str:
    """Of all of them, those that are not shown included."""
    text = "\n".join(f"{one.booking_id} {one.suggestion_id} {one.start.isoformat()}" for one in times)
    return sha256(text.encode()).hexdigest()


CONSEQUENCES = (Consequence(model="providers.provider", before=openings_to_come, found=_found),)
