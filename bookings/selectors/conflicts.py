"""What stands in the way of a new booking (contract 6.4)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from bookings.selectors.filters import LONGEST_VISIT
from bookings.states import LIVE, State
from findr import clock
from findr.postgresql.statements import fetch
from providers.models import Provider

# OFFSET has PostgreSQL look for the patient's visits to come first, which are few: where it knows nothing of a practice yet, or
# nothing new, all that is booked there would seem as short a way. So would an index by time: the order is that of the patient's
# own index, which no other one has. What has a deadline waits: to name the states would lead to the index of all that do.
_CONFLICTS = """
    SELECT
        (SELECT id FROM (SELECT id, provider_id, start, "end" FROM bookings_booking WHERE patient_id = %(patient)s
            AND state = ANY(%(live)s) AND start > %(since)s ORDER BY start DESC, id OFFSET 0) live
            WHERE provider_id = %(provider)s AND start < %(end)s AND "end" > %(start)s ORDER BY start LIMIT 1),
        (SELECT count(*) FROM bookings_booking WHERE patient_id = %(patient)s AND expires_at IS NOT NULL),
        EXISTS (SELECT FROM bookings_timehold WHERE lane = %(lane)s
            AND during && tstzrange(%(start)s, %(buffered_end)s, '[)')
            AND (lapses_at IS NULL OR lapses_at > %(now)s AND owner NOT IN
                (SELECT owner FROM bookings_reservation WHERE patient_id = %(patient)s))),
        EXISTS (SELECT FROM providers_provider WHERE id = %(provider)s AND status = %(approved)s),
        (SELECT owner FROM bookings_reservation WHERE patient_id = %(patient)s AND provider_id = %(provider)s),
        EXISTS (SELECT FROM bookings_reservation WHERE id = %(reservation)s AND patient_id = %(patient)s
            AND provider_id = %(provider)s AND lane = %(lane)s AND start = %(start)s AND expires_at > %(now)s),
        (SELECT count(*) FROM bookings_booking WHERE patient_id = %(patient)s AND provider_id = %(provider)s
            AND state = %(completed)s)
"""


@dataclass(frozen=True)
class Conflicts:
    """What stands in the way of a new booking.

    Attributes:
        reserved_as: the owner of the patient's own reservation with this practice, which is in nobody's way but others'.
        previous_bookings: see `BookingView`; nobody need ask again.
        has_reservation: whether the reservation that was named is the patient's, of exactly this time, and stands.
    """

    duplicate_id: UUID | None
    open_requests: int
    taken: bool
    is_approved: bool
    reserved_as: UUID | None
    has_reservation: bool
    previous_bookings: int

    @property
    def too_many_open(self) -> bool:
        """The patient already has as many waiting bookings as anybody may."""
        return self.open_requests >= int(settings.MAX_OPEN_REQUESTS)


def conflicts_of(
    *,
    patient_id: UUID,
    provider_id: UUID,
    lane: UUID,
    start: datetime,
    end: datetime,
    buffered_end: datetime,
    reservation_id: UUID | None,
) -> Conflicts:
    """All that may stand in the way of [start, end), in one statement. Only a lock makes it more than a hint."""
    values = {
        "patient": patient_id,
        "provider": provider_id,
        "live": list(LIVE),
        "completed": State.COMPLETED.value,
        "lane": lane,
        "reservation": reservation_id,
        "approved": Provider.Status.APPROVED.value,
        "start": start,
        "since": start - LONGEST_VISIT,
        "end": end,
        "buffered_end": buffered_end,
        "now": clock.now(),
    }
    (found,) = fetch(_CONFLICTS, values)
    return Conflicts(*found)
