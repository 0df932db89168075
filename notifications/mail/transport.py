"""Mail as one of the transports: what is asked before a letter is handed over, and what its failures come to."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings

from findr import clock
from findr.switches import Switch, is_on
from notifications.mail.letters import Letter
from notifications.mail.sending import MailError, send, sender_domain
from notifications.mail.silence import is_silenced, silence
from notifications.models import Delivery, Notification, SilencedAddress
from notifications.signals import asked_for_letter
from notifications.transports import NotSent, Refused, TryLater


class Mails:
    """Each mail is a delivery with an address, a kind and a cause, and belongs to no notification."""

    def owed(self, notification: Notification) -> Sequence[Delivery]:
        """None: mails are promised by the change itself (`notifications.services.mails`)."""
        return ()

    def send(self, delivery: Delivery) -> str:
        """Write the letter as things stand now, and hand it to the mail service.

        Raises:
            Refused, TryLater, NotSent
        """
        if not is_on(Switch.MAIL):
            raise NotSent("switched_off")
        if is_silenced(delivery.address):
            raise NotSent("silenced")
        letter = _letter_of(delivery)
        try:
            return send(letter, to=delivery.address, message_id=message_id_of(delivery))
        except MailError as error:
            if error.is_address:
                silence(delivery.address, SilencedAddress.Reason.BOUNCED)
            if not error.retryable:
                raise Refused(error.code) from None
            if clock.now() - delivery.created_at > timedelta(hours=settings.MAIL_GIVE_UP_HOURS):
                raise Refused(f"{error.code}, for too long") from None
            raise TryLater(error.code) from None


def message_id_of(delivery: Delivery) -> str:
    """The same for every try of a mail, so that a mailbox that gets it twice shows it once; another one if staff send it
    again, since it was perhaps lost behind the mailbox's own door.
    """
    return f"{delivery.id.hex}.{int(delivery.created_at.timestamp())}@{sender_domain()}"


def _letter_of(delivery: Delivery) -> Letter:
    answers = asked_for_letter.send(Delivery, delivery=delivery)
    answer = next((answer for _, answer in answers if answer is not None), "unknown")
    if isinstance(answer, Letter):
        return answer
    raise NotSent(answer)
