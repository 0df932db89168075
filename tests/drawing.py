"""What an ordinary run draws of the cases of a test; `FINDR_EVERY_CASE=1` plays all of them, and so does a run of one file.

Drawn anew each time, by the moment at which the run begins: all its processes draw the same, and `bin/test --at` with that
moment draws it again.
"""

import math
import os
from collections import defaultdict
from collections.abc import Iterable
from random import Random
from typing import TypeVar

import pytest

EVERY_CASE = bool(os.environ.get("FINDR_EVERY_CASE"))
# What is played by the hundred has draws, and commands, of its own.
BY_THEMSELVES = {"chaos", "concurrency", "fuzz", "reliability"}
# Of these, each as long as dozens of others, every second one.
SCENARIOS = {"browser"}
ONE_IN = 6
Case = TypeVar("Case")


def drawn(cases: Iterable[Case], *, one_in: int = ONE_IN) -> list[Case]:
    """One in so many of these cases, in their order, and at least one; every one if all are asked for."""
    cases = list(cases)
    if EVERY_CASE or not cases:
        return cases
    draw = Random(f"{os.environ['FINDR_TEST_START']} {cases}")
    return [cases[place] for place in sorted(draw.sample(range(len(cases)), math.ceil(len(cases) / one_in)))]


def cases_drawn(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """What a run of many files plays of these tests, and what it leaves to other runs.

    Of a test that needs the database or the vendors, a sixth of the rows of its table, and at least one; all of a test that
    needs neither, and of files that draw for themselves. Of the scenarios in a browser, half.
    """
    tables = defaultdict(list)
    for item in items:
        if _needs_servers(item) and not (item.path.parent.name in BY_THEMSELVES or hasattr(item.module, "drawn")):
            tables[item.nodeid.partition("[")[0]].append(item)
    left = {item for table in tables.values() for item in set(table) - set(_rows_of(table))}
    scenarios = [item for item in items if item.path.parent.name in SCENARIOS and item not in left]
    left |= set(scenarios) - set(_rows_of(scenarios, one_in=2))
    return [item for item in items if item not in left], [item for item in items if item in left]


def _needs_servers(item: pytest.Item) -> bool:
    return hasattr(item, "callspec") and not {"stage", "sandbox", "transactional_db"}.isdisjoint(item.fixturenames)


def _rows_of(table: list[pytest.Item], *, one_in: int = ONE_IN) -> list[pytest.Item]:
    names = drawn([item.nodeid for item in table], one_in=one_in)
    return [item for item in table if item.nodeid in names]
