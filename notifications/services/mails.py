"""Sending mails: those about a booking, each a row and each once; and those about something else."""

import logging
from collections.abc import Mapping
from uuid import UUID, uuid4

from findr import clock
from findr.outbox import sweeps
from findr.saving import save_state
from findr.switches import Switch, is_on
from findr.transactions import durable
from notifications.mail.letters import Letter
from notifications.mail.sending import MailError, send, sender_domain
from notifications.mail.silence import end_silence, is_silenced, silence
from notifications.models import Delivery, SilencedAddress
from notifications.services import delivering

logger = logging.getLogger(__name__)


def mail(booking_id: UUID, cause: str, addresses: Mapping[str, str]) -> None:
    """Send these mails of one line of a booking's history, unless they are sent already.

    Args:
        cause: which line, in a word of the booking's.
        addresses: of each kind of mail.
    """
    delivering.send_all(_write(booking_id, cause, addresses))


@durable("the mails of a change are written")
def _write(booking_id: UUID, cause: str, addresses: Mapping[str, str]) -> list[UUID]:
    rows = [_row(booking_id, cause, kind, address) for kind, address in addresses.items()]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    ours = Delivery.objects.filter(booking_id=booking_id, transport=Delivery.Transport.MAIL, cause=cause)
    return sweeps.due(ours.filter(state=Delivery.State.WAITING, kind__in=list(addresses)))


@durable("a mail is to be sent again")
def send_again(delivery_id: UUID, *, address: str) -> UUID | None:
    """Have a mail that came to its end sent once more, by the sweep; to another address it is another delivery.

    Whoever asks says that the address works: it is silenced no more.

    Returns:
        The delivery that is on its way now; None if this one still is, or went to somebody who has it.
    """
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
    if delivery.state == Delivery.State.WAITING:
        return None
    end_silence(address)
    if address != delivery.address:
        return _again_to(delivery, address)
    # How long it was tried before counts no more.
    save_state(delivery, Delivery.State.WAITING, created_at=clock.now(), **delivering.anew())
    return delivery.id


def _row(booking_id: UUID | None, cause: str, kind: str, address: str) -> Delivery:
    mail = Delivery.Transport.MAIL
    return Delivery(
        booking_id=booking_id, transport=mail, kind=kind, cause=cause, address=address, claimed_until=clock.now()
    )


def _again_to(delivery: Delivery, address: str) -> UUID | None:
    row = _row(delivery.booking_id, delivery.cause, delivery.kind, address)
    Delivery.objects.bulk_create([row], ignore_conflicts=True)
    return row.id if Delivery.objects.filter(pk=row.id).exists() else None


def send_letter(letter: Letter, *, to: str, message_id: str = "") -> None:
    """Send a mail that is no delivery, now. Nothing is sent while mails are switched off, or to a silenced address.

    Args:
        message_id: the same for every try, if the caller has one; else each try has its own.

    Raises:
        MailError: it may work later; the caller's job tries again.
    """
    if not is_on(Switch.MAIL) or is_silenced(to):
        return
    try:
        send(letter, to=to, message_id=message_id or f"{uuid4()}@{sender_domain()}")
    except MailError as error:
        if error.retryable:
            raise
        logger.warning("A mail was refused for good: %s", error.code)
        if error.is_address:
            silence(to, SilencedAddress.Reason.BOUNCED)
