"""How the vendor is asked about a wallet while a caller waits."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from bookings.errors import PaymentUnavailable
from bookings.payments.vendor import wallet_gateway
from bookings.payments.wallet_gateway import WalletGateway
from findr.vendors.budget import Budget, vendor_slot
from findr.vendors.errors import VendorError

logger = logging.getLogger(__name__)


def call_seconds(budget: Budget) -> float:
    """How long one call may take, of what the caller has left to wait."""
    return budget.for_call(settings.MONEY_CALL_SECONDS)


@contextmanager
def vendor_for_caller(*, asks: bool = True) -> Iterator[WalletGateway]:
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
