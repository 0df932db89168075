"""Mailing once more what a booking's reader should know now, to the address that their account has by now."""

from uuid import UUID

from django.db.models import QuerySet

from bookings.mail_kinds import MailKind
from bookings.mails.stories import account_of, story_of
from bookings.mails.truth import why_untrue
from bookings.models import Booking
from bookings.states import Role
from notifications.models import Delivery
from notifications.services import mails


def last_mail(booking: Booking, reader: Role) -> Delivery | None:
    """The mail to this side that was written last, whatever became of it."""
    return _mails_to(booking.id, reader).first()


def send_again_allowed(booking: Booking, reader: Role) -> bool:
    """Whether any mail to this side still tells what is so."""
    return bool(_true_mails(booking.id, reader))


def send_again(booking_id: UUID, reader: Role) -> int:
    """Send the mails to this side that are still true once more, by the sweep; how many. One on its way is left alone.

    A silence of the address ends: whoever asks says that it works.
    """
    booking = Booking.objects.select_related("patient", "provider__account").get(id=booking_id)
    address = account_of(booking, reader).email
    sent = [mails.send_again(mail.id, address=address) for mail in _true_mails(booking_id, reader)]
    return len([one for one in sent if one])


def _true_mails(booking_id: UUID, reader: Role) -> list[Delivery]:
    """The newest delivery of each that is true."""
    newest: dict[tuple[str, str], Delivery] = {}
    for mail in _mails_to(booking_id, reader):
        newest.setdefault((mail.kind, mail.cause), mail)
    return [mail for mail in newest.values() if _is_true(mail)]


def _is_true(mail: Delivery) -> bool:
    story = story_of(mail.booking_id, mail.cause) if mail.booking_id else None
    return story is not None and not why_untrue(MailKind(mail.kind), story)


def _mails_to(booking_id: UUID, reader: Role) -> QuerySet[Delivery]:
    kinds = [kind.value for kind in MailKind if kind.reader == reader]
    ours = Delivery.objects.filter(booking_id=booking_id, transport=Delivery.Transport.MAIL, kind__in=kinds)
    return ours.order_by("-created_at", "-id")
