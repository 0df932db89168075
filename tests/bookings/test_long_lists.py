"""A list costs the same for whoever has twenty bookings and for whoever has thousands (lesson 70).

What it costs is counted in blocks that the database touches, which no busy machine changes. The rows of a page are found
without those that are over; how many there are is counted from an index alone, the narrowest that knows it.
"""

import pytest
from cast import HARBOR
from crowd import LISTS, blocks, fill, plans_of
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.models import Provider

MANY = 4000
# A count reads one index; where rows come in any order its blocks are half full, and have forty entries at least.
ENTRIES_IN_A_BLOCK = 40
# So few that it does not matter where they are read.
FEW = 30


def costs(who, path):
    """Blocks for the rows that are shown, and those for numbers."""
    rows = numbers = 0
    for statement, plan in plans_of(who, path):
        if "COUNT(" in statement:
            numbers += blocks(plan)
            # From the index alone, unless an old snapshot somewhere keeps the database from knowing that all may see a row.
            assert "Index" in plan or blocks(plan) <= FEW, plan
            assert "Seq Scan on bookings" not in plan, plan
        else:
            rows += blocks(plan)
            assert "Seq Scan on bookings_booking" not in plan, plan
    return rows, numbers


@pytest.mark.lesson(70)
def test_a_long_list_costs_what_a_short_one_does(patient, other_patient, provider):
    def measured():
        return {(kind, query): costs(*asked(kind, query)) for kind, query in LISTS}

    def asked(kind, query):
        who, place = (provider, "provider") if kind == "practice" else (patient, "user")
        return who, f"/api/bookings/{place}/{who.id}{query}"

    fill(Provider.objects.get(id=HARBOR), other_patient.user, MANY * 3)
    fill(provider.provider, patient.user, 200)
    few = measured()
    fill(provider.provider, patient.user, MANY)
    many = measured()

    for asked_for, (rows, numbers) in many.items():
        rows_before, numbers_before = few[asked_for]
        assert rows <= rows_before * 1.3 + 20, asked_for
        assert numbers <= numbers_before + 2 * MANY / ENTRIES_IN_A_BLOCK + 20, asked_for
    # A practice's count, whatever the states, is read from an index in which equal entries share a place.
    for query in ("", "?offset=40", "?status=all", "?status=completed", "?status=confirmed", "?status=cancelled"):
        assert many["practice", query][1] <= few["practice", query][1] + 20, query
    # What waits and what is to come is few, and what is over costs it nothing.
    for asked_for in (("patient", "?status=pending"), ("patient", "?status=upcoming"), ("patient", "?upcoming=true")):
        assert sum(many[asked_for]) <= sum(few[asked_for]) + 20, asked_for


def test_what_stands_in_the_way_is_found_without_what_is_over(patient, provider):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bookings_timehold")  # Of what earlier tests have deleted nothing is read.
    fill(provider.provider, patient.user, MANY)
    with CaptureQueriesContext(connection) as captured:
        patient.asks()
    (statement,) = (query["sql"] for query in captured if "EXISTS (SELECT FROM bookings_timehold" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement.replace('%', '%%')}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert blocks(plan) <= 40, plan


def test_a_list_is_asked_anew_of_everybody_and_at_every_moment(patient, other_patient, provider, time):
    """Its SQL is made once for each kind of list, and neither whose it is nor what time it is stands in it."""
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    def totals(status):
        people = ((patient, "user"), (other_patient, "user"), (provider, "provider"))
        answers = [who.get(f"/api/bookings/{place}/{who.id}?status={status}").body for who, place in people]
        return [(answer["pagination"]["total"], len(answer["bookings"])) for answer in answers]

    some, none = (1, 1), (0, 0)
    assert (totals("upcoming"), totals("past")) == ([some, none, some], [none] * 3)
    time.set(booking.end)
    assert (totals("upcoming"), totals("past")) == ([none] * 3, [some, none, some])
