"""What a mail service reports later: bounces and complaints, by django-anymail's webhooks (lesson 67).

https://anymail.dev/en/stable/sending/tracking/
"""

import logging
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.db.models import Q

from findr import clock
from findr.transactions import durable
from notifications.mail.silence import silence
from notifications.models import Delivery, SilencedAddress

logger = logging.getLogger(__name__)

_LOST = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}
# There is no such mailbox; all else (full, blocked, too slow) may be better next time.
_FOR_GOOD = {RejectReason.INVALID, RejectReason.BOUNCED}


def record_report(sender: Any, *, event: AnymailTrackingEvent, **_: Any) -> None:
    """Receives `anymail.signals.tracking`. Twice is harmless, and so is a report about nothing of ours."""
    if event.event_type in _LOST:
        reason = SilencedAddress.Reason.BOUNCED if event.reject_reason in _FOR_GOOD else None
        _record(event, error=event.reject_reason or event.event_type, reason=reason)
    elif event.event_type == EventType.COMPLAINED:
        _record(event, error="complained", reason=SilencedAddress.Reason.COMPLAINED)


@durable("a bounce is written")
def _record(event: AnymailTrackingEvent, *, error: str, reason: SilencedAddress.Reason | None) -> None:
    """A mail that was taken has bounced. Its address is silenced if it is one that we wrote to."""
    ours = Delivery.objects.filter(transport=Delivery.Transport.MAIL)
    taken = ours.filter(vendor_id=event.message_id or "").exclude(vendor_id="")
    marked = taken.filter(state=Delivery.State.SENT).update(
        state=Delivery.State.BOUNCED, error=error, finished_at=clock.now()
    )
    logger.info("A mail service reported %s: %s delivery marked.", event.event_type, marked)
    address = (event.recipient or "").lower()
    known = ours.filter(Q(address=address) | Q(pk__in=taken.values("pk"))).values_list("address", flat=True).first()
    if reason and known:
        silence(known, reason)
