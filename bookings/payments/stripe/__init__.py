"""Stripe, as the one payment vendor that findr has."""

from bookings.payments.stripe.events import StripeEvents
from bookings.payments.stripe.intents import StripeIntents
from bookings.payments.stripe.wallet import StripeWallet


class StripeGateway(StripeIntents, StripeWallet, StripeEvents):
    """`PaymentGateway`, `WalletGateway` and `EventGateway`. `settings.PAYMENT_GATEWAY` names it."""
