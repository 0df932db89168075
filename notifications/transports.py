"""The ways in which a notification reaches people: the protocol of one, and which there are.

The settings' `TRANSPORTS` names each one's class by its dotted path, under the transport's name in `Delivery`.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.answers import Answers
from notifications.models import Delivery, Notification


class Transport(Protocol):
    """One way: which deliveries it owes, and how these are sent. It writes none of `Delivery`'s columns itself."""

    def owed(self, notifications: Sequence[Notification]) -> Sequence[Delivery]:
        """The deliveries of some notifications, one for each device, not saved yet. Asked again, it may name them again."""
        ...

    def send_each(self, deliveries: Sequence[Delivery]) -> Iterator[Answers]:
        """Hand each message to the vendor, all at once and in bounded time; the answers as they come, some at a time.

        Expects the notifications.
        """
        ...


def transport_named(name: str) -> Transport:
    """The transport of `push` or `mail`.

    Raises:
        KeyError: there is none of this name.
    """
    transport: Transport = import_string(settings.TRANSPORTS[name])()
    return transport
