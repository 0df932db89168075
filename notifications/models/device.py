"""The devices that pushes go to, and who has none left that works."""

from hashlib import sha256
from uuid import uuid4

from django.db import models
from django.db.models import Q

from findr import clock
from notifications.models.notification import Notification


def hash_of(address: str) -> str:
    """What a device's address is found by: an index holds no text of 4096 characters."""
    return sha256(address.encode()).hexdigest()


class Device(models.Model):
    """One app on one phone or in one browser. It belongs to whoever sent its address last (lesson 35).

    Attributes:
        address: its registration token, or the id of its installation, which FCM takes in place of tokens some day.
        recipient: the patient's account id, or the practice's id, as of the feed.
        platform, model: as the app told them; blank if it did not.
        seen_at: when its address was last sent.
    """

    class Kind(models.TextChoices):
        """What the address is to FCM."""

        TOKEN = "token", "Registration token"
        INSTALLATION = "fid", "Installation"

    class Platform(models.TextChoices):
        """The wire's words (contract 14)."""

        IOS = "ios", "iOS"
        ANDROID = "android", "Android"
        WEB = "web", "Web"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    address = models.TextField(editable=False)
    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    recipient = models.UUIDField()
    recipient_type = models.CharField(max_length=10, choices=Notification.RecipientType)
    platform = models.CharField(max_length=10, choices=Platform, blank=True)
    model = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-seen_at", "-id"]
        constraints = [
            models.CheckConstraint(name="device_kind_known", condition=Q(kind__in=("token", "fid"))),
            models.CheckConstraint(
                name="device_recipient_type_known", condition=Q(recipient_type__in=("User", "Provider"))
            ),
            models.CheckConstraint(
                name="device_platform_known", condition=Q(platform__in=("", "ios", "android", "web"))
            ),
        ]
        indexes = [models.Index(name="device_of_recipient", fields=["recipient", "-seen_at", "-id"])]

    def __str__(self) -> str:
        return self.model or self.get_platform_display() or "Device"


class OutOfReach(models.Model):
    """A recipient whose last device died: pushes reach nobody until one is registered again (lesson 63)."""

    recipient = models.UUIDField(primary_key=True)
    recipient_type = models.CharField(max_length=10, choices=Notification.RecipientType)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="out_of_reach_recipient_type_known", condition=Q(recipient_type__in=("User", "Provider"))
            ),
        ]
        indexes = [models.Index(name="out_of_reach_latest", fields=["-since"])]

    def __str__(self) -> str:
        return f"{self.recipient_type} {self.recipient}"
