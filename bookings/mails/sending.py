"""From a change to its mails: the job's part, and the answer when a mail is about to leave."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bookings.mail_kinds import MailKind
from bookings.mails.letters import letter_of
from bookings.mails.stories import account_of, story_of
from bookings.mails.truth import why_untrue
from bookings.models import Booking
from notifications.mail.letters import Letter
from notifications.models import Delivery
from notifications.services import mails


def send_mails(booking_id: UUID, kinds: Sequence[MailKind], cause: str) -> None:
    """Send the mails of one line of a booking's history, each once.

    Args:
        cause: the line's id.
    """
    booking = Booking.objects.select_related("patient", "provider__account").get(id=booking_id)
    mails.mail(booking_id, cause, {kind.value: account_of(booking, kind.reader).email for kind in kinds})


def answer_letter(sender: Any, *, delivery: Delivery, **_: Any) -> Letter | str | None:
    """Receives `notifications.signals.asked_for_letter`: the letter as the booking stands now, or why there is none."""
    if delivery.booking_id is None or delivery.kind not in list(MailKind):
        return None
    kind = MailKind(delivery.kind)
    story = story_of(delivery.booking_id, delivery.cause)
    if story is None:
        return "unknown"
    return why_untrue(kind, story) or letter_of(kind, story)
