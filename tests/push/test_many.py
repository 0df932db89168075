"""A small form of `tests/load/push.py`: some of many phones are gone, some are refused at first; all others get theirs."""

import re

from cast import run_jobs
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pushed_crowd import make_crowd, misbehave, outcomes, tell

from notifications.models import Device
from notifications.services import delivering

MANY = 50


def test_all_that_can_be_reached_are_reached_once_and_what_is_dead_is_gone(sandbox, patient, time, sweep):
    booking = patient.has_asked()
    people, addresses = make_crowd(MANY)
    counts = misbehave(sandbox.fcm, addresses)
    for user in people:
        tell([user], booking)
    run_jobs()
    first = outcomes()
    time.passes(minutes=1)
    sweep()

    assert all(counts[kind] for kind in ("dead", "quota", "error"))
    assert first["waiting"] == counts["quota"] + counts["error"]
    assert outcomes() == {"sent": MANY - counts["dead"], "failed": counts["dead"]}
    reached = [sent["address"] for sent in sandbox.fcm.messages()]
    assert sorted(reached) == sorted(address for address in addresses if not address.endswith(":dead"))
    assert Device.objects.count() == MANY - counts["dead"]


def statements_of(people, booking):
    """How many it takes to push to all of them in one go, but for FCM's answers, which are written down a few at a time,
    and the switches, which are read every few seconds.
    """
    for user in people:
        tell([user], booking)
    with CaptureQueriesContext(connection) as asked:
        run_jobs(only=["notifications.deliver"])
    return len([one for one in asked if not {"became", "waffle_switch"} & set(re.findall(r"\w+", one["sql"]))])


def test_many_pushes_take_no_more_statements_than_one(sandbox, patient):
    """A worker's time is to go into FCM's answers, and not into asking the database."""
    booking = patient.has_asked()
    run_jobs()
    people, _ = make_crowd(1 + delivering.AT_ONCE)

    assert statements_of(people[:1], booking) == statements_of(people[1:], booking)
    assert outcomes() == {"sent": len(people)}
