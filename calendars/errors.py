"""Refusals of the calendars (contract 4)."""

from findr.errors import FindrError


class CalendarNotConfigured(FindrError):
    """findr has no client of its own at this vendor.

    Args:
        vendor: its name, for people.
    """

    status, code = 503, "calendar_not_configured"

    def __init__(self, vendor: str) -> None:
        self.error = f"{vendor} calendar is not configured"
        super().__init__()


class CalendarUnavailable(FindrError):
    """The vendor, or the grant, does not let anybody look at the moment; `retryAfter` is in whole seconds."""

    status, code, error = 503, "calendar_unavailable", "The calendar could not be read"

    def __init__(self, *, retry_after: float = 30) -> None:
        super().__init__("", retryAfter=max(1, round(retry_after)))
