"""What any vendor's answer may say beside its own words: a code, and how long to wait."""

import re
from email.utils import parsedate_to_datetime

from findr import clock

# Where a vendor does not say how long it wants to be left alone; and the longest that it is believed.
RETRY_SECONDS, MAX_RETRY_SECONDS = 10.0, 3600.0
# Codes are words; whatever else stands in their place is not repeated.
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


def word(code: object) -> str:
    """A code as it may be repeated: one word; blank if it is anything else."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def seconds_to_wait(header: str | None, *, default: float = RETRY_SECONDS) -> float:
    """Seconds of a `Retry-After` header: a number of them, or a date (RFC 9110 section 10.2.3)."""
    try:
        seconds = float(header or "")
    except ValueError:
        seconds = _seconds_until(header or "")
    return min(max(seconds, 0.0), MAX_RETRY_SECONDS) if seconds == seconds else default


def _seconds_until(date: str) -> float:
    """NaN for what is no date."""
    try:
        return (parsedate_to_datetime(date) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return float("nan")
