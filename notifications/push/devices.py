"""Whose device is whose: registering, removing, and what follows when a device is gone (contract 14.1, 14.2)."""

import re
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from findr import clock
from findr.accounts.models import User
from findr.outbox.locks import lock_until_commit
from findr.transactions import durable
from notifications.models import Device, Notification, OutOfReach
from notifications.models.device import hash_of
from notifications.signals import last_device_died
from providers.models import Provider

RecipientType = Notification.RecipientType
MOST_DEVICES = 10
# 17 bytes in URL-safe base64, of which the first four bits are 0111 (https://firebase.google.com/docs/projects/manage-installations).
INSTALLATION = re.compile(r"[cdef][A-Za-z0-9_-]{21}")


@durable("a device is registered")
def register(
    *, recipient: UUID, recipient_type: RecipientType, address: str, platform: str = "", model: str = ""
) -> None:
    """The device is this recipient's from now on, whoever's it was; of more than ten the oldest goes.

    Args:
        platform, model: blank leaves what was known.
    """
    lock_until_commit(f"devices of {recipient}")  # Two at once would leave eleven.
    told = {name: value for name, value in (("platform", platform), ("model", model)) if value}
    own = {"recipient": recipient, "recipient_type": recipient_type, "seen_at": clock.now()}
    kind = Device.Kind.INSTALLATION if INSTALLATION.fullmatch(address) else Device.Kind.TOKEN
    Device.objects.update_or_create(
        address_hash=hash_of(address),
        defaults=own | told,
        create_defaults=own | told | {"address": address, "kind": kind},
    )
    OutOfReach.objects.filter(recipient=recipient).delete()
    beyond = Device.objects.filter(recipient=recipient).values_list("pk", flat=True)[MOST_DEVICES:]
    Device.objects.filter(pk__in=list(beyond)).delete()


def remove(*, recipient: UUID, address: str) -> None:
    """Push nothing to it any more, if it is this recipient's."""
    Device.objects.filter(recipient=recipient, address_hash=hash_of(address)).delete()


def remove_all_of(user: User) -> None:
    """Push nothing more to the devices of an account, nor to those of its practice."""
    own = [user.id, *Provider.objects.filter(account=user).values_list("id", flat=True)]
    Device.objects.filter(recipient__in=own).delete()


def drop_devices_of_account(sender: object, *, user: User, **_: object) -> None:
    """Receives `findr.accounts.signals.signed_out_everywhere`."""
    remove_all_of(user)


def devices_of(*recipients: UUID) -> QuerySet[Device]:
    """Where recipients are pushed to: nowhere once the account is disabled, however that came about."""
    account = User.objects.filter(id=OuterRef("recipient"), is_active=True)
    practice = Provider.objects.filter(id=OuterRef("recipient"), account__is_active=True)
    return Device.objects.filter(Exists(account) | Exists(practice), recipient__in=recipients)


@transaction.atomic
def forget(device: Device, notification: Notification | None = None) -> None:
    """FCM knows it no more. If it was its owner's last one, that is remembered and told (lesson 63).

    Args:
        notification: what did not reach it.
    """
    lock_until_commit(f"devices of {device.recipient}")
    deleted, _ = Device.objects.filter(pk=device.pk, recipient=device.recipient).delete()
    if not deleted or Device.objects.filter(recipient=device.recipient).exists():
        return
    _, is_news = OutOfReach.objects.get_or_create(
        recipient=device.recipient, defaults={"recipient_type": device.recipient_type}
    )
    if is_news:
        last_device_died.send(
            Device, recipient=device.recipient, recipient_type=device.recipient_type, notification=notification
        )
