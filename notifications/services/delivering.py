"""Sending what is owed: a row for each message before it is sent, one sender at a time, and its end written once.

Many are dealt with at once: one statement each for what is owed, whose turn it is, what is still so and how it ended,
whether it is one message or a few dozen. A process that dies in between leaves leases that end; the sweep finds these, and
what nobody wrote down is sent once more: it may arrive twice, and never not at all.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.conf import settings

from findr import clock
from findr.outbox import sweeps
from findr.outbox.jobs import take_along
from findr.outbox.leases import claim_each, handed_back
from findr.transactions import durable
from notifications.answers import NotSent
from notifications.models import Delivery, Notification
from notifications.services.outcomes import record
from notifications.services.truth import why_untrue
from notifications.transports import transport_named

State = Delivery.State
# A job of one change brings along so many others that wait as well.
JOBS = 16
# How many messages are under way at once. All of them leave at the same time, so none waits for its turn under its lease.
AT_ONCE = 16


def deliver(notification_ids: Sequence[UUID]) -> None:
    """Send notifications, and those whose jobs wait as well, by every transport that owes them; each message once."""
    send_all(_fan_out(notification_ids))


@durable("what a notification owes is written")
def _fan_out(notification_ids: Sequence[UUID]) -> list[UUID]:
    """Write the deliveries that are not written yet; the ids of those that wait."""
    along = take_along("notifications.deliver", most=JOBS - 1)
    ids = [*notification_ids, *(UUID(one) for job in along for one in job["notification_ids"])]
    notifications = list(Notification.objects.filter(id__in=ids))  # One that is too old is kept no more.
    owed = [delivery for name in settings.TRANSPORTS for delivery in transport_named(name).owed(notifications)]
    for delivery in owed:
        delivery.claimed_until = clock.now()
    Delivery.objects.bulk_create(owed, ignore_conflicts=True)
    return sweeps.due(Delivery.objects.filter(notification__in=ids, state=State.WAITING))


def open_deliveries(transport: Delivery.Transport) -> list[UUID]:
    """Those of a transport that wait and that nobody is at work on."""
    return sweeps.due(Delivery.objects.filter(state=State.WAITING, transport=transport))


def send_all(delivery_ids: Iterable[UUID]) -> None:
    """Send each that waits and that nobody is at work on; one that fails stops none of the others."""
    ids = list(delivery_ids)
    groups = [ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE)]
    sweeps.each(groups, _send, failure="Deliveries %s could not be sent.")


def _send(delivery_ids: Sequence[UUID]) -> None:
    """Send these, as far as they are ours to send and what they say is true."""
    rows = Delivery.objects.select_related("notification").filter(pk__in=delivery_ids, state=State.WAITING)
    ours = claim_each(rows, seconds=settings.DELIVERY_LEASE_SECONDS)
    untrue = why_untrue([delivery.notification for delivery in ours if delivery.notification])
    dropped = {one.id: NotSent(untrue[one.notification_id]) for one in ours if one.notification_id in untrue}
    record(ours, dropped)
    for name in settings.TRANSPORTS:
        theirs = [one for one in ours if one.transport == name and one.id not in dropped]
        for answers in transport_named(name).send_each(theirs) if theirs else ():
            record(theirs, answers)


def anew() -> dict[str, object]:
    """The columns of a delivery that had come to its end and is sent once more, beside its state."""
    return {"finished_at": None, "reason": "", "error": "", "backoff_step": 0, **handed_back(clock.now())}
