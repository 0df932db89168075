"""What a patient asks for, and what of it cannot be had (contract 6.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bookings import policies
from bookings.errors import DuplicateBooking, ReservationExpired, SlotTaken, TooManyOpenRequests
from bookings.selectors.conflicts import Conflicts, conflicts_of
from providers.models import Provider, Service, TeamMember
from providers.selectors import ProviderNotFound


@dataclass(frozen=True)
class BookingRequest:
    """What the patient asks for. The price, the length and the name are the service's, never the client's.

    Attributes:
        timezone: the patient's zone as the app names it, blank if it does not.
        reservation_id: the reservation that the app believes to have.
        has_calendar: whether anybody of the practice may have a calendar connected.
    """

    patient_id: UUID
    provider: Provider
    service: Service
    team_member: TeamMember | None
    start: datetime
    payment_method_id: str
    notes: str
    timezone: str
    reservation_id: UUID | None = None
    has_calendar: bool = True

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.service.duration_minutes)

    @property
    def buffered_end(self) -> datetime:
        return self.end + timedelta(minutes=self.provider.buffer_minutes)

    @property
    def lane(self) -> UUID:
        return self.team_member.id if self.team_member else self.provider.id

    @property
    def notice(self) -> policies.Notice:
        return policies.notice_of(self.provider)


def refuse_conflicts(asked: BookingRequest) -> Conflicts:
    """Refuse what is asked for twice, asked for too often, or taken. Only the patient's lock makes it more than a hint.

    Returns:
        What does not stand in the way, but is known now: the patient's own reservation, their visits so far.

    Raises:
        ProviderNotFound: suspended since it was looked up.
        ReservationExpired, DuplicateBooking, TooManyOpenRequests, SlotTaken
    """
    conflicts = conflicts_of(
        patient_id=asked.patient_id,
        provider_id=asked.provider.id,
        lane=asked.lane,
        start=asked.start,
        end=asked.end,
        buffered_end=asked.buffered_end,
        reservation_id=asked.reservation_id,
    )
    if not conflicts.is_approved:
        raise ProviderNotFound
    if asked.reservation_id and not conflicts.has_reservation:
        raise ReservationExpired
    if conflicts.duplicate_id:
        raise DuplicateBooking(bookingId=str(conflicts.duplicate_id))
    if conflicts.too_many_open:
        raise TooManyOpenRequests
    if conflicts.taken:
        raise SlotTaken
    return conflicts
