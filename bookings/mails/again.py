"""Mailing once more what a booking's reader should know now, to the address that their account has by now."""

from uuid import UUID

from bookings.mail_kinds import MailKind
from bookings.mails.stories import Story, account_of
from bookings.mails.truth import why_untrue
from bookings.models import Booking
from bookings.states import Role
from notifications.models import Delivery
from notifications.services import mails


def mails_of(booking: Booking) -> list[Delivery]:
    """The mails about it, the newest first, whatever became of them."""
    ours = Delivery.objects.filter(booking_id=booking.id, transport=Delivery.Transport.MAIL, kind__in=list(MailKind))
    return list(ours.order_by("-created_at", "-id"))


def reader_of(mail: Delivery) -> Role:
    """Whose it is."""
    return MailKind(mail.kind).reader


def still_true(booking: Booking, mails: list[Delivery]) -> list[Delivery]:
    """Of these mails, newest first, the last delivery of each one that tells what is so. One statement, if there are any."""
    newest: dict[tuple[str, str], Delivery] = {}
    for mail in mails:
        newest.setdefault((mail.kind, mail.cause), mail)
    lines = {str(event.id): event for event in booking.events.order_by("id")} if newest else {}
    return [
        mail
        for mail in newest.values()
        if (cause := lines.get(mail.cause))
        and not why_untrue(MailKind(mail.kind), Story(booking, list(lines.values()), cause))
    ]


def send_again(booking_id: UUID, reader: Role) -> int:
    """Send the mails to this side that are still true once more, by the sweep; how many. One on its way is left alone.

    A silence of the address ends: whoever asks says that it works.
    """
    booking = Booking.objects.select_related("patient", "provider__account").get(id=booking_id)
    address = account_of(booking, reader).email
    theirs = [mail for mail in mails_of(booking) if reader_of(mail) == reader]
    sent = [mails.send_again(mail.id, address=address) for mail in still_true(booking, theirs)]
    return len([one for one in sent if one])
