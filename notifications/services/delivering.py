"""Sending what is owed: a row for each message before it is sent, one sender at a time, and its end written once.

A process that dies in between leaves a lease that ends; the sweep finds it, and the message is sent once more: it may
arrive twice, and never not at all.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from findr import clock
from findr.outbox import sweeps
from findr.outbox.leases import claim, failed, handed_back, held_by
from findr.transactions import durable
from notifications.models import Delivery, Notification
from notifications.signals import asked_why_untrue
from notifications.transports import NotSent, Refused, TryLater, transport_named

State = Delivery.State
# How many vendors' answers one run waits for at once.
SENDERS = 8
FAILURE = "Delivery %s could not be sent."


def deliver(notification_id: UUID) -> None:
    """Send a notification by every transport that owes it, and each message of it once."""
    send_all(_fan_out(notification_id))


@durable("what a notification owes is written")
def _fan_out(notification_id: UUID) -> list[UUID]:
    """Write the deliveries that are not written yet; the ids of those that wait."""
    notification = Notification.objects.filter(id=notification_id).first()
    if notification is None:  # Too old to be kept.
        return []
    owed = [delivery for name in settings.TRANSPORTS for delivery in transport_named(name).owed(notification)]
    for delivery in owed:
        delivery.claimed_until = clock.now()
    Delivery.objects.bulk_create(owed, ignore_conflicts=True)
    return sweeps.due(notification.deliveries.filter(state=State.WAITING))


def send_all(delivery_ids: Iterable[UUID]) -> None:
    """Send each, many at a time; one that fails stops none of the others."""
    ids = list(delivery_ids)
    if len(ids) == 1:
        send(ids[0])
    elif ids:
        sweeps.each_at_once(ids, send, failure=FAILURE, threads=SENDERS)


def open_deliveries(transport: Delivery.Transport) -> list[UUID]:
    """Those of a transport that wait and that nobody is at work on."""
    return sweeps.due(Delivery.objects.filter(state=State.WAITING, transport=transport))


def send(delivery_id: UUID) -> None:
    """Send one message, unless somebody is at it, it was sent, or what it says is no longer true."""
    rows = Delivery.objects.select_related("notification").filter(pk=delivery_id, state=State.WAITING)
    delivery = claim(rows, seconds=settings.DELIVERY_LEASE_SECONDS)
    if delivery is None:
        return
    try:
        vendor_id = _hand_over(delivery)
    except NotSent as why:
        _finish(delivery, State.DROPPED, reason=str(why))
    except Refused as error:
        _finish(delivery, State.FAILED, error=str(error)[:200])
    except TryLater as error:
        _try_later(delivery, error)
    else:
        _finish(delivery, State.SENT, vendor_id=vendor_id, error="")


def _hand_over(delivery: Delivery) -> str:
    if delivery.notification and (reason := why_untrue(delivery.notification)):
        raise NotSent(reason)
    return transport_named(delivery.transport).send(delivery)


def anew() -> dict[str, object]:
    """The columns of a delivery that had come to its end and is sent once more, beside its state."""
    return {"finished_at": None, "reason": "", "error": "", "backoff_step": 0, **handed_back(clock.now())}


def why_untrue(notification: Notification) -> str:
    """Why nobody should be told this any more, in a word; blank while it is true."""
    if notification.deleted_at:
        return "deleted"
    if notification.valid_until <= clock.now():
        return "too_late"
    answers = asked_why_untrue.send(Notification, notification=notification)
    return next((answer for _, answer in answers if answer), "")


def _finish(delivery: Delivery, state: Delivery.State, **fields: str) -> None:
    """Its end, unless somebody else decides by now."""
    held_by(delivery).update(state=state, finished_at=clock.now(), **handed_back(clock.now()), **fields)


def _try_later(delivery: Delivery, error: TryLater) -> None:
    changes = failed(delivery, first=settings.DELIVERY_RETRY_SECONDS, cap=settings.DELIVERY_RETRY_CAP_SECONDS)
    if error.retry_after is not None:
        asked = clock.now() + timedelta(seconds=error.retry_after)
        changes["claimed_until"] = max(asked, changes["claimed_until"])
    held_by(delivery).update(error=str(error)[:200], **changes)
