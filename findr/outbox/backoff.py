"""How long to wait before something is tried again: exponentially longer, with jitter, and never for ever.

https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import random
from datetime import timedelta

# Two to the power of this outgrows every cap.
LAST_STEP = 16


def wait_before(step: int, *, first: float, cap: float) -> timedelta:
    """The wait before the next try: `first` seconds doubled `step` times, `cap` at most, and of that a half to all."""
    ceiling = min(cap, first * 2.0 ** min(step, LAST_STEP))
    return timedelta(seconds=random.uniform(ceiling / 2, ceiling))  # noqa: S311
