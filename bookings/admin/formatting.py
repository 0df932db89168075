"""How the staff console says things of bookings: as all its pages do (`findr.console_pages.formatting`), and money in full."""

from django.utils.safestring import SafeString

from bookings.models import PaymentOperation
from findr.console_pages.formatting import LINK, NOTHING, label, lines, link, plain
from findr.money import dollars

__all__ = ["LINK", "NOTHING", "label", "lines", "link", "money", "plain", "vendor_ids"]


def vendor_ids(operation: PaymentOperation) -> SafeString | str:
    """What a call was about, and what came of it, in the vendor's ids."""
    ids = [identifier for identifier in (operation.intent_id, operation.refund_id) if identifier]
    return lines(*ids, may_break=True) if ids else NOTHING


def money(cents: int, currency: str) -> str:
    """`150.00 USD`"""
    return f"{dollars(cents):,.2f} {currency.upper()}"
