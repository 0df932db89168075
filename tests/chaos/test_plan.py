"""A seed is a plan: it can be played again, and another seed is another plan."""

from collections import Counter
from dataclasses import fields

import pytest
from chaos.plan import MOST_HOURS, PATIENTS, PRACTICES, TARGETS, make_plan

SECONDS = 120.0


def test_the_same_seed_gives_the_same_plan():
    assert make_plan(7, SECONDS) == make_plan(7, SECONDS)


def test_another_seed_gives_another_plan_in_each_of_its_parts():
    one, other = make_plan(7, SECONDS), make_plan(8, SECONDS)

    parts = [field.name for field in fields(one) if field.name != "seconds"]
    assert [name for name in parts if getattr(one, name) == getattr(other, name)] == []


def test_a_longer_run_has_more_of_everything():
    short, long = make_plan(7, SECONDS), make_plan(7, 4 * SECONDS)

    for name in ("journeys", "kills", "faults", "happenings"):
        assert len(getattr(long, name)) > 2 * len(getattr(short, name))


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_has_everything_that_a_run_is_about(seed):
    plan = make_plan(seed, SECONDS)

    wanted = Counter((journey.practice, journey.wall, journey.with_member) for journey in plan.journeys)
    assert max(wanted.values()) > 2  # Several want one time.
    assert {journey.patient for journey in plan.journeys} <= set(range(PATIENTS))
    assert {journey.practice for journey in plan.journeys} == set(range(PRACTICES))
    assert {"web", "worker", "postgres", "sessions"} <= {kill.target for kill in plan.kills} <= set(TARGETS)
    assert {journey.answer for journey in plan.journeys} >= {"confirm", "decline", "suggest", "nothing"}
    assert {journey.how for journey in plan.journeys} == {"once", "again", "at_once", "other_key"}
    assert any(fault.is_webhook for fault in plan.faults)
    assert any(not fault.is_webhook for fault in plan.faults)
    assert sum(jump.hours for jump in plan.jumps) <= MOST_HOURS
    moments = [one.at for one in (*plan.journeys, *plan.kills, *plan.faults, *plan.happenings, *plan.jumps)]
    assert 0 < min(moments) <= max(moments) < SECONDS
