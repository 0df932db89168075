"""A calendar read once, and then what has changed in it: it comes to what the live look says, always (lesson 47)."""

from datetime import timedelta

import pytest

from calendars.vendors.base import CalendarMissing, CursorGone
from findr.sandbox.calendars.times import text_of

from .people import HOUR, NOON, PAT, SECONDS

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
START, END = NOON - 10 * DAY, NOON + 30 * DAY


class Copy:
    """What a mirror would hold: read from the beginning where the vendor wants that, else by what has changed."""

    def __init__(self, account, access, calendar=None):
        self.account, self.access = account, access
        self.calendar = calendar or account.primary(access)
        self.begin()

    def begin(self):
        read = self.account.adapter.read_events(self.access, self.calendar, START, END, seconds=SECONDS)
        self.cursor, self.held, self.began_anew = read.cursor, {}, True
        self._take(read.events)

    def go_on(self):
        """Changes; from the beginning if it must be."""
        self.began_anew = False
        try:
            read = self.account.adapter.read_changes(self.access, self.calendar, self.cursor, seconds=SECONDS)
        except CursorGone:
            self.begin()
        else:
            self.cursor = read.cursor
            self._take(read.events)

    def _take(self, events):
        for event in events:
            self.held = {key: one for key, one in self.held.items() if event.id not in (key, one[1])}
            if event.busy and event.busy.start < END and event.busy.end > START:
                self.held[event.id] = ((event.busy.start, event.busy.end), event.series_id)

    def busy(self):
        return merged((max(start, START), min(end, END)) for (start, end), _ in self.held.values())


def merged(stretches):
    found = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def live(copy):
    found = copy.account.adapter.busy(copy.access, [copy.calendar], START, END, seconds=SECONDS)
    return merged((one.start, one.end) for one in found)


@pytest.mark.lesson(25, 47)
def test_the_matrix_is_that_of_the_live_look(account, access):
    account.control.add_account(PAT, time_zone="America/Los_Angeles")
    kinds = [{"show_as": one} for one in ("busy", "free", "tentative", "oof", "workingElsewhere")]
    kinds += [{"response": one} for one in ("accepted", "tentative", "none", "declined")]
    kinds += [{"status": "tentative"}, {"status": "cancelled"}]
    for number, kind in enumerate(kinds):
        day = NOON + number * DAY
        account.control.book(PAT, day, day + HOUR, **kind)
        account.control.book(
            PAT, (NOON + (number * 2 - 8) * DAY).date(), (NOON + (number * 2 - 7) * DAY).date(), **kind
        )

    copy = Copy(account, access)

    if account.is_personal:  # Of whole days it asks Graph itself, which knows where they begin only for what is asked.
        assert [one for one in copy.busy() if one[1] - one[0] == HOUR]
    else:
        assert copy.busy() == live(copy)


@pytest.mark.lesson(47)
def test_series_their_changes_and_their_ends(account, access):
    """Whatever is done to a series, what the copy holds is what the live look says; whoever has a copy goes on with it."""
    control, copy = account.control, Copy(account, access)
    rules = ["RRULE:FREQ=WEEKLY;COUNT=4"]

    def agrees():
        copy.go_on()
        assert copy.busy() == live(copy)
        return len(copy.busy())

    weekly = control.book(PAT, NOON, NOON + HOUR, time_zone="UTC", recurrence=rules)["id"]
    single = control.book(PAT, NOON + 5 * HOUR, NOON + 6 * HOUR)["id"]
    assert agrees() == 5
    second = NOON + 7 * DAY
    control.change(weekly, PAT, occurrence=text_of(second), start=second + 3 * HOUR, end=second + 4 * HOUR)
    assert agrees() == 5
    assert (second + 3 * HOUR, second + 4 * HOUR) in copy.busy()
    control.remove(weekly, PAT, occurrence=text_of(NOON + 14 * DAY))
    assert agrees() == 4
    control.change(weekly, PAT, start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    assert agrees() == 3
    control.change(single, PAT, start=NOON + 9 * HOUR, end=NOON + 10 * HOUR)
    assert agrees() == 3
    control.remove(weekly, PAT)
    assert agrees() == 1
    control.remove(single, PAT)
    assert agrees() == 0
    assert agrees() == 0
    assert not copy.began_anew


@pytest.mark.lesson(48)
def test_what_leaves_the_window_is_gone_and_what_was_never_in_it_changes_nothing(account, access):
    inside = account.control.book(PAT, NOON, NOON + HOUR)["id"]
    outside = account.control.book(PAT, END + DAY, END + DAY + HOUR)["id"]
    copy = Copy(account, access)
    assert len(copy.busy()) == 1

    account.control.change(inside, PAT, start=END + 2 * DAY, end=END + 2 * DAY + HOUR)
    account.control.remove(outside, PAT)
    copy.go_on()

    assert copy.busy() == live(copy) == []
    assert not copy.began_anew


@pytest.mark.lesson(49)
def test_an_endless_series_that_is_edited_does_not_go_on_for_ever(account, access):
    daily = account.control.book(PAT, NOON, NOON + MINUTE, time_zone="UTC", recurrence=["RRULE:FREQ=DAILY"])["id"]
    copy = Copy(account, access)
    before = len(account.control.calls())

    account.control.change(daily, PAT, title="edited")
    copy.go_on()

    assert copy.busy() == live(copy)
    assert len(copy.held) == 30
    assert len(account.control.calls()) - before <= 6


@pytest.mark.lesson(50)
def test_a_cursor_that_is_not_known_any_more_says_so(account, access):
    account.control.book(PAT, NOON, NOON + HOUR)
    copy = Copy(account, access)
    account.control.forget_cursors(PAT)

    copy.go_on()
    assert copy.began_anew
    copy.go_on()

    assert not copy.began_anew
    assert copy.busy() == live(copy) == [(NOON, NOON + HOUR)]


def test_long_lists_come_page_by_page_and_a_change_meanwhile_is_not_lost(account, access):
    second = account.calendar(access, "second")
    for number in range(230):
        account.control.book(PAT, NOON + 2 * number * MINUTE, NOON + (2 * number + 1) * MINUTE, calendar="second")

    copy = Copy(account, access, second)
    assert len(copy.busy()) == 230
    account.control.book(PAT, NOON - HOUR, NOON - 30 * MINUTE, calendar="second")
    copy.go_on()

    assert copy.busy() == live(copy)
    assert not copy.began_anew


def test_a_calendar_that_is_gone_is_missing(account, access):
    copy = Copy(account, access, account.calendar(access, "second"))
    account.control.remove_calendar(PAT, "second")

    with pytest.raises(CalendarMissing):
        copy.go_on()
