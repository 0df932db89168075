"""What each change owes to whom: one table (contract 15.4-15.6), and the one place where it is written.

A change is owed its effects where it is made (`transitions.move`), and they are written when everything else of its
transaction is done, so that a frame shows the booking and its money as they are committed. Feed counters are the last
locks taken.
"""

from dataclasses import dataclass
from enum import StrEnum

from bookings import announcements
from bookings.changes import Change, ChangeKind
from bookings.models import Booking
from bookings.models.booking import Decision
from bookings.selectors.views import NO_EVENT, PENDING
from bookings.states import Role
from calendars.services.events import Visit, want_event, want_moved_event, want_no_event
from findr.transactions import before_commit
from notifications.services import publish


class InCalendar(StrEnum):
    """What becomes of the visit's event in the practice's calendar."""

    WRITTEN = "written"
    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True)
class Effects:
    """The types of the frames that one change owes each side, and what it owes the calendar; None: nothing.

    Attributes:
        provider_push: the type of the push that goes with the practice's frame, which has words of its own.
    """

    patient_frame: str | None = None
    provider_frame: str | None = None
    calendar: InCalendar | None = None
    provider_push: str | None = None

    @property
    def patient_push(self) -> str | None:
        """The type of the push that goes with the patient's frame: each frame has one, of the same name."""
        return self.patient_frame


EFFECTS: dict[ChangeKind, Effects] = {
    ChangeKind.REQUESTED: Effects("booking_pending", "booking.new", provider_push="new_booking_request"),
    ChangeKind.AUTHENTICATION_REQUIRED: Effects("payment_required"),
    ChangeKind.CONFIRM_STARTED: Effects(),
    ChangeKind.CARD_REFUSED: Effects("payment_required", "booking.updated"),
    ChangeKind.CONFIRMED: Effects("booking_confirmed", "booking.confirmed", InCalendar.WRITTEN, "booking_confirmed"),
    ChangeKind.TIMES_SUGGESTED: Effects("times_suggested", "booking.updated"),
    ChangeKind.VISIT_WENT_ON: Effects(provider_frame="booking.updated"),
    ChangeKind.MOVED: Effects("booking_confirmed", "booking.updated", InCalendar.MOVED),
    ChangeKind.DECLINED: Effects("booking_declined", "booking.cancelled", provider_push="booking_cancelled"),
    ChangeKind.CANCELLED: Effects("booking_cancelled", "booking.cancelled", InCalendar.DELETED, "booking_cancelled"),
    ChangeKind.EXPIRED: Effects("booking_expired", "booking.cancelled", provider_push="booking_expired"),
    ChangeKind.PAYMENT_FAILED: Effects("payment_required", "booking.cancelled", provider_push="booking_cancelled"),
    ChangeKind.REFUNDED: Effects(provider_frame="booking.updated"),
}


def effects_of(booking: Booking, change: Change) -> Effects:
    """What a change of this booking owes: for whoever writes it, and for the books."""
    kind = change.kind(is_declined=booking.declined_at is not None)
    owed = EFFECTS[kind]
    # Not when the patient's own call is being answered with it at this moment.
    is_answered = owed.patient_frame == "payment_required" and change.actor.source == "app"
    return Effects(
        patient_frame=None if is_answered else owed.patient_frame,
        provider_frame=owed.provider_frame if booking.secured_at else None,
        # What was never confirmed was never written.
        calendar=owed.calendar if booking.confirmed_at else None,
        provider_push=owed.provider_push
        if booking.secured_at and not _is_its_own_doing(booking, change, kind)
        else None,
    )


def _is_its_own_doing(booking: Booking, change: Change, kind: ChangeKind) -> bool:
    """Whether the practice need not be pushed what it, or staff in its place, has just done (contract 14.3)."""
    if kind == ChangeKind.CONFIRMED:  # By the system, once the money is there; this says whose yes it was.
        return booking.decision == Decision.CONFIRM
    return kind in (ChangeKind.DECLINED, ChangeKind.CANCELLED) and change.actor.role == Role.PROVIDER


def owe(booking: Booking, change: Change) -> None:
    """Have the effects of a change written at the end of its transaction."""
    before_commit(lambda: _write(booking, change))


def _write(booking: Booking, change: Change) -> None:
    owed, calendar_sync = effects_of(booking, change), None
    match owed.calendar:
        case InCalendar.WRITTEN:
            calendar_sync = PENDING if want_event(visit_of(booking)) else NO_EVENT
        case InCalendar.MOVED:
            want_moved_event(visit_of(booking))
        case InCalendar.DELETED:
            want_no_event(booking.id)
    frames = []
    if owed.patient_frame:
        frames.append(announcements.patient_frame(owed.patient_frame, booking, change))
    if owed.provider_frame:
        frame = announcements.provider_frame(
            owed.provider_frame, booking, calendar_sync=calendar_sync, push_type=owed.provider_push
        )
        frames.append(frame)
    publish(frames)


def visit_of(booking: Booking) -> Visit:
    """What a calendar may know of it."""
    return Visit(
        booking_id=booking.id,
        provider_id=booking.provider_id,
        member_id=booking.team_member_id,
        number=booking.number,
        service_name=booking.service_name,
        start=booking.start,
        end=booking.end,
        timezone=booking.provider.timezone,
    )
