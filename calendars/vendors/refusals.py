"""What an HTTP status means to findr, for both vendors.

https://developers.google.com/workspace/calendar/api/guides/errors - https://learn.microsoft.com/graph/errors
Messages name vendor, status and the vendor's own code; never an address, an account or a token.
"""

from calendars.vendors.base import (
    CalendarError,
    CalendarMissing,
    Forbidden,
    RateLimited,
    Rejected,
    TokenRefused,
    Unavailable,
)
from findr.vendors.answers import seconds_to_wait, word


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
