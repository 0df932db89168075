"""What the vendors push: that a calendar has changed, never what. It is read by whoever gets to it (lesson 51).

A push counts if it names a channel of ours and brings its secret. Nothing in it is believed beyond that.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from calendars.models import Channel
from calendars.services.mirroring import ask_to_read
from findr import clock
from findr.transactions import durable

logger = logging.getLogger(__name__)

# A push is noted no more often than this.
NOTED_EVERY = timedelta(seconds=1)
# Graph's notices of a subscription's own life. https://learn.microsoft.com/graph/change-notifications-lifecycle-events
ENDS = ("subscriptionRemoved", "reauthorizationRequired")


def receive_push(channel_id: UUID, secret: str, vendor_id: str, *, event: str = "") -> bool:
    """Have the calendar read. False if it is nobody's push: no such channel, another secret, another subscription.

    Args:
        vendor_id: as `Channel.vendor_id`.
        event: Graph's word, where the push is about the channel itself: one that ends is replaced, and what was missed is
            read like any change.
    """
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None or not channel.has_secret(secret):
        return False
    if channel.vendor_id and channel.vendor_id != vendor_id:
        return False
    _take(channel, vendor_id, is_over=event in ENDS)
    return True


@durable("a calendar has changed")
def _take(channel: Channel, vendor_id: str, *, is_over: bool) -> None:
    now = clock.now()
    rows = Channel.objects.filter(pk=channel.pk)
    if not channel.vendor_id and (channel.lease_token is None or channel.claimed_until <= now):
        # Whoever opened it never heard so. Now it is known by what it can be stopped.
        rows.filter(vendor_id="").update(vendor_id=vendor_id, is_wanted=False, claimed_until=now)
    if is_over:
        rows.update(is_wanted=False, claimed_until=now)
    unnoted = Q(last_push_at=None) | Q(last_push_at__lt=now - NOTED_EVERY)
    rows.filter(unnoted).update(last_push_at=now, silences=0)
    ask_to_read(channel.connection_id)
