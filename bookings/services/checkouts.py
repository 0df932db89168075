"""A checkout that is still open: what its card holder needs, and what has come of it (contract 10.1, 12.1)."""

from django.conf import settings

from bookings.models import Booking
from bookings.payments.vendor import gateway
from bookings.services.requests import CreateResult, refuse_if_it_came_to_nothing
from bookings.states import PaymentState, State
from findr.errors import TemporarilyUnavailable
from findr.vendors.budget import Budget, vendor_slot
from findr.vendors.errors import VendorError


def waits_for_card_holder(booking: Booking) -> bool:
    """Whether the card holder must authenticate before anything is held."""
    return booking.state == State.PENDING_PAYMENT and booking.payment.state == PaymentState.REQUIRES_ACTION


def client_secret_of(booking: Booking, *, budget: Budget) -> str | None:
    """What the card holder authenticates with, asked of the vendor at this moment, since it is never stored.

    None if nobody need authenticate, or if the vendor does not answer.
    """
    if not waits_for_card_holder(booking):
        return None
    seconds = budget.for_call(settings.MONEY_CALL_SECONDS)
    try:
        with vendor_slot():
            return gateway().retrieve(booking.payment.intent_id or "", seconds=seconds).client_secret
    except (VendorError, TemporarilyUnavailable):
        return None


def result_of(booking: Booking, *, budget: Budget) -> CreateResult:
    """What a request has come to by now, for a call that died after it had written the booking.

    Raises:
        PaymentRefused: its money could not be had, or it was called off before it was.
    """
    refuse_if_it_came_to_nothing(booking)
    return CreateResult(booking, client_secret=client_secret_of(booking, budget=budget))
