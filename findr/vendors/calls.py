"""A vendor's call that ends in time.

Time-outs of a socket end a silence, not an answer that drips in byte by byte. So each call runs in a thread of its own,
and whoever waits for it stops waiting when the time is up.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from time import monotonic
from typing import Any, TypeVar

from django.conf import settings

from findr import concurrency, faults
from findr.vendors.errors import VendorError

T = TypeVar("T")
# For so long after an answer others are waited for, so that many are dealt with at once.
GATHER_SECONDS = 0.05


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
            with concurrency.waiting():
                answer = running.result(timeout=seconds)
        except TimeoutError as error:
            if running.done() and running.exception() is error:
                raise  # The call's own.
            running.cancel()  # Not made at all, if it has not begun.
            raise self._late() from error
        faults.reach(f"{self._vendor}: after a call")
        return answer

    def each_within(self, seconds: float, calls: Sequence[Callable[[], T]]) -> Iterator[dict[int, T | Exception]]:
        """As `within`, of many calls at the same time: their answers by the calls' places, some at a time, as they come.

        Whoever goes through them is not kept waiting for all by one that is slow. What a call would raise is its answer.
        """
        faults.reach(f"{self._vendor}: before a call")
        running = {self._pool.submit(call): place for place, call in enumerate(calls)}
        ends_at = monotonic() + seconds
        while running:
            wait(running, timeout=max(0.0, ends_at - monotonic()), return_when=FIRST_COMPLETED)
            done, _ = wait(running, timeout=max(0.0, min(GATHER_SECONDS, ends_at - monotonic())))
            if not done:  # The time is up.
                for call in running:
                    call.cancel()  # Not made at all, if it has not begun.
                yield dict.fromkeys(running.values(), self._late())
                return
            faults.reach(f"{self._vendor}: after a call")
            yield {running.pop(one): _answer(one) for one in done}

    def _late(self) -> VendorError:
        return VendorError(f"{self._vendor} did not answer in time.", retryable=True)


def _answer(call: Future[Any]) -> Any:
    """What it answered, or raised."""
    return call.exception() or call.result()
