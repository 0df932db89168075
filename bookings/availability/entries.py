"""What can stand in a practice's lanes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bookings.availability.schedule import Lane
from bookings.models import Booking


class Kind(StrEnum):
    """What an entry is: see `Entry`."""

    VISIT = "visit"
    REQUEST = "request"
    SUGGESTION = "suggestion"
    CHECKOUT = "checkout"
    RESERVATION = "reservation"
    TIME_OFF = "time_off"
    BUSY = "busy"


@dataclass(frozen=True)
class Entry:
    """Something that stands in a lane, or in several at once, as a practice's calendar does that speaks for all of them.

    Attributes:
        booking: whose time it is, with its patient and team member; None of what is nobody's booking.
        is_uncovered: whether hours or time off, as they stand, do not cover it.
        until: when it lapses; of a reservation alone.
    """

    kind: Kind
    start: datetime
    end: datetime
    lanes: tuple[Lane, ...]
    booking: Booking | None = None
    is_uncovered: bool = False
    until: datetime | None = None
