"""What a practice's desk is mailed: that there is something to do or to know, and never who comes, nor why."""

from collections.abc import Callable

from bookings.mail_kinds import MailKind
from bookings.mails.stories import Story
from bookings.mails.words import practice_facts, practice_link
from bookings.models import Booking
from notifications.mail.letters import Letter
from providers.wall_times import in_full


def _letter(booking: Booking, heading: str, *paragraphs: str, label: str = "See it in the portal") -> Letter:
    return Letter(
        subject=f"{heading} ({booking.number})",
        heading=heading,
        paragraphs=paragraphs,
        facts=practice_facts(booking),
        link=practice_link(booking, label),
        why=f"You get this mail because {booking.provider.practice_name} takes bookings with findr. Times are its own.",
    )


def _new_request(story: Story) -> Letter:
    return _to_answer(story, "New booking request", "A patient asks for a visit.")


def _expiring(story: Story) -> Letter:
    return _to_answer(story, "A booking request expires soon", "Nobody has answered it yet.")


def _to_answer(story: Story, heading: str, what: str) -> Letter:
    booking = story.booking
    until = in_full(booking.expires_at or booking.start, booking.provider.zone)
    answer = f"Please confirm it, suggest other times or decline it by {until}. Then it ends by itself."
    return _letter(booking, heading, f"{what} {answer}", label="Answer in the portal")


def _request_expired(story: Story) -> Letter:
    return _letter(
        story.booking, "A booking request expired", "It was not answered in time. The patient was not charged."
    )


def _visit_booked(story: Story) -> Letter:
    return _letter(
        story.booking, "A visit was booked", "It is confirmed and paid for. There is nothing that you have to do."
    )


def _visit_moved(story: Story) -> Letter:
    return _letter(story.booking, "A visit was moved", "The staff of findr gave it another time, and told the patient.")


def _called_off(story: Story) -> Letter:
    booking = story.booking
    what = "visit" if booking.confirmed_at else "booking request"
    who = {"user": "The patient"}.get(booking.cancelled_by, "The staff of findr")
    return _letter(booking, f"A {what} was cancelled", f"{who} cancelled it. Its time is free again.")


def _not_paid(story: Story) -> Letter:
    return _letter(
        story.booking,
        "A booking has ended: the payment failed",
        "The money for it could not be had, so the visit does not take place. Its time is free again.",
    )


LETTERS: dict[MailKind, Callable[[Story], Letter]] = {
    MailKind.NEW_REQUEST: _new_request,
    MailKind.EXPIRING: _expiring,
    MailKind.REQUEST_EXPIRED: _request_expired,
    MailKind.VISIT_BOOKED: _visit_booked,
    MailKind.VISIT_MOVED: _visit_moved,
    MailKind.CALLED_OFF: _called_off,
    MailKind.NOT_PAID: _not_paid,
}
