"""Stripe's webhook as it comes in, and what it could change: events signed the way https://docs.stripe.com/webhooks#verify-manually says."""

import hashlib
import hmac
import json
from uuid import uuid4

from cast import call, fresh
from django.conf import settings

from findr import clock

PATH = "/api/payments/webhook"


def event(kind, about, **more):
    """An event of this type with this object in it, made now."""
    return {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": kind,
        "created": int(clock.now().timestamp()),
        "data": {"object": about},
        **more,
    }


def sign(body, *, secret=None, stamp=None):
    """The `Stripe-Signature` of a body sent at this moment."""
    stamp = int(clock.now().timestamp()) if stamp is None else stamp
    key = settings.STRIPE_WEBHOOK_SECRET if secret is None else secret
    signature = hmac.new(key.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signature}"


def deliver(what, *, secret=None, stamp=None, **headers):
    """Stripe sends this event; the answer."""
    body = what if isinstance(what, str) else json.dumps(what)
    return call("POST", PATH, body, **{"Stripe-Signature": sign(body, secret=secret, stamp=stamp), **headers})


def tell(kind, about):
    """Stripe sends a new event about this object, and is acknowledged."""
    answer = deliver(event(kind, about))
    assert (answer.status, answer.body) == (200, {"received": True})


def happened(booking, kind):
    return fresh(booking.id).events.filter(event_type=kind).count()


AUTHENTICATION = "pm_card_authenticationRequired"
