"""The payment vendor that the settings name, in each of the three parts that findr needs of it."""

import logging
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from bookings.payments.event_gateway import EventGateway
from bookings.payments.gateway import PaymentGateway
from bookings.payments.wallet_gateway import WalletGateway
from findr.errors import TemporarilyUnavailable

logger = logging.getLogger(__name__)


def gateway() -> PaymentGateway:
    """What moves and reads money."""
    return cast("PaymentGateway", import_string(settings.PAYMENT_GATEWAY)())


def event_gateway() -> EventGateway:
    """What reports, and what is true of a payment."""
    return cast("EventGateway", gateway())


def wallet_gateway() -> WalletGateway:
    """What keeps saved cards."""
    return cast("WalletGateway", gateway())


def require_vendor() -> None:
    """Raises TemporarilyUnavailable if no payment vendor is configured. Ask before anything is written."""
    if not gateway().is_configured():
        logger.error("No payment vendor is configured: nobody can pay.")
        raise TemporarilyUnavailable
