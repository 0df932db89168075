"""One attempt at an operation: the call that was made, and how it ended."""

from dataclasses import dataclass

from bookings.actors import Actor
from bookings.models import Booking, PaymentOperation
from bookings.payments.gateway import Intent


@dataclass(frozen=True)
class AttemptResult:
    """How one attempt ended.

    Attributes:
        booking: as it is after the result was recorded.
        intent: what the vendor said, if it said anything; it carries the client secret, which is never stored.
    """

    booking: Booking
    intent: Intent | None = None


@dataclass(frozen=True)
class Attempt:
    """One call that was made, with its booking and operation as they are now, locked."""

    booking: Booking
    operation: PaymentOperation
    actor: Actor
