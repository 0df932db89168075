"""What an HTTP status means to findr, for both vendors.

https://developers.google.com/workspace/calendar/api/guides/errors - https://learn.microsoft.com/graph/errors
Messages name vendor, status and the vendor's own code; never an address, an account or a token.
"""

import re
from email.utils import parsedate_to_datetime

from calendars.vendors.base import (
    CalendarError,
    CalendarMissing,
    Forbidden,
    RateLimited,
    Rejected,
    TokenRefused,
    Unavailable,
)
from findr import clock

# Where a vendor does not say how long it wants to be left alone; and the longest that it is believed.
RETRY_SECONDS, MAX_RETRY_SECONDS = 10.0, 3600.0
# Codes are words; whatever else stands in their place is not repeated.
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


class Conflict(Rejected):
    """409: something of this name is there already."""


def refusal(
    vendor: str,
    status: int,
    code: str = "",
    *,
    retry_after: str | None = None,
    is_rate: bool = False,
    missing: type[CalendarError] = CalendarMissing,
) -> CalendarError:
    """The error for an answer that is none.

    Args:
        code: the vendor's word for it.
        retry_after: the header of that name.
        is_rate: it means 429, whatever its status is.
        missing: what is not there if it is a 404 or 410.
    """
    message = f"{vendor} answered {status} {word(code)}".strip()
    if status == 429 or is_rate:
        return RateLimited(message, retry_after=seconds_to_wait(retry_after))
    kinds: dict[int, type[CalendarError]] = {
        401: TokenRefused,
        403: Forbidden,
        404: missing,
        409: Conflict,
        410: missing,
    }
    kind = kinds.get(status, Rejected if 400 <= status < 500 and status != 408 else Unavailable)
    return kind(message)


def word(code: object) -> str:
    """A code as it may be repeated: one word; blank if it is anything else."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def seconds_to_wait(header: str | None) -> float:
    """Seconds of a `Retry-After` header: a number of them, or a date (RFC 9110 section 10.2.3)."""
    try:
        seconds = float(header or "")
    except ValueError:
        seconds = _seconds_until(header or "")
    return min(max(seconds, 0.0), MAX_RETRY_SECONDS) if seconds == seconds else RETRY_SECONDS


def _seconds_until(date: str) -> float:
    """NaN for what is no date."""
    try:
        return (parsedate_to_datetime(date) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return float("nan")
