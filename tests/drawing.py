"""What an ordinary run draws of large tables whose rows go the same ways; `FINDR_EVERY_CASE=1` plays all of them.

Drawn anew each time, by the moment at which the run begins: all its processes draw the same, and `bin/test --at` with that
moment draws it again.
"""

import math
import os
from collections.abc import Iterable
from random import Random
from typing import TypeVar

EVERY_CASE = bool(os.environ.get("FINDR_EVERY_CASE"))
Case = TypeVar("Case")


def drawn(cases: Iterable[Case], *, one_in: int = 3) -> list[Case]:
    """One in so many of these cases, in their order, and at least one; every one if all are asked for."""
    cases = list(cases)
    if EVERY_CASE or not cases:
        return cases
    draw = Random(f"{os.environ['FINDR_TEST_START']} {cases}")
    return [cases[place] for place in sorted(draw.sample(range(len(cases)), math.ceil(len(cases) / one_in)))]
