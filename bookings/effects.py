"""What each change owes to whom: one table (contract 15.4-15.6), and the one place where it is written.

A change is owed its effects where it is made (`transitions.move`), and they are written when everything else of its
transaction is done, so that a frame shows the booking and its money as they are committed. Feed counters are the last
locks taken.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bookings import announcements
from bookings.changes import Change, ChangeKind, change_of
from bookings.mail_kinds import MailKind
from bookings.models import Booking, BookingEvent
from bookings.models.booking import Decision
from bookings.selectors.views import NO_EVENT, PENDING
from bookings.states import Role
from calendars.services.events import Visit, want_event, want_moved_event, want_no_event
from findr.outbox.jobs import promise, promise_each
from findr.postgresql.unit_of_work import flush
from findr.transactions import before_commit
from notifications.services import Frame, publish


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
        mails: both sides', in `bookings/mails`.
    """

    patient_frame: str | None = None
    provider_frame: str | None = None
    calendar: InCalendar | None = None
    provider_push: str | None = None
    mails: tuple[MailKind, ...] = ()

    @property
    def patient_push(self) -> str | None:
        """The type of the push that goes with the patient's frame: each frame has one, of the same name."""
        return self.patient_frame


EFFECTS: dict[ChangeKind, Effects] = {
    ChangeKind.REQUESTED: Effects(
        "booking_pending",
        "booking.new",
        provider_push="new_booking_request",
        mails=(MailKind.REQUEST_SENT, MailKind.NEW_REQUEST),
    ),
    ChangeKind.AUTHENTICATION_REQUIRED: Effects("payment_required"),
    ChangeKind.CONFIRM_STARTED: Effects(),
    ChangeKind.CARD_REFUSED: Effects("payment_required", "booking.updated"),
    ChangeKind.CONFIRMED: Effects(
        "booking_confirmed",
        "booking.confirmed",
        InCalendar.WRITTEN,
        "booking_confirmed",
        mails=(MailKind.CONFIRMED, MailKind.VISIT_BOOKED),
    ),
    ChangeKind.TIMES_SUGGESTED: Effects("times_suggested", "booking.updated", mails=(MailKind.TIMES_SUGGESTED,)),
    ChangeKind.VISIT_WENT_ON: Effects(provider_frame="booking.updated"),
    ChangeKind.MOVED: Effects(
        "booking_confirmed", "booking.updated", InCalendar.MOVED, mails=(MailKind.MOVED, MailKind.VISIT_MOVED)
    ),
    ChangeKind.DECLINED: Effects(
        "booking_declined",
        "booking.cancelled",
        provider_push="booking_cancelled",
        mails=(MailKind.DECLINED, MailKind.CALLED_OFF),
    ),
    ChangeKind.CANCELLED: Effects(
        "booking_cancelled",
        "booking.cancelled",
        InCalendar.DELETED,
        "booking_cancelled",
        mails=(MailKind.CANCELLED, MailKind.CALLED_OFF),
    ),
    ChangeKind.EXPIRED: Effects(
        "booking_expired",
        "booking.cancelled",
        provider_push="booking_expired",
        mails=(MailKind.EXPIRED, MailKind.REQUEST_EXPIRED),
    ),
    ChangeKind.PAYMENT_FAILED: Effects(
        "payment_required",
        "booking.cancelled",
        provider_push="booking_cancelled",
        mails=(MailKind.PAYMENT_FAILED, MailKind.NOT_PAID),
    ),
    ChangeKind.REFUNDED: Effects(provider_frame="booking.updated"),
}


def effects_of(booking: Booking, change: Change) -> Effects:
    """What a change of this booking owes: for whoever writes it, and for the books."""
    kind = change.kind(is_declined=booking.declined_at is not None)
    owed = EFFECTS[kind]
    # Not when the patient's own call is being answered with it at this moment.
    is_answered = owed.patient_frame == "payment_required" and change.actor.source == "app"
    to_practice = booking.secured_at is not None and not _is_its_own_doing(booking, change, kind)
    to_patient = booking.secured_at is not None and not is_answered
    return Effects(
        patient_frame=None if is_answered else owed.patient_frame,
        provider_frame=owed.provider_frame if booking.secured_at else None,
        # What was never confirmed was never written.
        calendar=owed.calendar if booking.confirmed_at else None,
        provider_push=owed.provider_push if to_practice else None,
        mails=tuple(one for one in owed.mails if (to_patient if one.reader == Role.PATIENT else to_practice)),
    )


def _is_its_own_doing(booking: Booking, change: Change, kind: ChangeKind) -> bool:
    """Whether the practice need not be pushed, nor mailed, what it, or staff in its place, has just done (contract 14.3)."""
    if kind == ChangeKind.CONFIRMED:  # By the system, once the money is there; this says whose yes it was.
        return booking.decision == Decision.CONFIRM
    return kind in (ChangeKind.DECLINED, ChangeKind.CANCELLED) and change.actor.role == Role.PROVIDER


def owe(booking: Booking, change: Change) -> None:
    """Have the effects of a change written at the end of its transaction."""
    owe_all([(booking, change)])


def owe_all(changes: Sequence[tuple[Booking, Change]]) -> None:
    """As `owe`, of many changes at once: what they owe is written together."""
    before_commit(lambda: _write(changes))


def _write(changes: Sequence[tuple[Booking, Change]]) -> None:
    flush()  # The lines of history have their numbers then.
    frames: list[Frame] = []
    mails: list[dict[str, Any]] = []
    for booking, change in changes:
        owed = effects_of(booking, change)
        frames += _frames(booking, change, owed, _in_calendar(booking, owed))
        if owed.mails:
            mails.append(_mail_job(booking, owed.mails, change.line.id if change.line else None))
    promise_each("bookings.mail", mails)
    publish(frames)


def _in_calendar(booking: Booking, owed: Effects) -> str | None:
    """Have the visit's event written, moved or deleted; how far the calendar has it, where that is known now."""
    match owed.calendar:
        case InCalendar.WRITTEN:
            return PENDING if want_event(visit_of(booking)) else NO_EVENT
        case InCalendar.MOVED:
            want_moved_event(visit_of(booking))
        case InCalendar.DELETED:
            want_no_event(booking.id)
    return None


def _frames(booking: Booking, change: Change, owed: Effects, calendar_sync: str | None) -> Iterator[Frame]:
    if owed.patient_frame:
        yield announcements.patient_frame(owed.patient_frame, booking, change)
    if owed.provider_frame:
        yield announcements.provider_frame(
            owed.provider_frame, booking, calendar_sync=calendar_sync, push_type=owed.provider_push
        )


def owe_mails(booking: Booking, kinds: Sequence[MailKind]) -> None:
    """Have these mails sent that follow from the clock, each once. In the caller's transaction.

    Their cause is the last line of history that anybody is mailed about: a reminder belongs to the line that gave the
    visit its time, and a visit that is moved has its reminders anew.
    """
    cause = max(event.id for event in booking.events.all() if is_told(event))
    promise("bookings.mail", **_mail_job(booking, kinds, cause))


def _mail_job(booking: Booking, kinds: Sequence[MailKind], cause: int | None) -> dict[str, Any]:
    """Each mail is sent once for each cause: the id of the line of history that it tells of."""
    return {"booking_id": str(booking.id), "kinds": [kind.value for kind in kinds], "cause": str(cause)}


def is_told(event: BookingEvent) -> bool:
    """Whether either side is mailed about lines of this kind."""
    change = change_of(event)
    # A decline and a cancellation are both mailed: which of them it is makes no difference.
    return change is not None and bool(EFFECTS[change.kind(is_declined=False)].mails)


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
