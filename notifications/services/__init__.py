"""What is written: the feed with its notifications, what is sent of them, and what a reader does with them."""

from notifications.services.feed import Frame, Push, delete_old_events, delete_old_notifications, publish

__all__ = ["Frame", "Push", "delete_old_events", "delete_old_notifications", "publish"]
