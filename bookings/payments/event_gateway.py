"""What findr needs of a payment vendor that reports what happened there, in findr's own words (contract 13)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bookings.payments.gateway import Intent, Page


@dataclass(frozen=True)
class Event:
    """One report. It only says where to look: what it says of the thing itself is never believed.

    Attributes:
        object_id: what it is about.
        intent_id: the payment it is about; blank if it is about none.
    """

    id: str
    type: str
    made_at: datetime
    object_id: str = ""
    intent_id: str = ""


@dataclass(frozen=True)
class Dispute:
    """A card holder's objection, as the vendor told it. `status` is the vendor's word; the amount is in cents."""

    id: str
    status: str
    amount: int
    opened_at: datetime


@dataclass(frozen=True)
class PaymentSnapshot:
    """All that the vendor knows of one payment at one moment.

    Attributes:
        given_back: cents of refunds that succeeded or are on their way; one that failed counts no more.
        dispute: the latest one.
    """

    intent: Intent
    given_back: int = 0
    dispute: Dispute | None = None


class UnsignedEvent(Exception):
    """Not the vendor's own words, or not of this moment."""


class MalformedEvent(Exception):
    """Signed by the vendor, and yet no event."""


class EventGateway(Protocol):
    """Hearing the vendor, and asking it what is true."""

    def read_event(self, body: bytes, signature: str) -> Event:
        """The event in a raw body. Raises UnsignedEvent, MalformedEvent."""
        ...

    def undelivered_page(self, since: datetime, *, after: str, seconds: float) -> Page[Event]:
        """Some of the events since then that the vendor could not bring, or is still trying to bring, newest first.

        Args:
            after: the page's that was read before; blank for the first one.

        Raises VendorError(retryable=True) whenever it cannot be told.
        """
        ...

    def snapshot(self, intent_id: str, *, seconds: float) -> PaymentSnapshot | None:
        """What is true of a payment now; None if the vendor does not know it.

        Raises VendorError(retryable=True) whenever it cannot be told.
        """
        ...
