"""What patients are mailed. No word of a subject or a heading says why somebody sees a practice."""

from collections.abc import Callable
from datetime import datetime

from bookings import policies
from bookings.mail_kinds import MailKind
from bookings.mails.invitation import calendar_file
from bookings.mails.stories import Story
from bookings.mails.words import given_back, hold, patient_link, visit_facts, when
from bookings.models import Booking
from bookings.states import State
from findr import clock
from findr.money import in_words as money
from notifications.mail.letters import CalendarFile, Letter
from providers.wall_times import in_full, span_in_full


def _letter(
    booking: Booking,
    heading: str,
    *paragraphs: str,
    quote: str = "",
    label: str = "See the booking",
    more_facts: tuple[tuple[str, str], ...] = (),
    calendar: CalendarFile | None = None,
) -> Letter:
    return Letter(
        subject=f"{heading} ({booking.number})",
        heading=heading,
        paragraphs=tuple(filter(None, paragraphs)),
        facts=(*more_facts, *visit_facts(booking)),
        quote=quote,
        link=patient_link(booking, label),
        why="You get this mail because you booked with findr. Times are those of the practice.",
        calendar=calendar,
    )


def _request_sent(story: Story) -> Letter:
    booking = story.booking
    answer = f"{booking.provider.practice_name} answers by {_deadline(booking)}."
    otherwise = "If nobody does, the request ends by itself and you are not charged."
    return _letter(booking, "Your booking request was sent", f"{answer} {otherwise}", hold(booking))


def _confirmed(story: Story) -> Letter:
    booking = story.booking
    paid = f"{money(booking.payment.captured_cents)} was charged to your card." if booking.price_cents else ""
    return _letter(
        booking,
        "Your appointment is confirmed",
        f"{booking.provider.practice_name} expects you. The attached file puts the visit into your calendar.",
        paid,
        _cancelling(booking),
        quote=booking.confirmation_note,
        calendar=calendar_file(story),
    )


def _moved(story: Story) -> Letter:
    booking = story.booking
    then = story.cause.data["from"]
    was = span_in_full(_moment(then["startTime"]), _moment(then["endTime"]), booking.provider.zone)
    return _letter(
        booking,
        "Your appointment was moved",
        f"It has another time: {when(booking)}. The attached file moves it in your calendar too.",
        "If the new time does not suit you, please call the practice, or cancel the visit in the app.",
        _cancelling(booking),
        more_facts=(("It was", was),),
        calendar=calendar_file(story),
    )


def _declined(story: Story) -> Letter:
    booking = story.booking
    return _letter(
        booking,
        "Your request was not accepted",
        f"{booking.provider.practice_name} could not accommodate it.",
        given_back(booking),
        quote=booking.decline_reason,
    )


def _times_suggested(story: Story) -> Letter:
    booking = story.booking
    times = list(booking.suggestions.filter(closed_at=None))
    number = "another time" if len(times) == 1 else f"{len(times)} other times"
    zone = booking.provider.zone
    choose = "Take it" if len(times) == 1 else "Choose one of them"
    return _letter(
        booking,
        "Other times were suggested to you",
        f"{booking.provider.practice_name} suggested {number}. {choose}, or decline, by {_deadline(booking)}.",
        "If you do not answer, the request ends by itself and you are not charged.",
        quote=booking.suggestion_message,
        label="Answer in the app",
        more_facts=tuple(
            (f"Time {number}", span_in_full(time.start, time.end, zone)) for number, time in enumerate(times, start=1)
        ),
    )


def _cancelled(story: Story) -> Letter:
    booking, was_visit = story.booking, bool(story.booking.confirmed_at)
    what = "appointment" if was_visit else "request"
    who = {"user": "You", "provider": booking.provider.practice_name}.get(booking.cancelled_by, "The staff of findr")
    return _letter(
        booking,
        f"Your {what} was cancelled",
        f"{who} cancelled it.{' The attached file takes it out of your calendar.' if was_visit else ''}",
        given_back(booking),
        quote=booking.cancellation_reason,
        calendar=calendar_file(story) if was_visit else None,
    )


def _expired(story: Story) -> Letter:
    booking = story.booking
    nobody = f"{booking.provider.practice_name} did not answer in time."
    if story.cause.data.get("reason") == "patient_no_answer":
        nobody = "None of the suggested times was taken in time."
    return _letter(booking, "Your booking request expired", nobody, given_back(booking))


def _payment_failed(story: Story) -> Letter:
    booking = story.booking
    return _letter(
        booking,
        "Your booking has ended: the payment failed",
        "The money for it could not be had, so the visit does not take place.",
        given_back(booking),
        "You can book again with another card.",
    )


def _reminder(story: Story) -> Letter:
    booking = story.booking
    return _letter(booking, "Your appointment is coming up", f"It is on {when(booking)}.", _cancelling(booking))


def _cancelling(booking: Booking) -> str:
    """Until when cancelling is free; nothing once that has passed, or if there is nothing to pay."""
    if not booking.price_cents or booking.state != State.CONFIRMED:
        return ""
    free_until = booking.start - policies.FEE_BOUNDS[booking.cancellation_tier][0]
    if free_until <= clock.now():
        return "If you cancel now, a fee is kept; the app shows how much."
    return f"You can cancel free of charge until {in_full(free_until, booking.provider.zone)}."


def _deadline(booking: Booking) -> str:
    """Of what waits; it has one (`truth`)."""
    return in_full(booking.expires_at or booking.start, booking.provider.zone)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


LETTERS: dict[MailKind, Callable[[Story], Letter]] = {
    MailKind.REQUEST_SENT: _request_sent,
    MailKind.CONFIRMED: _confirmed,
    MailKind.MOVED: _moved,
    MailKind.DECLINED: _declined,
    MailKind.TIMES_SUGGESTED: _times_suggested,
    MailKind.CANCELLED: _cancelled,
    MailKind.EXPIRED: _expired,
    MailKind.PAYMENT_FAILED: _payment_failed,
    MailKind.REMINDER_DAY: _reminder,
    MailKind.REMINDER_HOUR: _reminder,
}
