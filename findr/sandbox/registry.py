"""The vendors that the sandbox serves: those of the list, and those given when it is started."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module

from findr.sandbox.exchange import Misused
from findr.sandbox.fcm.vendor import Fcm
from findr.sandbox.google.vendor import Google
from findr.sandbox.microsoft.vendor import Microsoft
from findr.sandbox.stripe.vendor import Stripe
from findr.sandbox.vendor import Vendor

VENDORS: tuple[type[Vendor], ...] = (Stripe, Google, Microsoft, Fcm)
NAME = re.compile(r"[a-z][a-z0-9]*")
MOUNT = re.compile(r"/[a-z][a-z0-9]*")


def load(paths: Iterable[str]) -> list[type[Vendor]]:
    """The vendors of the list and those at these paths (``package.module:Class``); Misused if that cannot be."""
    vendors = [*VENDORS, *(_import(path) for path in paths)]
    for vendor in vendors:
        if not NAME.fullmatch(vendor.name) or not MOUNT.fullmatch(vendor.mount):
            raise Misused(f"{vendor.__name__} needs a name such as example and a mount such as /example.")
    for words in ([vendor.name for vendor in vendors], [vendor.mount for vendor in vendors]):
        twice = {word for word in words if words.count(word) > 1}
        if twice:
            raise Misused(f"Two vendors call themselves {', '.join(sorted(twice))}.")
    return vendors


def _import(path: str) -> type[Vendor]:
    module, _, name = path.partition(":")
    try:
        vendor: type[Vendor] = getattr(import_module(module), name)
    except (ImportError, ValueError, AttributeError) as error:
        raise Misused(f"There is no vendor at {path}: {error}.") from error
    return vendor
