"""Making an intent, once: before it is made again it is looked for at the vendor."""

from datetime import timedelta

from django.conf import settings

from bookings import deadlines
from bookings.models import PaymentOperation
from bookings.payments.gateway import CustomerGone, Intent, PaymentGateway
from bookings.payments.lost_intents import find_intent
from bookings.states import State
from findr import clock
from findr.vendors.budget import Budget
from findr.vendors.errors import VendorError

# How far findr's clock and the vendor's may be apart when intents are looked for by the time of their making.
CLOCK_SKEW = timedelta(hours=1)


class NeverMade(VendorError):
    """The intent of an authorise that ended in silence does not exist at the vendor, and nobody is making it."""

    def __init__(self) -> None:
        super().__init__("No intent was made.", retryable=False)


def authorize_once(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    """The intent of a booking, found or made.

    Raises:
        NeverMade, and what `PaymentGateway.authorize` raises.
    """
    booking, payment = operation.payment.booking, operation.payment
    if not operation.must_look_first:
        return _authorize(operation, vendor, budget)
    if payment.intent_id:
        return vendor.retrieve(payment.intent_id, seconds=budget.left())
    alive = booking.state == State.PENDING_PAYMENT and not deadlines.is_overdue(booking, clock.now())
    if alive and not operation.has_new_key:
        return _authorize(operation, vendor, budget)
    # The last attempt may have been made at the end of the checkout, and may have been running for a while then.
    last_call_over = operation.created_at + timedelta(
        minutes=settings.CHECKOUT_MINUTES, seconds=settings.LOST_INTENT_SECONDS
    )
    intent, began = find_intent(
        operation, operation.created_at - CLOCK_SKEW, last_call_over + CLOCK_SKEW, vendor, budget
    )
    if intent:
        return intent
    if alive:
        return _authorize(operation, vendor, budget)
    if began < last_call_over:
        raise VendorError("The call may still be running at the vendor.", retryable=True)
    raise NeverMade


def _authorize(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    """The same key and the same parameters each time: the vendor makes it once, however often it is asked."""
    parameters, key = operation.parameters, operation.idempotency_key
    try:
        return vendor.authorize(parameters, key=key, seconds=budget.left())
    except CustomerGone:
        # The card may be good without its customer, and if it is not, the vendor says so.
        alone = {name: value for name, value in parameters.items() if name != "customer"}
        return vendor.authorize(alone, key=f"{key}:alone", seconds=budget.left())
