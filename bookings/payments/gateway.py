"""What findr needs of a payment vendor, in findr's own words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from findr.vendors.errors import VendorError

T = TypeVar("T")


class IntentStatus(StrEnum):
    """Stripe's words: https://docs.stripe.com/payments/paymentintents/lifecycle"""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


@dataclass(frozen=True)
class Intent:
    """One PaymentIntent as the vendor told it at one moment. Amounts in cents.

    Attributes:
        capture_before: when the hold lapses (`latest_charge.payment_method_details.card.capture_before`).
        declined: the vendor's sentence for the card holder, if the card was refused last.
        decline_code: the bank's reason for it, if it gave one.
        client_secret: what the app needs to let the card holder authenticate; never stored.
        duplicates: further intents of the same booking, where the vendor was asked for all of them.
    """

    id: str
    status: IntentStatus
    amount_received: int = 0
    amount_refunded: int = 0
    capture_before: datetime | None = None
    declined: str = ""
    decline_code: str = ""
    client_secret: str | None = field(default=None, repr=False)
    metadata: dict[str, str] = field(default_factory=dict)
    duplicates: tuple["Intent", ...] = ()


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of what a list has. `after`: what the next page is asked for with; blank on the last one.

    https://docs.stripe.com/api/pagination
    """

    things: list[T]
    after: str


def pages(read: Callable[[str], Page[T]]) -> Iterator[list[T]]:
    """A whole list, however long, by the page: `read` asks for the one that comes after this, blank for the first one."""
    after, is_last = "", False
    while not is_last:
        page = read(after)
        yield page.things
        after, is_last = page.after, not page.after


# A refund that came to nothing: what it was to give back is still owed.
FAILED_REFUND = ("failed", "canceled")


@dataclass(frozen=True)
class Refund:
    """One refund as the vendor told it. `status`: pending, requires_action, succeeded, failed or canceled."""

    id: str
    status: str
    amount: int

    @property
    def has_failed(self) -> bool:
        """It came to nothing."""
        return self.status in FAILED_REFUND


class CardRefused(VendorError):
    """The vendor's definite no to a card.

    Attributes:
        code: the vendor's error code (`card_declined`, `expired_card`, ...).
        intent: the intent as the refusal left it, if the vendor sent it along.
    """

    def __init__(self, message: str, *, code: str, decline_code: str = "", intent: Intent | None = None) -> None:
        super().__init__(message, retryable=False)
        self.code = code
        self.decline_code = decline_code
        self.intent = intent


class MethodRefused(VendorError):
    """The vendor does not accept this payment method: unknown, or another customer's. No intent came of it."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message, retryable=False)
        self.code = code


class CustomerGone(VendorError):
    """The customer that the parameters name is not there any more. No intent came of it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class WrongIntentState(VendorError):
    """The intent is not in a state for this call: read it, it knows better."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class Disputed(VendorError):
    """The card holder disputes the charge: while the bank decides, and if it decides for them, nothing is refunded."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class PaymentGateway(Protocol):
    """The calls that move or read money. `seconds` is the wall clock of one call, `key` its idempotency key.

    Every method raises VendorError(retryable=True) when nobody knows what happened: no answer in time, a broken
    connection, 401, 403, 409, 424, 429 or 5xx; `stored` says that the vendor keeps this failure under the key. A read
    raises nothing else: whatever it fails with, it has told nothing.
    """

    def is_configured(self) -> bool:
        """Whether there is an account to pay into (contract 22)."""
        ...

    def authorize(self, parameters: dict[str, Any], *, key: str, seconds: float) -> Intent:
        """Create and confirm one intent in one call. Raises CardRefused, MethodRefused, CustomerGone."""
        ...

    def capture(self, intent_id: str, *, amount_cents: int, key: str, seconds: float) -> Intent:
        """Take the held money. Raises CardRefused (the hold may stand), WrongIntentState."""
        ...

    def cancel(self, intent_id: str, *, key: str, seconds: float) -> Intent:
        """Give the hold back, or close an intent that never held anything. Raises WrongIntentState."""
        ...

    def refund(self, intent_id: str, *, amount_cents: int, operation_id: str, key: str, seconds: float) -> Refund:
        """Give captured money back; the refund carries `operation_id`. Raises WrongIntentState, Disputed."""
        ...

    def retrieve(self, intent_id: str, *, seconds: float) -> Intent:
        """The intent as it is now."""
        ...

    def intent_page(self, since: datetime, until: datetime, *, after: str, seconds: float) -> Page[Intent]:
        """Some of the intents created in that time, newest first; their metadata names their booking.

        Args:
            after: the page's that was read before; blank for the first one.
        """
        ...

    def find_refund(self, intent_id: str, *, operation_id: str, seconds: float) -> Refund | None:
        """The refund that carries `operation_id`, if it was made and has not failed since."""
        ...
