"""Stripe's customers and their saved cards. https://docs.stripe.com/api/setup_intents"""

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from bookings.payments.gateway import MethodRefused
from bookings.payments.stripe.client import Client, call, missing, read
from bookings.payments.stripe.objects import metadata_of
from bookings.payments.wallet_gateway import SavedCard, SavedCards, Setup, UnknownCustomer, UnknownMethod
from findr.vendors.errors import VendorError

T = TypeVar("T")
# What an id of Stripe's looks like: nothing else reaches a path.
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")


class StripeWallet:
    """`WalletGateway` over the Stripe SDK."""

    def find_customer(self, *, user: str, email: str, seconds: float) -> str | None:
        # By e-mail address and not by search: what search finds may be a minute behind.
        body = cast("Any", {"email": email, "limit": 100})
        for raw in read(seconds, lambda it: list(it.v1.customers.list(body).auto_paging_iter())):
            if metadata_of(raw).get("user") == user:
                return raw.id
        return None

    def create_customer(self, *, user: str, email: str, key: str, seconds: float) -> str:
        body = cast("Any", {"email": email, "metadata": {"user": user}})
        return call(seconds, lambda it: it.v1.customers.create(body, {"idempotency_key": key})).id

    def begin_setup(self, customer: str, *, seconds: float) -> Setup:
        intent_body = cast(
            "Any", {"customer": customer, "usage": "off_session", "allowed_payment_method_types": ["card"]}
        )
        key_body = cast("Any", {"customer": customer})

        def send(it: Client) -> Setup:
            key = it.v1.ephemeral_keys.create(key_body)
            intent = it.v1.setup_intents.create(intent_body)
            return Setup(client_secret=intent.client_secret or "", ephemeral_key=key.secret or "")

        return _of_customer(seconds, send)

    def saved_cards(self, customer: str, *, seconds: float) -> SavedCards:
        body = cast("Any", {"type": "card", "limit": 100})

        def send(it: Client) -> SavedCards:
            owner: Any = it.v1.customers.retrieve(customer).to_dict()
            if owner.get("deleted"):
                raise UnknownCustomer(f"{customer} was deleted.")
            found = it.v1.customers.payment_methods.list(customer, body).auto_paging_iter()
            cards = tuple(_saved_card(raw.to_dict()) for raw in found)
            default = (owner.get("invoice_settings") or {}).get("default_payment_method")
            return SavedCards(cards, default if default in {card.id for card in cards} else None)

        return _of_customer(seconds, send)

    def remove_card(self, customer: str, method: str, *, seconds: float) -> None:
        _refuse_odd_id(method)

        def send(it: Client) -> None:
            it.v1.customers.payment_methods.retrieve(customer, method)  # Only its owner's way leads to it.
            it.v1.payment_methods.detach(method)

        _of_customer(seconds, send)

    def make_default(self, customer: str, method: str, *, seconds: float) -> None:
        _refuse_odd_id(method)
        body = cast("Any", {"invoice_settings": {"default_payment_method": method}})

        def send(it: Client) -> None:
            it.v1.customers.payment_methods.retrieve(customer, method)
            it.v1.customers.update(customer, body)

        _of_customer(seconds, send)


def _of_customer(seconds: float, send: Callable[[Client], T]) -> T:
    """Calls about one customer's wallet, under one wall clock. What is not there is told apart from what failed."""
    try:
        return call(seconds, send)
    except MethodRefused as error:
        raise UnknownMethod(str(error)) from error
    except VendorError as error:
        what = missing(error)
        if what.lower().startswith("no such customer"):
            raise UnknownCustomer(str(error)) from error
        if what or "not attached to a customer" in str(getattr(error.__cause__, "user_message", "")):
            raise UnknownMethod(str(error)) from error
        raise


def _refuse_odd_id(method: str) -> None:
    """An id becomes part of a path: dots and their kind would lead elsewhere."""
    if not _ID.fullmatch(method):
        raise UnknownMethod("No id of Stripe's looks like this.")


def _saved_card(data: dict[str, Any]) -> SavedCard:
    card = data["card"]
    return SavedCard(
        id=data["id"],
        brand=card["brand"],
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
    )
