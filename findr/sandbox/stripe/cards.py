"""The test cards, under Stripe's test names (https://docs.stripe.com/testing) and two of our own.

How a card behaves belongs to its number, hence to its fingerprint: every payment method made from it behaves alike.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A test card: what it looks like, and what it does when charged, authenticated and captured."""

    fingerprint: str
    last4: str
    brand: str = "visa"
    declined_as: str | None = None
    declines_when_saved: bool = False
    needs_authentication: bool = False
    until_set_up: bool = False
    declined_after_authentication: str | None = None
    refuses_capture: bool = False
    lapses_at_capture: bool = False
    refunds_wait: bool = False


CARDS = {
    "pm_card_visa": Card("FpVisa0000004242", "4242"),
    "pm_card_mastercard": Card("FpMaster00004444", "4444", brand="mastercard"),
    "pm_card_visa_chargeDeclined": Card(
        "FpDeclined000002", "0002", declined_as="generic_decline", declines_when_saved=True
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card(
        "FpInsufficnt9995", "9995", declined_as="insufficient_funds", declines_when_saved=True
    ),
    # Can be saved, but not charged.
    "pm_card_chargeCustomerFail": Card("FpCustomerFail41", "0341", declined_as="generic_decline"),
    "pm_card_authenticationRequired": Card("FpAuthRequird3184", "3184", needs_authentication=True),
    "pm_card_authenticationRequiredOnSetup": Card(
        "FpAuthOnSetup3155", "3155", needs_authentication=True, until_set_up=True
    ),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        "FpAuthDeclind3178", "3178", needs_authentication=True, declined_after_authentication="insufficient_funds"
    ),
    "pm_card_pendingRefund": Card("FpPendngRefnd7726", "7726", refunds_wait=True),
    # Not Stripe's: a hold that stands but cannot be captured, and one that turns out to be gone.
    "pm_card_captureRefused": Card("FpCaptureRefused", "0142", refuses_capture=True),
    "pm_card_holdLapses": Card("FpHoldLapses0001", "0259", lapses_at_capture=True),
}
BY_FINGERPRINT = {card.fingerprint: card for card in CARDS.values()}
MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
