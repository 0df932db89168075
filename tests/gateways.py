"""Gateways that fail where the sandbox cannot: inside findr. For `settings.PAYMENT_GATEWAY`."""

from contextlib import contextmanager
from dataclasses import replace

from bookings.payments.gateway import CardRefused, Intent, IntentStatus
from bookings.payments.stripe import StripeGateway


class Broken(StripeGateway):
    """A defect of ours: nothing is asked of the vendor."""

    def authorize(self, parameters, *, key, seconds):
        raise RuntimeError("a defect")

    capture = retrieve = authorize


class Unsettling(StripeGateway):
    """The vendor does its work, and what it says cannot be written down."""

    def authorize(self, parameters, *, key, seconds):
        return replace(super().authorize(parameters, key=key, seconds=seconds), id="pi_" + "x" * 300)

    def capture(self, intent_id, *, amount_cents, key, seconds):
        super().capture(intent_id, amount_cents=amount_cents, key=key, seconds=seconds)
        return Unsettling.authorize  # No intent at all.

    def cancel(self, intent_id, *, key, seconds):
        super().cancel(intent_id, key=key, seconds=seconds)
        raise KeyError("id")


class HoldUsedUp(StripeGateway):
    """The bank refuses the capture, and the hold is gone with it: the vendor says both at once."""

    def capture(self, intent_id, *, amount_cents, key, seconds):
        gone = Intent(id=intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD)
        raise CardRefused("Declined.", code="card_declined", intent=gone)


class Overtaken(StripeGateway):
    """The vendor has answered, and before its answer arrives something else happens, once: `meanwhile`."""

    meanwhile = None

    def authorize(self, parameters, *, key, seconds):
        with _something_else():
            return super().authorize(parameters, key=key, seconds=seconds)

    def create_customer(self, *, user, email, key, seconds):
        with _something_else():
            return super().create_customer(user=user, email=email, key=key, seconds=seconds)

    def snapshot(self, intent_id, *, seconds):
        with _something_else():
            return super().snapshot(intent_id, seconds=seconds)

    def intent_page(self, since, until, *, after, seconds):
        with _something_else():
            return super().intent_page(since, until, after=after, seconds=seconds)


class OvertakenAfterLooking(StripeGateway):
    """Something else happens, once, between the look at an intent and what is done about it: `Overtaken.meanwhile`."""

    def retrieve(self, intent_id, *, seconds):
        with _something_else():
            return super().retrieve(intent_id, seconds=seconds)


@contextmanager
def _something_else():
    try:
        yield
    finally:
        thing, Overtaken.meanwhile = Overtaken.meanwhile, None
        if thing:
            thing()
