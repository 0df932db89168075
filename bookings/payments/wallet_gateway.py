"""What findr needs of a payment vendor for a patient's saved cards, in findr's own words (contract 13)."""

from dataclasses import dataclass, field
from typing import Protocol

from findr.vendors.errors import VendorError


@dataclass(frozen=True)
class Setup:
    """What the app needs to let a patient save a card. Secrets: handed on, never stored, never logged."""

    client_secret: str = field(repr=False)
    ephemeral_key: str = field(repr=False)


@dataclass(frozen=True)
class SavedCard:
    """One saved payment method, as far as a patient may see it."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True)
class SavedCards:
    """All of a patient's saved cards, newest first, and which of them is the default, if any."""

    cards: tuple[SavedCard, ...] = ()
    default_id: str | None = None


class UnknownCustomer(VendorError):
    """The vendor has no such customer, or no longer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class UnknownMethod(VendorError):
    """This customer has no such payment method: unknown, removed, or somebody else's."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class WalletGateway(Protocol):
    """The calls about saved cards. `seconds` is the wall clock of one method, however many calls it takes.

    Every method raises VendorError(retryable=True) when nobody knows what happened, as `PaymentGateway` does, and
    those about a customer raise UnknownCustomer.
    """

    def is_configured(self) -> bool:
        """Whether there is an account to save cards with (contract 22)."""
        ...

    def find_customer(self, *, user: str, email: str, seconds: float) -> str | None:
        """The customer that carries this user's id, made earlier under this e-mail address."""
        ...

    def create_customer(self, *, user: str, email: str, key: str, seconds: float) -> str:
        """Make a customer that carries the user's id; its own id. `key` is the idempotency key."""
        ...

    def begin_setup(self, customer: str, *, seconds: float) -> Setup:
        """Let the app save a card for this customer."""
        ...

    def saved_cards(self, customer: str, *, seconds: float) -> SavedCards:
        """The customer's cards as they are now."""
        ...

    def remove_card(self, customer: str, method: str, *, seconds: float) -> None:
        """Take a card away from its customer; holds placed with it stand. Raises UnknownMethod."""
        ...

    def make_default(self, customer: str, method: str, *, seconds: float) -> None:
        """Make a card the customer's default. Raises UnknownMethod."""
        ...
