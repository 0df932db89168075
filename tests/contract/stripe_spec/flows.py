"""Everything that happens between findr and Stripe, call by call, with Stripe's own client."""

from __future__ import annotations

from typing import Any

import pytest
import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.sandbox.client import SandboxClient

HELD = {
    "amount": 5000,
    "currency": "usd",
    "capture_method": "manual",
    "confirm": True,
    "allowed_payment_method_types": ["card"],
    "payment_method": "pm_card_visa",
    "metadata": {"booking": "b1", "0": "zero"},
}


def refused(call: Any, *arguments: Any) -> stripe.StripeError:
    """Call what Stripe refuses."""
    with pytest.raises(stripe.StripeError) as caught:
        call(*arguments)
    return caught.value


def payments(api: Any, sandbox: SandboxClient) -> None:
    """Everything that can happen to a payment."""
    intents = api.payment_intents
    held = intents.create({**HELD, "expand": ["latest_charge", "payment_method"]}, {"idempotency_key": "k"})
    intents.capture(held.id, {"amount_to_capture": 4000, "expand": ["latest_charge"]})
    refused(intents.capture, held.id)
    refused(intents.cancel, held.id, {"cancellation_reason": "abandoned"})
    given_back = {"payment_intent": held.id, "amount": 1000, "reason": "duplicate", "metadata": {"a": "b"}}
    api.refunds.create({**given_back, "expand": ["charge", "charge.refunds"]})
    refused(api.refunds.create, {"charge": held.latest_charge.id, "amount": 9000})
    api.refunds.list({"payment_intent": held.id, "created": {"gte": 1}, "expand": ["data.charge.payment_intent"]})
    for card in ("chargeDeclined", "chargeDeclinedInsufficientFunds"):
        error = refused(intents.create, {**HELD, "payment_method": f"pm_card_visa_{card}"})
        intents.retrieve(error.error.payment_intent.id, {"expand": ["latest_charge"]})
    waiting = intents.create({**HELD, "payment_method": "pm_card_authenticationRequired"})
    sandbox.stripe.fail_authentication(waiting.id)
    intents.retrieve(waiting.id)
    sandbox.stripe.confirm(waiting.id, payment_method="pm_card_mastercard")
    intents.retrieve(waiting.id, {"expand": ["latest_charge", "payment_method"]})
    sandbox.stripe.lapse(waiting.id)
    intents.retrieve(waiting.id)
    refused(intents.capture, intents.create({**HELD, "payment_method": "pm_card_captureRefused"}).id)
    refused(intents.capture, intents.create({**HELD, "payment_method": "pm_card_holdLapses"}).id)
    back = intents.create({**HELD, "payment_method": "pm_card_authenticationRequired", "return_url": "findr://back"})
    intents.retrieve(back.id)
    sandbox.stripe.authenticate(back.id)
    bare = intents.create({"amount": 900, "currency": "usd", "automatic_payment_methods": {"enabled": True}})
    intents.cancel(bare.id, {"cancellation_reason": "requested_by_customer"})
    intents.list({"limit": 100, "created": {"gte": 1, "lt": 9_999_999_999}, "expand": ["data.latest_charge"]})
    refused(intents.retrieve, "pi_unknown")


def wallets(api: Any) -> None:
    """Everything that can happen to customers and their cards."""
    customer = api.customers.create({"email": "pat@example.org", "name": "Pat", "metadata": {"user": "u1"}})
    saving = {"customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}
    card = api.setup_intents.create({**saving, "allowed_payment_method_types": ["card"]}).payment_method
    api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card}, "metadata": ""})
    api.customers.retrieve(customer.id, {"expand": ["invoice_settings.default_payment_method"]})
    api.customers.list({"email": "pat@example.org", "limit": 1})
    api.customers.payment_methods.list(customer.id, {"limit": 5, "type": "card"})
    api.customers.payment_methods.retrieve(customer.id, card, {"expand": ["customer"]})
    api.payment_intents.create({**HELD, "customer": customer.id, "payment_method": card})
    api.payment_intents.list({"customer": customer.id})
    refused(api.payment_intents.create, {**HELD, "payment_method": card})
    refused(api.payment_intents.create, {**HELD, "payment_method": "pm_unknown"})
    api.payment_methods.detach(card)


def setups(api: Any, sandbox: SandboxClient) -> None:
    """Everything that can happen while a card is saved."""
    customer = api.customers.create({})
    api.ephemeral_keys.create({"customer": customer.id})
    api.ephemeral_keys.create({"customer": customer.id}, {"stripe_version": "2020-08-27"})
    refused(api.ephemeral_keys.create, {"customer": "cus_unknown"})
    intents = api.setup_intents
    params = {"customer": customer.id, "usage": "off_session", "metadata": {"user": "u1"}, "description": "Wallet"}
    setup = intents.create({**params, "allowed_payment_method_types": ["card"], "use_stripe_sdk": True})
    declined = {**params, "allowed_payment_method_types": ["card"], "payment_method": "pm_card_visa_chargeDeclined"}
    refused(intents.create, {**declined, "confirm": True})
    sandbox.stripe.confirm(setup.id, payment_method="pm_card_authenticationRequired", return_url="findr://wallet")
    sandbox.stripe.fail_authentication(setup.id)
    sandbox.stripe.confirm(setup.id, payment_method="pm_card_visa")
    intents.create({"expand": ["customer"]})
    refused(intents.create, {**params, "customer": "cus_unknown"})


def afterwards(api: Any, sandbox: SandboxClient) -> None:
    """What banks do after a payment, and the events that tell of it."""
    paid = [api.payment_intents.capture(api.payment_intents.create(HELD).id) for _ in range(3)]
    refund = api.refunds.create({"payment_intent": paid[0].id, "amount": 700})
    sandbox.stripe.set_reference(refund.id)
    sandbox.stripe.fail_refund(refund.id)
    api.refunds.list({"payment_intent": paid[0].id})
    for intent, end in ((paid[0], "won"), (paid[1], "lost")):
        sandbox.stripe.close_dispute(sandbox.stripe.dispute(intent.id)["id"], end)
    sandbox.stripe.dispute(paid[2].id, status="warning_needs_response")
    api.disputes.list({"expand": ["data.charge", "data.payment_intent"]})
    refused(api.refunds.create, {"payment_intent": paid[1].id})
    api.disputes.list({"payment_intent": paid[0].id, "limit": 3})
    api.events.list({"types": ["charge.dispute.*"], "limit": 100})
    api.events.list({"type": "refund.failed", "delivery_success": True, "created": {"gte": 1}})


def everything(api: Any, sandbox: SandboxClient) -> None:
    """All of the above."""
    payments(api, sandbox)
    wallets(api)
    setups(api, sandbox)
    afterwards(api, sandbox)
