"""Mail as one of the transports: what is asked before a letter is handed over, and what its failures come to."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from findr import clock
from findr.switches import Switch, is_on
from notifications.answers import Answers, NotSent, Refused, TryLater
from notifications.mail.letters import Letter
from notifications.mail.sending import MailError, send_each, sender_domain, write
from notifications.mail.silence import is_silenced, silence
from notifications.models import Delivery, Notification, SilencedAddress
from notifications.signals import asked_for_letter


class Mails:
    """Each mail is a delivery with an address, a kind and a cause, and belongs to no notification."""

    def owed(self, notifications: Sequence[Notification]) -> Sequence[Delivery]:
        """None: mails are promised by the change itself (`notifications.services.mails`)."""
        return ()

    def send_each(self, deliveries: Sequence[Delivery]) -> Iterator[Answers]:
        """Write the letters as things stand now, and hand them to the mail service."""
        written = {delivery.id: _written(delivery) for delivery in deliveries}
        yield {one: why for one, why in written.items() if isinstance(why, Exception)}
        ready = [(one, mail) for one in deliveries if not isinstance(mail := written[one.id], Exception)]
        for answers in send_each([mail for _, mail in ready]):
            yield {ready[place][0].id: _outcome(ready[place][0], answer) for place, answer in answers.items()}


def _written(delivery: Delivery) -> EmailMultiAlternatives | Exception:
    """The mail as things stand now, or why there is none."""
    try:
        if not is_on(Switch.MAIL):
            return NotSent("switched_off")
        if is_silenced(delivery.address):
            return NotSent("silenced")
        return write(_letter_of(delivery), to=delivery.address, message_id=message_id_of(delivery))
    except MailError as error:
        return _refusal(delivery, error)
    except Exception as error:  # A defect in one stops none of the others.
        return error


def _outcome(delivery: Delivery, answer: str | MailError) -> str | Exception:
    return answer if isinstance(answer, str) else _refusal(delivery, answer)


def _refusal(delivery: Delivery, error: MailError) -> Exception:
    if error.is_address:
        silence(delivery.address, SilencedAddress.Reason.BOUNCED)
    if not error.retryable:
        return Refused(error.code)
    if clock.now() - delivery.created_at > timedelta(hours=settings.MAIL_GIVE_UP_HOURS):
        return Refused(f"{error.code}, for too long")
    return TryLater(error.code)


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
