"""The only writer of time: taking, securing and freeing what a booking holds of a lane (contract 6.4).

Each runs inside its caller's transaction, under the booking's lock.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from bookings.errors import SlotTaken
from bookings.models import Booking, Reservation, TimeHold
from findr import clock, faults
from findr.deleting import delete_in_parts
from findr.postgresql.statements import fetch
from findr.transactions import RunAgain, durable

_TAKE = """
    INSERT INTO bookings_timehold (lane, owner, during, kind, created_at, lapses_at)
    VALUES (%s, %s, tstzrange(%s, %s, '[)'), %s, %s, %s)
    ON CONFLICT DO NOTHING RETURNING id
"""


def take_time(
    *,
    lane: UUID,
    owner: UUID,
    start: datetime,
    end: datetime,
    kind: TimeHold.Kind,
    patient_id: UUID,
    lapses_at: datetime | None = None,
) -> None:
    """Take [start, end) of a lane for an owner. `end` includes the buffer.

    One statement, and the constraint behind it, decide every race: who comes second waits for the first to commit and
    then gets no row.

    Args:
        patient_id: whose visit it would be: what they have reserved themselves is taken from nobody but them.
        lapses_at: of a reservation, its end.

    Raises:
        SlotTaken: a stranger has some of it.
        RunAgain: a reservation is in the way that has lapsed, or is the patient's own: it goes in a transaction of its
            own, and the service comes again. To delete it in this one is what deadlocks.
    """
    if not fetch(_TAKE, [lane, owner, start, end, kind, clock.now(), lapses_at]):
        raise _refusal(lane, start, end, patient_id)
    faults.reach(f"time taken as a {kind}")


def _refusal(lane: UUID, start: datetime, end: datetime, patient_id: UUID) -> Exception:
    own = Reservation.objects.filter(patient=patient_id).values("owner")
    yields = TimeHold.objects.filter(
        Q(lapses_at__lte=clock.now()) | Q(owner__in=own), lane=lane, kind=TimeHold.Kind.RESERVATION
    )
    in_the_way = list(yields.filter(during__overlap=(start, end)).values_list("id", flat=True))
    return RunAgain(lambda: free_reservations(in_the_way), refusal=SlotTaken()) if in_the_way else SlotTaken()


@durable("reservations are over")
def free_reservations(hold_ids: Collection[int]) -> None:
    """Delete these holds of reservations, and the reservations, in a transaction of its own and in one order for everybody.

    Twice is harmless. A reservation that has another hold by now was made anew meanwhile, and stays.
    """
    holds = TimeHold.objects.filter(id__in=hold_ids, kind=TimeHold.Kind.RESERVATION).order_by("id")
    owners = dict(holds.select_for_update().values_list("id", "owner"))
    TimeHold.objects.filter(id__in=list(owners)).delete()
    made_anew = TimeHold.objects.filter(owner__in=owners.values()).values("owner")
    Reservation.objects.filter(owner__in=owners.values()).exclude(owner__in=made_anew).delete()


def end_reservation(owner: UUID) -> None:
    """The reservation is consumed. In the caller's transaction, which has taken already what it takes instead."""
    TimeHold.objects.filter(owner=owner, kind=TimeHold.Kind.RESERVATION).delete()
    Reservation.objects.filter(owner=owner).delete()
    faults.reach("the reservation is over")


def secure_time(booking: Booking, *, start: datetime, end: datetime, buffer_minutes: int) -> None:
    """Take the decided time for good, beside whatever the booking held before; never assume that it holds it.

    Args:
        buffer_minutes: what is kept free after it.

    Raises:
        SlotTaken: a stranger has some of it.
    """
    take_time(
        lane=booking.lane,
        owner=booking.id,
        start=start,
        end=end + timedelta(minutes=buffer_minutes),
        kind=TimeHold.Kind.BOOKING,
        patient_id=booking.patient_id,
    )


def change_time(booking: Booking, *, start: datetime, end: datetime, buffer_minutes: int) -> None:
    """Take another time for good, and give back all that the booking held before; the two may overlap.

    Raises:
        SlotTaken: a stranger has some of the new time; the old one is still held.
    """
    with replacing(TimeHold.objects.filter(owner=booking.id)):
        secure_time(booking, start=start, end=end, buffer_minutes=buffer_minutes)
    faults.reach("time freed")


@contextmanager
def replacing(holds: QuerySet[TimeHold]) -> Iterator[None]:
    """Give these back once the block has taken what takes their place; the two may overlap if they are of one owner.

    In this order: to delete holds and then insert others in one transaction is what deadlocks.
    """
    before = list(holds.values_list("id", flat=True))
    yield
    TimeHold.objects.filter(id__in=before).delete()


def free_time(*bookings: Booking, keep: tuple[TimeHold.Kind, ...] = ()) -> None:
    """Give back all the time that these bookings hold, except holds of the kinds to `keep`."""
    fetch(_FREE, {"owners": [booking.id for booking in bookings], "keep": list(keep)})
    faults.reach("time freed")


_FREE = "DELETE FROM bookings_timehold WHERE owner = ANY(%(owners)s) AND kind <> ALL(%(keep)s)"


def free_undecided_time(booking: Booking) -> None:
    """Once confirmed, only the decided time is the booking's: not the one it waited with, nor its suggestions."""
    if booking.holds_time or booking.rounds:
        free_time(booking, keep=(TimeHold.Kind.BOOKING,))


def free_decided_time(booking: Booking) -> None:
    """Give back the hold that a decision added; what the booking held before the decision stays."""
    TimeHold.objects.filter(owner=booking.id, kind=TimeHold.Kind.BOOKING).delete()


def delete_past_holds() -> int:
    """Delete the time holds that lie in the past, a day's grace included; returns how many.

    The guard costs the same at five million bookings as at ten thousand, since it only knows what is still to come.
    """
    yesterday = clock.now() - timedelta(days=1)
    return delete_in_parts(TimeHold.objects.filter(during__endswith__lt=yesterday))
