"""A patient's saved cards (contract 13). They live at the vendor; findr keeps the tie between patient and customer.

Nothing here runs in a transaction while the vendor is asked. A call that ended unclear may simply be made again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID, uuid4

from django.conf import settings

from bookings.errors import PaymentMethodNotFound, PaymentUnavailable
from bookings.models import Wallet
from bookings.payments.vendor import wallet_gateway
from bookings.payments.wallet_gateway import SavedCards, Setup, UnknownCustomer, UnknownMethod, WalletGateway
from findr.accounts.models import User
from findr.outbox.locks import locked
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot
from findr.vendors.errors import VendorError

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
    with _vendor() as vendor:

        def attempt() -> CardSetup:
            customer = _made_customer(patient_id, vendor, budget)
            return CardSetup(
                customer, _ask(patient_id, customer, lambda: vendor.begin_setup(customer, seconds=_seconds(budget)))
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
    customer = _customer(patient_id)
    with _vendor(asks=customer is not None) as vendor:
        if customer is None:
            return SavedCards()
        try:
            return _ask(patient_id, customer, lambda: vendor.saved_cards(customer, seconds=_seconds(budget)))
        except UnknownCustomer:
            return SavedCards()


def remove_card(*, patient_id: UUID, method_id: str, budget: Budget) -> None:
    """Take a card out of the wallet. Holds that were placed with it stand.

    Raises:
        PaymentMethodNotFound: not in this patient's wallet.
        PaymentUnavailable, TemporarilyUnavailable
    """
    _with_card(patient_id, lambda vendor, it: vendor.remove_card(it, method_id, seconds=_seconds(budget)))


def make_default(*, patient_id: UUID, method_id: str, budget: Budget) -> None:
    """Make a card the one that the app offers first.

    Raises:
        PaymentMethodNotFound: not in this patient's wallet.
        PaymentUnavailable, TemporarilyUnavailable
    """
    _with_card(patient_id, lambda vendor, it: vendor.make_default(it, method_id, seconds=_seconds(budget)))


def _with_card(patient_id: UUID, call: Callable[[WalletGateway, str], None]) -> None:
    customer = _customer(patient_id)
    with _vendor(asks=customer is not None) as vendor:
        if customer is None:
            raise PaymentMethodNotFound
        try:
            _ask(patient_id, customer, lambda: call(vendor, customer))
        except (UnknownMethod, UnknownCustomer) as error:
            raise PaymentMethodNotFound from error


def _seconds(budget: Budget) -> float:
    return budget.for_call(settings.MONEY_CALL_SECONDS)


@contextmanager
def _vendor(*, asks: bool = True) -> Iterator[WalletGateway]:
    """The payment vendor for a caller who waits: whatever goes wrong with it is that caller's 503.

    Args:
        asks: whether it will be asked at all, and a place among those who wait for vendors is needed.
    """
    vendor = wallet_gateway()
    if not vendor.is_configured():
        logger.error("No payment vendor is configured: there are no wallets.")
        raise PaymentUnavailable
    if not asks:
        yield vendor
        return
    with vendor_slot():
        try:
            yield vendor
        except VendorError as error:
            logger.log(logging.WARNING if error.retryable else logging.ERROR, "A wallet call failed: %s", error)
            raise PaymentUnavailable from error


def _ask(patient_id: UUID, customer: str, call: Callable[[], T]) -> T:
    """Make a call about a customer. One that is gone at the vendor is forgotten: the next setup makes a new one."""
    try:
        return call()
    except UnknownCustomer:
        logger.warning("Customer %s is gone at the vendor.", customer)
        _forget(patient_id, customer)
        raise


# --- The customer: made once --------------------------------------------------------------------------------------
def _customer(patient_id: UUID) -> str | None:
    return Wallet.objects.filter(patient_id=patient_id).values_list("customer_id", flat=True).first()


def _made_customer(patient_id: UUID, vendor: WalletGateway, budget: Budget) -> str:
    """The patient's customer, made now if there is none.

    A call that died is found again: by its idempotency key while the vendor keeps it, and by the e-mail address and
    the patient's id after that.
    """
    if known := _customer(patient_id):
        return known
    with locked(f"wallet:{patient_id}"):  # Who comes second waits for the first.
        wallet, is_new = _open(patient_id)
        if wallet.customer_id:
            return wallet.customer_id
        user, email, key = str(patient_id), wallet.email, str(wallet.idempotency_key)
        made = None if is_new else vendor.find_customer(user=user, email=email, seconds=_seconds(budget))
        try:
            made = made or vendor.create_customer(user=user, email=email, key=key, seconds=_seconds(budget))
        except VendorError as error:
            if error.stored:
                save(wallet, idempotency_key=uuid4())
            raise
        save(wallet, customer_id=made)
        return made


@durable("the wallet is opened")
def _open(patient_id: UUID) -> tuple[Wallet, bool]:
    """The wallet's row, before any call; whether it is new."""
    email = User.objects.values_list("email", flat=True).get(id=patient_id)
    return Wallet.objects.get_or_create(patient_id=patient_id, defaults={"email": email})


@durable("a customer that is gone is forgotten")
def _forget(patient_id: UUID, customer: str) -> None:
    Wallet.objects.filter(patient_id=patient_id, customer_id=customer).update(customer_id=None, idempotency_key=uuid4())
