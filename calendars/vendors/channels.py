"""How a vendor is asked to tell of changes, and what it opens for that: Google's watches, Graph's subscriptions."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class ChannelRequest:
    """Where a vendor is to tell of changes.

    Attributes:
        id: ours; `secret` comes back with every push.
        url: where to, https.
    """

    id: str
    secret: str = field(repr=False)
    url: str


@dataclass(frozen=True)
class OpenedChannel:
    """`vendor_id` is what it is stopped by."""

    vendor_id: str
    expires_at: datetime
