"""What a day of free times costs, in statements and in blocks that the database touches: no busy machine changes these.

`bin/test --exec python tests/load/availability.py` for the milliseconds, and for a million bookings beside.
"""

from datetime import timedelta

from cast import HARBOR, RIDGE, call
from crowd import blocks, plans_of_all
from django.db import connection
from django.test.utils import CaptureQueriesContext
from full_days import HORIZON, everybody_else, full_practice

from findr import clock
from providers.models import Provider

MOST_STATEMENTS = 8
# Some for each busy time, to see whether it is a visit of ours; a table that is read whole is more.
MOST_BLOCKS, MORE_BESIDE_OTHERS = 400, 150
OTHERS = 20_000


def day_of_it(provider, days=1):
    """The path of one day's free times, by whoever of the two is free first."""
    date = clock.now().astimezone(provider.zone).date() + timedelta(days=days)
    return f"/api/availability/{RIDGE}?date={date}&duration=30&mode=first_available"


def cost_of(path):
    """How many statements, and how many blocks they touch."""
    with CaptureQueriesContext(connection) as captured:
        answer = call("GET", path)
    assert answer.status == 200
    assert answer.body["slots"]
    asked = [query["sql"] for query in captured if "waffle_switch" not in query["sql"]]
    return len(asked), sum(blocks(plan) for plan in plans_of_all(asked))


def test_a_full_day_takes_few_statements_and_no_more_blocks_beside_many_others(stage, figures):
    ridge = Provider.objects.get(id=RIDGE)
    call("GET", day_of_it(ridge))  # The kill switches are read once in a while, by whoever comes by.

    full_practice(ridge, holds=40, busy=30, days=1)
    alone = cost_of(day_of_it(ridge))
    full_practice(ridge, holds=1000, busy=30 * HORIZON)
    in_the_horizon = cost_of(day_of_it(ridge, days=30))
    everybody_else(Provider.objects.get(id=HARBOR), OTHERS)
    beside_others = cost_of(day_of_it(ridge, days=30))

    costs = (alone, in_the_horizon, beside_others)
    figures.append(
        f"a day of free times, alone, in {HORIZON} full ones, beside {OTHERS} visits (statements, blocks): {costs}"
    )
    assert max(statements for statements, _ in costs) <= MOST_STATEMENTS
    assert in_the_horizon[1] <= MOST_BLOCKS
    assert beside_others[1] <= in_the_horizon[1] + MORE_BESIDE_OTHERS
