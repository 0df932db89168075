"""The figures of docs/scaling.md are what comes of the arithmetic, and the simulation agrees with what can be reckoned."""

from pathlib import Path

import pytest
from load import capacity
from load.simulation import Call, Machine

SCALING = Path(__file__).resolve().parents[1] / "docs" / "scaling.md"


def test_the_tables_are_what_the_arithmetic_gives():
    text = SCALING.read_text()

    assert capacity.arithmetic() in text
    assert capacity.table() in text


def test_a_client_alone_waits_for_its_own_work():
    alone = Machine(cores=2, processes=1).run_closed(Call(10, 4, 1, (20, 5)), clients=1, calls=500)

    assert alone.per_second == pytest.approx(1000 / 40, rel=0.03)
    assert alone.p50 == pytest.approx(40, rel=0.05)


def test_a_process_is_shared_as_the_theory_of_queues_has_it():
    """Of work that is served in slices, one after the other, half of a full process takes twice as long: M/G/1-PS."""
    half_full = Machine(cores=1, processes=1).run_open(Call(5, 0), per_second=100, calls=8000)

    assert half_full.per_second == pytest.approx(100, rel=0.05)
    assert half_full.p50 == pytest.approx(8.2, rel=0.1)


def test_python_runs_once_in_a_process_and_everything_together_on_the_cores():
    work = Call(10, 5)
    one, two = (Machine(cores=4, processes=number).run_closed(work, clients=12, calls=1500) for number in (1, 2))
    crowded = Machine(cores=2, processes=4).run_closed(work, clients=12, calls=1500)

    assert one.per_second == pytest.approx(100, rel=0.05)
    assert two.per_second == pytest.approx(200, rel=0.05)
    assert crowded.per_second == pytest.approx(2 / 0.015, rel=0.05)
