"""Integer cents, and the dollars in which they are shown: the one place where either becomes the other."""

from decimal import Decimal


def dollars(cents: int) -> float:
    """As JSON and the history tell an amount (contract 2.4)."""
    return cents / 100


def in_words(cents: int) -> str:
    """As a letter tells an amount: `$1,500.00`."""
    return f"${dollars(cents):,.2f}"


def in_cents(amount: Decimal | float) -> int:
    """The cents of dollars with at most two decimals."""
    return round(amount * 100)


def typed(cents: int) -> str:
    """As a form shows an amount, and as somebody would type it: `1500.00`."""
    return f"{dollars(cents):.2f}"
