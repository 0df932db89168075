"""Whether what a notification says of a booking is still so (lesson 61)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bookings.models import Booking, SuggestedTime
from bookings.pushes import is_still_true
from notifications.models import Notification


def what_moved_on(sender: Any, *, notifications: Sequence[Notification], **_: Any) -> dict[UUID, str]:
    """Receives `notifications.signals.asked_why_untrue`: `moved_on` where the booking is no longer as it was told."""
    told = {one.id: (one, one.booking_id) for one in notifications if one.booking_id}
    about = {booking_id for _, booking_id in told.values()}
    bookings = Booking.objects.select_related("provider").in_bulk(about)
    suggested = _open_suggestions({booking_id for one, booking_id in told.values() if one.type == "times_suggested"})
    return {
        told_id: "moved_on"
        for told_id, (one, booking_id) in told.items()
        if not (booking := bookings.get(booking_id)) or not is_still_true(one, booking, suggested[booking_id])
    }


def _open_suggestions(bookings: set[UUID]) -> Counter[UUID]:
    """How many times each of them has to choose from."""
    open_ones = SuggestedTime.objects.filter(booking__in=bookings, closed_at=None)
    return Counter(open_ones.values_list("booking_id", flat=True))
