"""What was sent to people about a booking: pushes to devices, mails to addresses, and what became of each."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.text import capfirst

from bookings.admin.formatting import NOTHING, label, plain
from bookings.admin.tables import Table
from bookings.models import Booking
from notifications.models import Delivery, Device, OutOfReach
from providers.admin_times import local_with_seconds

# The latest so many are shown.
MOST = 50
_COLOURS = {
    Delivery.State.SENT: "success",
    Delivery.State.WAITING: "info",
    Delivery.State.FAILED: "danger",
    Delivery.State.BOUNCED: "danger",
}
_REASONS = {
    "moved_on": "It was no longer so.",
    "too_late": "It was no longer so.",
    "switched_off": "It was switched off.",
    "no_device": "The device was gone, or somebody else's.",
    "deleted": "Its reader had deleted it.",
    "silenced": "The address is silenced.",
}


def deliveries_table(booking: Booking) -> Table | None:
    """The latest deliveries, newest first, and who can be pushed to no more; None if nothing was ever sent."""
    rows = Delivery.objects.filter(booking_id=booking.id).select_related("notification").order_by("-created_at", "-id")
    shown = list(rows[:MOST])
    if not shown:
        return None
    zone = booking.provider.zone
    devices = {
        device.pk: device for device in Device.objects.filter(pk__in=[row.device_id for row in shown if row.device_id])
    }
    return {
        "headers": [f"Written ({zone.key})", "What", "To", "State", f"Ended ({zone.key})", "Attempts", "Why"],
        "rows": [
            *_out_of_reach(booking, zone),
            *(_row(row, devices, zone) for row in shown),
        ],
    }


def _row(delivery: Delivery, devices: dict[UUID, Device], zone: ZoneInfo) -> list[str]:
    what = delivery.notification.type if delivery.notification else delivery.kind
    return [
        local_with_seconds(delivery.created_at, zone),
        f"{delivery.get_transport_display()}: {plain(what)}",
        _to(delivery, devices),
        label(delivery.get_state_display(), _COLOURS.get(Delivery.State(delivery.state), "")),
        local_with_seconds(delivery.finished_at, zone) if delivery.finished_at else NOTHING,
        str(delivery.attempts),
        _REASONS.get(delivery.reason, capfirst(plain(delivery.reason))) or delivery.error or NOTHING,
    ]


def _to(delivery: Delivery, devices: dict[UUID, Device]) -> str:
    if delivery.transport == Delivery.Transport.MAIL:
        return delivery.address
    side = delivery.notification.recipient_type if delivery.notification else ""
    whose = {"User": "Patient", "Provider": "Practice"}.get(side, "")
    device = devices.get(delivery.device_id) if delivery.device_id else None
    return f"{whose}: {device}" if device else f"{whose}: a device that is gone"


def _out_of_reach(booking: Booking, zone: ZoneInfo) -> list[list[str]]:
    """Lesson 63: a line for whoever's last device died."""
    sides = {booking.patient_id: "Patient", booking.provider_id: "Practice"}
    return [
        [
            local_with_seconds(lost.since, zone),
            "Push",
            f"{sides[lost.recipient]}: no device",
            label("Out of reach", "danger"),
            NOTHING,
            NOTHING,
            "The last device is gone. Nothing is pushed until the app is opened on another one.",
        ]
        for lost in OutOfReach.objects.filter(recipient__in=sides)
    ]
