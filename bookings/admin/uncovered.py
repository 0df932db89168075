"""What stands in a practice's book outside its hours or in its time off: before staff save what uncovers it, and from then on."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.utils.safestring import SafeString

from bookings.admin.formatting import label, lines, link
from bookings.admin.labels import state_label
from bookings.availability.opening import Openings
from bookings.availability.uncovered import Uncovered, openings_to_come, uncovered_since, uncovered_times_of
from bookings.models import Booking
from findr.console import Consequence, Found
from providers.admin_times import span, span_lines
from providers.models import Provider

TITLE = "Outside hours or in time off"
# As many as the question shows; the rest it counts.
MOST = 50


def not_covered(booking: Booking) -> list[str]:
    """Each of a booking's times that is not covered, in a sentence."""
    return [
        f"{_what(one)} {span(one.start, one.end, booking.provider.zone)} lies {_where(one)}."
        for one in uncovered_times_of(booking)
    ]


def _what(one: Uncovered) -> str:
    return "The suggested time" if one.suggestion_id else "The time"


def _where(one: Uncovered) -> str:
    return "in time off" if one.is_within_hours else "outside the opening hours"


def _found(practice: Provider, before: Openings) -> Found | None:
    times = uncovered_since(practice.id, before)
    if not times:
        return None
    return Found(sentence=_sentence(len(times)), table=_table(practice, times[:MOST]), version=_version(times))


def _sentence(number: int) -> str:
    one = number == 1
    left = f" The first {MOST} are shown, and {number - MOST} more are not." if number > MOST else ""
    return (
        f"{number} {'visit, request or suggested time' if one else 'visits, requests or suggested times'} would then lie"
        f" outside the opening hours or in time off. {'It stays as it is' if one else 'They stay as they are'}: nothing is"
        f" cancelled, and nobody is told. Until somebody deals with {'it, it is' if one else 'them, they are'} listed"
        f' among the bookings as "{TITLE}".{left}'
    )


def _table(practice: Provider, times: Sequence[Uncovered]) -> dict[str, Any]:
    ids = {one.booking_id for one in times}
    bookings = Booking.objects.select_related("patient", "team_member").order_by().in_bulk(ids)
    return {
        "headers": ["Booking", "With", "When", "State", "Would lie"],
        "rows": [_row(practice, bookings[one.booking_id], one) for one in times],
    }


def _row(practice: Provider, booking: Booking, one: Uncovered) -> list[SafeString | str]:
    state = state_label(booking.state)
    return [
        lines(link(booking, booking.number), str(booking.patient)),
        booking.team_member.name if booking.team_member else practice.practice_name,
        span_lines(one.start, one.end, practice.zone),
        lines(state, label("suggested time")) if one.suggestion_id else state,
        _where(one),
    ]


def _version(times: Sequence[Uncovered]) -> str:
    """Of all of them, those that are not shown included."""
    text = "\n".join(f"{one.booking_id} {one.suggestion_id} {one.start.isoformat()}" for one in times)
    return sha256(text.encode()).hexdigest()


CONSEQUENCES = (Consequence(model="providers.provider", before=openings_to_come, found=_found),)
