"""What can go wrong, in the words of the wire (contract 4)."""

from findr.errors import NotFound


class NotificationNotFound(NotFound):
    """No such entry for this recipient."""

    code, error = "notification_not_found", "Notification not found"


class UserNotFound(NotFound):
    """Staff name somebody who is neither a patient nor a practice."""

    code, error = "user_not_found", "User not found"
