"""What a push says, when it is true, and for how long (contract 14.3).

No service, no note and no patient's name is in any: they are shown on locked screens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.models import Booking
from bookings.states import ANSWERABLE, CANCELLED, VISITS, WAITING, State
from bookings.wire.messages import response_hours
from findr import clock
from notifications.models import Notification
from notifications.services import Push
from providers.wall_times import clock_face

RecipientType, Priority = Notification.RecipientType, Notification.Priority
RESPOND = "Respond"
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Text:
    """One row of the contract's table.

    Attributes:
        body: the sentence, of a booking and the number of its suggested times.
        true_in: the states in which it is still so.
    """

    title: str
    body: Callable[[Booking, int], str]
    true_in: tuple[State, ...]
    priority: Notification.Priority = Priority.NORMAL
    action_label: str = "View Details"


def when(booking: Booking) -> str:
    """`Tue, Dec 8 at 9:30 AM`, on the practice's clocks."""
    local = booking.start.astimezone(booking.provider.zone)
    return f"{local:%a, %b} {local.day} at {clock_face(local)}"


def _practice(booking: Booking) -> str:
    return booking.provider.practice_name


def _times(number: int) -> str:
    return "1 other time" if number == 1 else f"{number} other times"


TO_PATIENT: dict[str, Text] = {
    "booking_confirmed": Text(
        "Booking Confirmed",
        lambda booking, _: f"Your appointment with {_practice(booking)} is confirmed",
        true_in=(State.CONFIRMED,),
    ),
    "booking_pending": Text(
        "Booking Request Sent",
        lambda booking, _: f"{_practice(booking)} will respond within {response_hours(booking)}",
        true_in=(State.PENDING_CONFIRMATION,),
    ),
    "booking_declined": Text(
        "Booking Not Available",
        lambda booking, _: f"{_practice(booking)} could not accommodate your request. You were not charged.",
        true_in=(State.CANCELLED_PROVIDER,),
    ),
    "times_suggested": Text(
        "Alternative Times Available",
        lambda booking, number: f"{_practice(booking)} suggested {_times(number)}",
        true_in=(State.RESCHEDULE_PROPOSED,),
        action_label=RESPOND,
    ),
    "booking_cancelled": Text(
        "Booking Cancelled",
        lambda booking, _: f"Your booking with {_practice(booking)} was cancelled",
        true_in=CANCELLED,
    ),
    "booking_expired": Text(
        "Request Expired",
        lambda booking, _: f"Your request to {_practice(booking)} expired. You were not charged.",
        true_in=(State.EXPIRED,),
    ),
    "booking_reminder": Text(
        "Appointment Reminder",
        lambda booking, _: f"Your appointment with {_practice(booking)} is on {when(booking)}",
        true_in=(State.CONFIRMED,),
    ),
    "payment_required": Text(
        "Payment Needed",
        lambda booking, _: f"Please check the payment for your booking with {_practice(booking)}",
        true_in=(State.PENDING_PAYMENT, *ANSWERABLE, State.PAYMENT_FAILED),
        priority=Priority.HIGH,
    ),
}
TO_PROVIDER: dict[str, Text] = {
    "new_booking_request": Text(
        "New Booking Request",
        lambda booking, _: f"A patient asks for {when(booking)}",
        true_in=(State.PENDING_CONFIRMATION,),
        action_label=RESPOND,
    ),
    "booking_confirmed": Text(
        "Booking Confirmed",
        lambda booking, _: f"The booking on {when(booking)} is confirmed",
        true_in=(State.CONFIRMED,),
    ),
    "booking_cancelled": Text(
        "Booking Cancelled",
        lambda booking, _: f"The booking on {when(booking)} was cancelled",
        true_in=(*CANCELLED, State.PAYMENT_FAILED),
    ),
    "booking_expired": Text(
        "Request Expired",
        lambda booking, _: f"The request for {when(booking)} expired",
        true_in=(State.EXPIRED,),
    ),
    "booking_expiring_reminder": Text(
        "Request Expiring Soon",
        lambda booking, _: f"Please answer the request for {when(booking)}",
        true_in=(State.PENDING_CONFIRMATION,),
        priority=Priority.HIGH,
    ),
}
_TEXTS = {RecipientType.USER: TO_PATIENT, RecipientType.PROVIDER: TO_PROVIDER}


def to_patient(push_type: str, booking: Booking, *, suggested: int = 0) -> Push:
    """What the patient is pushed; `suggested`: how many times they may choose from."""
    return _render(RecipientType.USER, push_type, booking, suggested)


def to_provider(push_type: str, booking: Booking) -> Push:
    """What the practice is pushed."""
    return _render(RecipientType.PROVIDER, push_type, booking, 0)


def _render(side: Notification.RecipientType, push_type: str, booking: Booking, suggested: int) -> Push:
    text = _TEXTS[side][push_type]
    return Push(
        recipient_type=side,
        type=push_type,
        title=text.title,
        body=text.body(booking, suggested),
        provider_id=booking.provider_id,
        valid_until=_valid_until(booking, clock.now()),
        priority=text.priority,
        action_label=text.action_label,
    )


def _valid_until(booking: Booking, now: datetime) -> datetime:
    """The deadline of what waits, the start of what is agreed; a day at most, and for what is over."""
    ends = booking.expires_at if booking.state in WAITING else booking.start if booking.state in VISITS else None
    return min(now + LONGEST, ends) if ends else now + LONGEST


def is_still_true(notification: Notification, booking: Booking, suggested: int = 0) -> bool:
    """Whether a push would say the same of the booking as it is now. Expects the practice.

    Args:
        suggested: how many times it has to choose from.
    """
    side = RecipientType(notification.recipient_type)
    text = _TEXTS[side].get(notification.type)
    return text is not None and booking.state in text.true_in and text.body(booking, suggested) == notification.body
