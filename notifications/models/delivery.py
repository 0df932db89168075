"""What is sent to whom: one message on its way to one device or one mailbox."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from findr import clock
from findr.outbox.leases import Retried
from notifications.models.notification import Notification


class Delivery(Retried):
    """One message on one transport, written before it is sent, and what became of it.

    Attributes:
        notification: what it tells; null for a mail that no push goes with.
        booking_id: opaque: what it is about.
        kind, cause: which mail, and the line of the booking's history that it tells of: each is sent once.
        device_id: a push's device; the device itself may be gone by now.
        address: a mail's.
        reason: why it was dropped, in a word; blank otherwise.
        vendor_id: the vendor's own name of what it took.
        error: why the last try failed, in the vendor's words; never a token, an address or a text.
        finished_at: when it left `waiting`.
    """

    class Transport(models.TextChoices):
        """The ways in which a message leaves us."""

        PUSH = "push", "Push"
        MAIL = "mail", "Mail"

    class State(models.TextChoices):
        """`failed`: the vendor refused it for good; `dropped`: not sent, and for a reason of ours."""

        WAITING = "waiting", "On its way"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Not sent"
        BOUNCED = "bounced", "Bounced"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, null=True, related_name="deliveries")
    booking_id = models.UUIDField(null=True)
    transport = models.CharField(max_length=10, choices=Transport)
    kind = models.CharField(max_length=40, blank=True)
    cause = models.CharField(max_length=64, blank=True)
    device_id = models.UUIDField(null=True)
    address = models.CharField(max_length=254, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    vendor_id = models.CharField(max_length=255, blank=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            # However often a notification is fanned out, a device gets it once.
            models.UniqueConstraint(
                name="delivery_one_to_a_device",
                fields=["notification", "device_id"],
                condition=Q(transport="push"),
            ),
            models.UniqueConstraint(
                name="delivery_one_mail_of_a_cause",
                fields=["booking_id", "kind", "cause", "address"],
                condition=Q(transport="mail"),
            ),
            models.CheckConstraint(name="delivery_transport_known", condition=Q(transport__in=("push", "mail"))),
            models.CheckConstraint(
                name="delivery_state_known",
                condition=Q(state__in=("waiting", "sent", "failed", "dropped", "bounced")),
            ),
            models.CheckConstraint(
                name="delivery_finished_or_waiting",
                condition=Q(state="waiting", finished_at=None) | (~Q(state="waiting") & ~Q(finished_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="delivery_open", fields=["claimed_until"], condition=Q(state="waiting")),
            models.Index(name="delivery_of_booking", fields=["booking_id", "created_at"]),
            models.Index(name="delivery_by_vendor_id", fields=["vendor_id"], condition=~Q(vendor_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_transport_display()} {self.get_state_display()}"
