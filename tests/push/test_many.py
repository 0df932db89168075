"""A small form of `tests/load/push.py`: some of many phones are gone, some are refused at first; all others get theirs."""

from cast import run_jobs
from pushed_crowd import make_crowd, misbehave, outcomes, tell

from notifications.models import Device

MANY = 50


def test_all_that_can_be_reached_are_reached_once_and_what_is_dead_is_gone(sandbox, patient, time, sweep):
    booking = patient.has_asked()
    people, addresses = make_crowd(MANY)
    counts = misbehave(sandbox.fcm, addresses)
    for user in people:
        tell(user, booking)
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
