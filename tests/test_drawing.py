"""What an ordinary run leaves out is drawn: the same in all its processes, another in other runs, and never a whole test."""

import pytest
from drawing import cases_drawn

TABLE = [f"row {number}" for number in range(12)]


class _Case:
    """What pytest gives of a case that a test of many has."""

    def __init__(self, row, fixtures=("stage",), param="row", folder="some"):
        self.nodeid = f"tests/some/test_some.py::test_{param}[{row}]"
        self.fixturenames, self.callspec, self.module = fixtures, type("Spec", (), {"params": {param: row}}), object()
        self.path = type("Path", (), {"parent": type("Folder", (), {"name": folder})})


def played(cases):
    kept, left = cases_drawn(cases)
    assert sorted([*kept, *left], key=cases.index) == cases
    return kept


@pytest.fixture
def run(monkeypatch):
    """Begins another run, which asks for no more than an ordinary one."""
    monkeypatch.setattr("drawing.EVERY_CASE", False)

    return lambda moment: monkeypatch.setenv("FINDR_TEST_START", moment)


def test_a_sixth_of_a_table_is_played_and_every_process_draws_the_same(run):
    run("2026-11-26T09:00:00Z")

    draws = [[case.nodeid for case in played([_Case(row) for row in TABLE])] for _ in range(2)]

    assert len(draws[0]) == 2
    assert draws[0] == draws[1]


def test_half_of_the_scenarios_in_a_browser_are_played(run):
    run("2026-11-26T09:00:00Z")
    scenarios = [_Case("alone", param=f"scenario_{number}", folder="browser") for number in range(8)]

    assert len(played([*scenarios, _Case("alone")])) == 5


def test_each_row_has_its_run(run):
    seen = set()
    for minute in range(60):
        run(f"2026-11-26T09:{minute:02d}:00Z")
        seen |= {case.nodeid for case in played([_Case(row) for row in TABLE])}

    assert len(seen) == len(TABLE)


@pytest.mark.parametrize(
    ("cases", "number"),
    [
        ([_Case(row) for row in TABLE[:3]], 1),
        ([_Case(row) for row in TABLE[:1]], 1),
        ([_Case(row, fixtures=("tmp_path",)) for row in TABLE], 12),
    ],
    ids=["few", "one", "without servers"],
)
def test_of_small_ones_one_row_is_played_and_cheap_ones_are_played_whole(run, cases, number):
    run("2026-11-26T09:00:00Z")

    assert len(played(cases)) == number
