"""The feed's numbered events, what is told of them (the centre's entries), and what was sent to whom."""

from notifications.models.delivery import Delivery
from notifications.models.feed import FeedCounter, FeedEvent
from notifications.models.notification import Notification

__all__ = ["Delivery", "FeedCounter", "FeedEvent", "Notification"]
