"""Ephemeral keys: an hour's access to one customer, for Stripe's mobile SDKs.

Their shape depends on the API version of the mobile SDK that will read them, so the version must be named.
"""

from __future__ import annotations

import re
import secrets

from findr.sandbox.ledger import Object
from findr.sandbox.stripe import API_VERSION
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import bad_parameter
from findr.sandbox.stripe.forms import Form, require
from findr.sandbox.stripe.shapes import new_id

LIVES_SECONDS = 3600
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")


def check_version(path: str, version: str | None) -> None:
    """400 unless the request names our API version or, for a new key, the version of any mobile SDK."""
    if path == "/v1/ephemeral_keys":
        if version is None or not VERSION.fullmatch(version):
            message = "Name the API version of your mobile SDK in the Stripe-Version header to create an ephemeral key."
            raise bad_parameter(message, param="Stripe-Version")
    elif version not in (None, API_VERSION):
        raise bad_parameter(f"Invalid Stripe API version: {version}. This sandbox serves {API_VERSION}.")


def check_new_key(params: Form) -> None:
    """400 unless a customer is named."""
    require(params, "customer")


def create(account: Account, params: Form) -> Object:
    """A key for one customer; its secret is shown this once."""
    customer = account.given("customer", params["customer"], "customer")
    key = {
        "id": new_id("ephkey"),
        "object": "ephemeral_key",
        "associated_objects": [{"id": customer["id"], "type": "customer"}],
        "created": account.now(),
        "expires": account.now() + LIVES_SECONDS,
        "livemode": False,
    }
    account.save(key)
    return {**key, "secret": f"ek_test_{secrets.token_urlsafe(36)}"}
