"""A patient's saved cards (contract 13). They live at the vendor; findr keeps the tie between patient and customer.

Nothing here runs in a transaction while the vendor is asked. A call that ended unclear may simply be made again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from bookings.errors import PaymentMethodNotFound
from bookings.payments.wallet_calls import call_seconds, vendor_for_caller
from bookings.payments.wallet_customers import forget, known_customer, made_customer
from bookings.payments.wallet_gateway import SavedCards, Setup, UnknownCustomer, UnknownMethod, WalletGateway
from findr.vendors.budget import Budget

logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class CardSetup:
    """What the app needs to save a card, and for whom."""

    customer_id: str
    secrets: Setup = field(repr=False)


def begin_setup(*, patient_id: UUID, budget: Budget) -> CardSetup:
    """Let the app save a card; the patient's customer is made if there is none.

    Raises:
        PaymentUnavailable, TemporarilyUnavailable
    """
    with vendor_for_caller() as vendor:

        def attempt() -> CardSetup:
            customer = made_customer(patient_id, vendor, budget)
            return CardSetup(
                customer, _ask(patient_id, customer, lambda: vendor.begin_setup(customer, seconds=call_seconds(budget)))
            )

        try:
            return attempt()
        except UnknownCustomer:
            return attempt()  # Deleted at the vendor; forgotten by now, so a new one is made.


def saved_cards(*, patient_id: UUID, budget: Budget) -> SavedCards:
    """The cards as the vendor has them now; none if the patient never began to save one.

    Raises:
        PaymentUnavailable, TemporarilyUnavailable
    """
    customer = known_customer(patient_id)
    with vendor_for_caller(asks=customer is not None) as vendor:
        if customer is None:
            return SavedCards()
        try:
            return _ask(patient_id, customer, lambda: vendor.saved_cards(customer, seconds=call_seconds(budget)))
        except UnknownCustomer:
            return SavedCards()


def remove_card(*, patient_id: UUID, method_id: str, budget: Budget) -> None:
    """Take a card out of the wallet. Holds that were placed with it stand.

    Raises:
        PaymentMethodNotFound: not in this patient's wallet.
        PaymentUnavailable, TemporarilyUnavailable
    """
    _with_card(patient_id, lambda vendor, it: vendor.remove_card(it, method_id, seconds=call_seconds(budget)))


def make_default(*, patient_id: UUID, method_id: str, budget: Budget) -> None:
    """Make a card the one that the app offers first.

    Raises:
        PaymentMethodNotFound: not in this patient's wallet.
        PaymentUnavailable, TemporarilyUnavailable
    """
    _with_card(patient_id, lambda vendor, it: vendor.make_default(it, method_id, seconds=call_seconds(budget)))


def _with_card(patient_id: UUID, call: Callable[[WalletGateway, str], None]) -> None:
    customer = known_customer(patient_id)
    with vendor_for_caller(asks=customer is not None) as vendor:
        if customer is None:
            raise PaymentMethodNotFound
        try:
            _ask(patient_id, customer, lambda: call(vendor, customer))
        except (UnknownMethod, UnknownCustomer) as error:
            raise PaymentMethodNotFound from error


def _ask(patient_id: UUID, customer: str, call: Callable[[], T]) -> T:
    """Make a call about a customer. One that is gone at the vendor is forgotten: the next setup makes a new one."""
    try:
        return call()
    except UnknownCustomer:
        logger.warning("Customer %s is gone at the vendor.", customer)
        forget(patient_id, customer)
        raise
