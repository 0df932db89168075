"""A vendor's call that ends in time.

Time-outs of a socket end a silence, not an answer that drips in byte by byte. So each call runs in a thread of its own,
and whoever waits for it stops waiting when the time is up.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.conf import settings

from findr import faults
from findr.vendors.errors import VendorError

T = TypeVar("T")


class VendorCalls:
    """The threads in which one vendor is called: a vendor that hangs keeps its own busy, and no other's.

    Args:
        vendor: its name, for people.
    """

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._pool = ThreadPoolExecutor(settings.VENDOR_CALLS_AT_ONCE, thread_name_prefix=vendor.lower())

    def within(self, seconds: float, call: Callable[[], T]) -> T:
        """What `call` answers within `seconds` of wall clock, however it behaves.

        Raises:
            VendorError: retryable: it did not answer in time; whether it will have done anything, nobody knows. And
                what `call` raises.
        """
        faults.reach(f"{self._vendor}: before a call")
        running = self._pool.submit(call)
        try:
            answer = running.result(timeout=seconds)
        except TimeoutError as error:
            if running.done() and running.exception() is error:
                raise  # The call's own.
            running.cancel()  # Not made at all, if it has not begun.
            raise VendorError(f"{self._vendor} did not answer in time.", retryable=True) from error
        faults.reach(f"{self._vendor}: after a call")
        return answer
