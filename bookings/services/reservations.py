"""A patient keeps a time while they type their card number (contract 16.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from bookings import policies
from bookings.holds import free_reservations, replacing, take_time
from bookings.models import Reservation, TimeHold
from bookings.services.patients import lock_patient
from findr import clock
from findr.api.idempotency import bind
from findr.errors import NotFound
from findr.transactions import durable
from providers.models import Provider, TeamMember


class ReservationNotFound(NotFound):
    """Unknown, another patient's, ended or consumed."""

    code, error = "reservation_not_found", "Reservation not found"


@dataclass(frozen=True)
class ReservationRequest:
    """What a patient wants to keep."""

    patient_id: UUID
    provider: Provider
    member: TeamMember | None
    start: datetime
    length: timedelta

    @property
    def end(self) -> datetime:
        return self.start + self.length

    @property
    def lane(self) -> UUID:
        return self.member.id if self.member else self.provider.id


def reserve_time(asked: ReservationRequest) -> Reservation:
    """Keep the time for `settings.RESERVATION_SECONDS`; the patient's earlier reservation with this practice is over.

    The calendar is not asked: whether it is free then is found out when the visit is booked.

    Raises:
        TimeInPast, TooSoon, TooFarAhead, SlotTaken: nothing changed.
    """
    policies.notice_of(asked.provider).check(asked.start, now=clock.now())
    return _write(asked)


@durable("the time is reserved")
def _write(asked: ReservationRequest) -> Reservation:
    lock_patient(asked.patient_id)
    now = clock.now()
    reservation = Reservation(
        patient_id=asked.patient_id,
        provider=asked.provider,
        lane=asked.lane,
        start=asked.start,
        end=asked.end,
        expires_at=now + timedelta(seconds=settings.RESERVATION_SECONDS),
        created_at=now,
    )
    if earlier := Reservation.objects.filter(patient=asked.patient_id, provider=asked.provider).first():
        reservation.owner = earlier.owner
    _move_hold(reservation, buffer=timedelta(minutes=asked.provider.buffer_minutes))
    if earlier:
        earlier.delete()
    reservation.save(force_insert=True)
    bind("reservation", reservation.id)
    return reservation


def _move_hold(reservation: Reservation, *, buffer: timedelta) -> None:
    with replacing(TimeHold.objects.filter(owner=reservation.owner)):
        take_time(
            lane=reservation.lane,
            owner=reservation.owner,
            start=reservation.start,
            end=reservation.end + buffer,
            kind=TimeHold.Kind.RESERVATION,
            patient_id=reservation.patient_id,
            lapses_at=reservation.expires_at,
        )


def reservation_of(reservation_id: UUID, patient_id: UUID) -> Reservation:
    """A reservation of this patient that has not ended; ReservationNotFound for any other."""
    mine = Reservation.objects.filter(id=reservation_id, patient=patient_id, expires_at__gt=clock.now())
    if (reservation := mine.first()) is None:
        raise ReservationNotFound
    return reservation


def release_reservation(reservation_id: UUID, patient_id: UUID) -> None:
    """The patient does not want it any more: anybody may have the time.

    Raises:
        ReservationNotFound
    """
    owner = reservation_of(reservation_id, patient_id).owner
    free_reservations(TimeHold.objects.filter(owner=owner).values_list("id", flat=True))


def free_lapsed() -> int:
    """Delete what has lapsed; returns how many. It is in nobody's way, and need not stand there for ever either."""
    lapsed = list(TimeHold.objects.filter(lapses_at__lte=clock.now()).values_list("id", flat=True))
    if lapsed:
        free_reservations(lapsed)
    return len(lapsed)
