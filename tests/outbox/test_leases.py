"""One process at a time: leases, against real rows and real threads."""

from datetime import timedelta

import pytest
from concurrency.together import at_once

from bookings.models import StripeEvent
from findr import clock
from findr.outbox import leases, sweeps


@pytest.fixture
def row(stage):
    return StripeEvent.objects.create(id="evt_1", type="x", made_at=clock.now(), **leases.handed_back(clock.now()))


def rows():
    return StripeEvent.objects.filter(id="evt_1", processed_at=None)


def test_of_many_at_once_one_gets_the_lease(row):
    """Without the compare-and-swap every thread that had read the row as due would take it."""
    won = at_once(*[lambda: leases.claim(rows(), seconds=30)] * 16)

    (winner,) = filter(None, won)
    row.refresh_from_db()
    assert (row.lease_token, row.attempts) == (winner.lease_token, 1)


def test_of_many_rows_each_is_taken_once_however_many_take_them(stage):
    """Without the compare-and-swap a row would be everybody's who had read it as due."""
    StripeEvent.objects.bulk_create(
        StripeEvent(id=f"evt_{n}", type="x", made_at=clock.now(), **leases.handed_back(clock.now())) for n in range(40)
    )
    running = leases.claim(StripeEvent.objects.filter(id="evt_0"), seconds=30)

    won = at_once(*[lambda: leases.claim_each(StripeEvent.objects.all(), seconds=30)] * 8)

    taken = {row.id: row.lease_token for rows in won for row in rows}
    assert sorted(taken) == sorted(f"evt_{n}" for n in range(1, 40))
    assert sum(len(rows) for rows in won) == 39
    now = {row.id: (row.lease_token, row.attempts) for row in StripeEvent.objects.all()}
    assert now == {"evt_0": (running.lease_token, 1), **{one: (token, 1) for one, token in taken.items()}}


def test_a_lease_that_runs_is_nobody_elses_and_one_that_is_over_is_anybodys(row, time):
    first = leases.claim(rows(), seconds=30)

    assert leases.claim(rows(), seconds=30) is None
    assert sweeps.due(rows()) == []

    time.passes(seconds=31)
    assert sweeps.due(rows()) == ["evt_1"]
    second = leases.claim(rows(), seconds=30)
    assert (second.attempts, second.lease_token != first.lease_token) == (2, True)


def test_what_is_not_in_the_rows_is_not_taken(row):
    StripeEvent.objects.update(processed_at=clock.now(), outcome="ignored")

    assert leases.claim(rows(), seconds=30) is None
    row.refresh_from_db()
    assert (row.lease_token, row.attempts) == (None, 0)


def test_whoever_lost_the_lease_changes_nothing_any_more(row, time):
    slow = leases.claim(rows(), seconds=30)
    time.passes(seconds=31)
    now = leases.claim(rows(), seconds=30)

    assert leases.held_by(slow).update(reason="unclear") == 0
    assert not leases.renew(slow, seconds=300)
    assert (leases.is_same(now, slow), leases.is_same(now, now)) == (False, True)
    assert leases.held_by(now).update(reason="unclear") == 1


def test_a_lease_is_renewed_by_who_has_it(row, time):
    taken = leases.claim(rows(), seconds=30)
    time.passes(seconds=20)

    assert leases.renew(taken, seconds=30)
    time.passes(seconds=20)
    assert leases.claim(rows(), seconds=30) is None


def test_a_lease_handed_back_is_nobodys(row):
    taken = leases.claim(rows(), seconds=30)
    StripeEvent.objects.update(**leases.handed_back(clock.now()))

    row.refresh_from_db()
    assert not leases.is_same(row, taken)
    assert not leases.is_same(row, row)
    assert leases.claim(rows(), seconds=30).attempts == 2


def test_each_failure_waits_longer_than_the_last_up_to_the_cap(row):
    waits = []
    for _ in range(20):
        fields = leases.failed(row, first=5, cap=600)
        waits.append((fields["claimed_until"] - clock.now()) / timedelta(seconds=1))
        row.backoff_step = fields["backoff_step"]

    assert row.backoff_step == 16
    assert 4.9 <= waits[0] <= 10
    assert 9.9 <= waits[1] <= 20
    assert all(299 <= wait <= 600 for wait in waits[7:])
    assert len({round(wait, 3) for wait in waits[7:]}) > 1


def test_a_sweep_takes_the_longest_waiting_first_and_not_all_at_once(stage, settings):
    settings.SWEEP_BATCH = 2
    now = clock.now()
    for number, waited in enumerate((1, 3, 2, -1)):
        due_at = leases.handed_back(now - timedelta(minutes=waited))
        StripeEvent.objects.create(id=f"evt_{number}", type="x", made_at=now, **due_at)

    assert sweeps.due(StripeEvent.objects.all()) == ["evt_1", "evt_2"]
