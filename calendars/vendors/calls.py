"""What both adapters do with every call: end in time, fail in our own words, and make sense of what was answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from calendars.vendors.base import CalendarError, Unavailable
from findr.vendors.calls import VendorCalls
from findr.vendors.errors import VendorError

T = TypeVar("T")


class CalendarCalls:
    """One vendor's calls, in threads of their own."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._calls = VendorCalls(vendor)

    def within(self, seconds: float, work: Callable[[], T]) -> T:
        """What `work` gives within `seconds` of wall clock, one request or several.

        Raises:
            CalendarError: Unavailable when the time is up, and what `work` raises.
        """
        try:
            return self._calls.within(seconds, work)
        except CalendarError:
            raise
        except VendorError:
            raise Unavailable(f"{self.vendor} did not answer in time.") from None


@contextmanager
def making_sense(vendor: str) -> Iterator[None]:
    """Read an answer in the block: whatever is missing or of another kind there makes it Unavailable, never empty."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Unavailable(f"{vendor}'s answer makes no sense.") from None
