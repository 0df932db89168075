"""Pushing once more what people were told last about a booking."""

from uuid import UUID

from findr.transactions import durable
from notifications.models import Delivery, Notification
from notifications.services.delivering import anew
from notifications.services.feed import promise_delivery
from notifications.services.truth import why_untrue


def last_told(booking_id: UUID) -> list[Notification]:
    """What each side was told last of a booking, as far as it is still so: patient first."""
    told = Notification.objects.filter(booking_id=booking_id)
    newest = told.order_by("recipient_type", "-created_at", "-id").distinct("recipient_type")
    untrue = why_untrue(newest)
    return [one for one in reversed(newest) if one.id not in untrue]


@durable("pushes are to be sent again")
def push_again(booking_id: UUID) -> int:
    """Push it to every device that these people have by now; how many are told. What is on its way is left alone."""
    told = last_told(booking_id)
    pushes = Delivery.objects.filter(notification__in=told, transport=Delivery.Transport.PUSH)
    pushes.exclude(state=Delivery.State.WAITING).update(state=Delivery.State.WAITING, **anew())
    promise_delivery([str(notification.id) for notification in told])
    return len(told)
