"""What is shown beside a booking, read for a whole list at once (contract 7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from bookings.models import Booking, SuggestedTime
from bookings.states import WAITING, Role, State
from calendars.selectors import sync_statuses
from findr.postgresql.statements import fetch

# Of each pair alone, so that all that is read is what is counted.
_COMPLETED = """
    SELECT patient, provider, (SELECT count(*) FROM bookings_booking
        WHERE patient_id = patient AND provider_id = provider AND state = %s)
    FROM unnest(%s::uuid[], %s::uuid[]) pairs (patient, provider)
"""
# Words of `calendarSyncStatus` (contract 7).
NO_EVENT, PENDING = "not_applicable", "pending"


@dataclass(frozen=True)
class BookingView:
    """A booking, and what must be known beside it to show it: see `views_of`.

    Attributes:
        open_suggestions: what the patient may accept, in the provider's order.
        previous_bookings: how many visits this patient has completed with this practice; known to the practice alone.
        calendar_sync: how far the practice's calendar has the visit; known to the practice and staff.
    """

    booking: Booking
    open_suggestions: Sequence[SuggestedTime]
    previous_bookings: int
    calendar_sync: str


def views_of(bookings: Iterable[Booking], audience: Role, *, calendar_sync: str | None = None) -> list[BookingView]:
    """Bookings as this side is shown them; one statement for each thing beside them, however long the list is.

    Args:
        calendar_sync: what it is of all of them, where that is known already.

    Expects bookings read through `with_parties`, or locked by a service.
    """
    shown = list(bookings)
    suggestions = _open_suggestions(shown)
    if audience == Role.PROVIDER and (uncounted := [one for one in shown if one.previous_bookings is None]):
        _count_previous(uncounted)
    synced = _synced(shown) if audience != Role.PATIENT and calendar_sync is None else {}
    return [
        BookingView(
            booking=booking,
            open_suggestions=suggestions.get(booking.id, ()),
            previous_bookings=(booking.previous_bookings or 0) if audience == Role.PROVIDER else 0,
            calendar_sync=calendar_sync or synced.get(booking.id, NO_EVENT),
        )
        for booking in shown
    ]


def view_of(booking: Booking, audience: Role, *, calendar_sync: str | None = None) -> BookingView:
    """One booking as this side is shown it; `calendar_sync` need not be read where it is known."""
    return views_of([booking], audience, calendar_sync=calendar_sync)[0]


def _open_suggestions(bookings: list[Booking]) -> dict[UUID, list[SuggestedTime]]:
    asked = [booking.id for booking in bookings if booking.rounds and booking.state in WAITING]
    found: dict[UUID, list[SuggestedTime]] = {}
    if asked:
        for suggested in SuggestedTime.objects.filter(booking__in=asked, closed_at=None):
            found.setdefault(suggested.booking_id, []).append(suggested)
    return found


def _synced(bookings: list[Booking]) -> dict[UUID, str]:
    """Only what was confirmed once can have an event."""
    asked = [booking.id for booking in bookings if booking.confirmed_at]
    return sync_statuses(asked) if asked else {}


def _count_previous(bookings: list[Booking]) -> None:
    """Have each of them know how often its patient has been there: once for each call, which shows a booking more than once."""
    pairs = {(booking.patient_id, booking.provider_id) for booking in bookings}
    patients, providers = zip(*pairs, strict=True)
    # Written out: each frame for a practice asks it.
    rows = fetch(_COMPLETED, [State.COMPLETED.value, list(patients), list(providers)])
    counts = {(patient_id, provider_id): number for patient_id, provider_id, number in rows}
    for booking in bookings:
        booking.previous_bookings = counts[booking.patient_id, booking.provider_id]
