"""The judge of answers: one key has one answer, unless it could not be kept."""

from types import SimpleNamespace

import pytest
from chaos import promises
from chaos.diary import Diary, Entry
from chaos.outages import Outage

pytestmark = pytest.mark.usefixtures("stage")
BEGAN, ENDED = 100.0, 111.0


def answer(number, began, ended):
    """A call with the same key as all others."""
    body = {"success": True, "number": number}
    return Entry("patient 1", "release", "j1", "/api/reservations/1", "tap-1", 200, body, began, ended)


def broken(*outages, numbers=(1, 2)):
    """What is found of two answers under one key, the first of which took eleven seconds."""
    first, second = numbers
    diary = Diary([answer(first, BEGAN, ENDED), answer(second, ENDED + 1, ENDED + 2)])
    world = SimpleNamespace(outages=outages, was_away=lambda *_, **__: False)
    return [line.partition(":")[0] for line in promises.broken(SimpleNamespace(diary=diary, world=world, jumped=[]))]


def test_two_answers_under_one_key_are_found():
    assert broken() == ["two answers"]
    assert broken(numbers=(1, 1)) == []


@pytest.mark.parametrize(
    ("outage", "is_excused"),
    [
        (Outage("sessions", ENDED - 1, ENDED - 1), True),
        (Outage("postgres", BEGAN - 5, BEGAN + 1), True),
        (Outage("postgres", ENDED - 1), True),
        (Outage("sessions", BEGAN - 1, BEGAN - 1), False),
        (Outage("postgres", ENDED + 0.5, ENDED + 1), False),
        (Outage("redis", BEGAN, ENDED), False),
        (Outage("worker", BEGAN, ENDED), False),
    ],
)
def test_an_answer_that_lost_its_database_may_not_have_been_kept(outage, is_excused):
    assert (broken(outage) == []) is is_excused
