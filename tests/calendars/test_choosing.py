"""Which calendars are read for conflicts, and in which one visits are written (contract 17)."""

import time as real_time

import pytest
from calendar_accounts import CAL
from concurrency.together import at_once

from calendars.models import CalendarConnection

UNREADABLE = (503, "calendar_unavailable", "The calendar could not be read")


@pytest.fixture
def calendars(desk):
    """A connected account with a calendar of its own, another one, and one that it may only read; their ids."""
    desk.accounts.add_calendar(CAL, "work", "Work")
    desk.accounts.add_calendar(CAL, "family", "Family", can_write=False)
    desk.connect()
    return [one["id"] for one in desk.calendars().body["calendars"]]


def test_the_accounts_calendars_are_read_at_the_vendor(desk, calendars):
    found = desk.calendars().body["calendars"]

    told = [(one["name"], one["primary"], one["canWrite"], one["conflict"], one["target"]) for one in found]
    assert told[0][1:] == (True, True, True, True)
    assert told[1:] == [("Work", False, True, False, False), ("Family", False, False, False, False)]
    desk.accounts.add_calendar(CAL, "new", "New")
    assert "New" in [one["name"] for one in desk.calendars().body["calendars"]]


def test_a_choice_is_kept(desk, calendars):
    primary, work, family = calendars

    answer = desk.choose(work, [family, primary])

    used = {one["id"]: (one["conflict"], one["target"]) for one in answer.body["calendars"]}
    assert used == {primary: (True, False), work: (False, True), family: (True, False)}
    assert desk.calendars().body == answer.body
    row = desk.connection()
    assert (row.target_calendar, row.conflict_calendars) == (work, [family, primary])
    assert desk.status()["calendarId"] == work


def test_a_calendar_named_twice_is_read_once(desk, calendars):
    primary = calendars[0]

    assert desk.choose(primary, [primary] * 30).status == 200

    assert desk.connection().conflict_calendars == [primary]


NO_TARGETS = [None, "", "  ", 5, True, [], {}, "nowhere", "x" * 501, "a\x00b"]
NO_CONFLICTS = [None, [], "primary", 5, True, {}, [5], [None], [[]], ["nowhere"], ["a\x00b"], ["x" * 600]]


def test_what_is_disconnected_while_it_is_asked_is_not_connected(desk, calendars, sandbox):
    """Found by generated requests: the choice was answered "could not be read, try again", which never helps."""
    primary = calendars[0]

    def answered_while_disconnecting(ask):
        calls = len(sandbox.log())
        sandbox.misbehave({"path": "*", "action": "delay", "seconds": 1.5})

        def disconnect():
            end = real_time.monotonic() + 20
            while len(sandbox.log()) == calls:
                assert real_time.monotonic() < end
            return desk.disconnect()

        answer, disconnected = at_once(ask, disconnect)
        assert disconnected.status == 200
        return answer

    chosen = answered_while_disconnecting(lambda: desk.choose(primary, [primary]))
    assert chosen.refusal == (400, "validation", "targetId is invalid")
    desk.connect()
    assert answered_while_disconnecting(desk.calendars).status == 200
    assert desk.calendars().body["calendars"] == []


@pytest.mark.parametrize("target", NO_TARGETS, ids=repr)
def test_a_target_that_is_none_is_refused(target, desk, calendars):
    before = CalendarConnection.objects.values().get()

    answer = desk.choose(target, [calendars[0]])

    word = "required" if target is None or (isinstance(target, str) and not target.strip()) else "invalid"
    assert answer.refusal == (400, "validation", f"targetId is {word}")
    assert answer.body["fields"] == {"targetId": f"targetId is {word}"}
    assert chosen(CalendarConnection.objects.values().get()) == chosen(before)


@pytest.mark.parametrize("conflicts", NO_CONFLICTS, ids=repr)
def test_conflicts_that_are_none_are_refused(conflicts, desk, calendars):
    before = CalendarConnection.objects.values().get()

    answer = desk.choose(calendars[0], conflicts)

    word = "required" if conflicts is None else "invalid"
    assert answer.refusal == (400, "validation", f"conflictIds is {word}")
    assert chosen(CalendarConnection.objects.values().get()) == chosen(before)


def chosen(row):
    return row["target_calendar"], row["conflict_calendars"]


def test_a_calendar_that_can_only_be_read_is_no_target(desk, calendars):
    assert desk.choose(calendars[2], calendars).refusal == (400, "validation", "targetId is invalid")


def test_ten_calendars_are_read_at_most(desk):
    for number in range(12):
        desk.accounts.add_calendar(CAL, f"extra{number}", f"Extra {number}")
    desk.connect()
    ids = [one["id"] for one in desk.calendars().body["calendars"]]

    assert desk.choose(ids[0], ids[:11]).refusal == (400, "validation", "conflictIds is invalid")
    assert desk.choose(ids[0], ids[:10]).status == 200
    assert desk.connection().conflict_calendars == ids[:10]


def test_without_a_connection_there_are_no_calendars(desk):
    assert desk.calendars().body == {"success": True, "calendars": []}
    assert desk.choose("primary", ["primary"]).refusal == (400, "validation", "targetId is invalid")
    assert desk.accounts.calls() == []


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_vendor_that_does_not_say_is_a_503(status, desk, calendars):
    desk.accounts.fail(status, times=None, headers={"Retry-After": "17"} if status == 429 else {})

    answers = [desk.calendars(), desk.choose(calendars[0], calendars[:1])]

    assert {one.refusal for one in answers} == {UNREADABLE}
    assert answers[0].body["retryAfter"] == (17 if status == 429 else 30)
    assert answers[0].headers["Retry-After"] == str(answers[0].body["retryAfter"])


def test_an_answer_that_makes_no_sense_is_a_503(desk, calendars):
    desk.accounts.answer_garbage(times=1)

    assert desk.calendars().refusal == UNREADABLE


def test_a_vendor_that_hangs_is_not_waited_for_beyond_the_request(desk, calendars, settings):
    settings.REQUEST_SECONDS = 1.0
    desk.accounts.misbehave({"action": "hang", "seconds": 30, "times": 1})

    assert desk.calendars().refusal == UNREADABLE
