"""The ways in which a notification reaches people: the protocol of one, how it fails, and which there are.

The settings' `TRANSPORTS` names each one's class by its dotted path, under the transport's name in `Delivery`.
"""

from collections.abc import Sequence
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.models import Delivery, Notification


class Refused(Exception):
    """The vendor has decided: this message will never be taken. The text is kept as the delivery's `error`."""


class TryLater(Exception):
    """It may work later, or nobody knows whether it was taken.

    Args:
        message: why, as the delivery's `error` keeps it.
        retry_after: seconds that the vendor asked for; None leaves it to the back-off.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotSent(Exception):
    """There is a reason of ours not to send it, such as `switched_off`: the delivery is dropped with this word."""


class Transport(Protocol):
    """One way: which deliveries it owes, and how one is sent. It writes none of `Delivery`'s columns itself."""

    def owed(self, notification: Notification) -> Sequence[Delivery]:
        """The deliveries of a notification, one for each device, not saved yet. Asked again, it may name them again."""
        ...

    def send(self, delivery: Delivery) -> str:
        """Hand one message to the vendor, in bounded time; the vendor's own name of it.

        Raises:
            Refused, TryLater, NotSent
        """
        ...


def transport_named(name: str) -> Transport:
    """The transport of `push` or `mail`.

    Raises:
        KeyError: there is none of this name.
    """
    transport: Transport = import_string(settings.TRANSPORTS[name])()
    return transport
