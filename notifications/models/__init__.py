"""The feed's numbered events, what is told of them (the centre's entries), what was sent to whom and where, and where not."""

from notifications.models.delivery import Delivery
from notifications.models.device import Device, OutOfReach
from notifications.models.feed import FeedCounter, FeedEvent
from notifications.models.notification import Notification
from notifications.models.silence import SilencedAddress

__all__ = ["Delivery", "Device", "FeedCounter", "FeedEvent", "Notification", "OutOfReach", "SilencedAddress"]
