"""One mailbox is not asked more often than its vendor likes, by all of findr's processes together; and left alone when told."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.core.cache import cache

from calendars.vendors.base import RateLimited
from calendars.vendors.limits import Mailbox, turn
from findr.vendors.budget import Budget

from .people import HOUR, NOON, PAT, SAM, SECONDS, draft


def look(account, access):
    return account.adapter.busy(access, [account.primary_id], NOON, NOON + HOUR, seconds=SECONDS)


@pytest.fixture
def ready(account, access, settings):
    """An account whose mailbox has not been counted yet: the limit is set afterwards."""
    account.primary_id = account.primary(access)

    def limit(rate):
        settings.CALENDAR_RATE = rate

    return limit


def test_a_call_over_the_limit_is_not_made(account, access, ready):
    ready("4/60")  # One was made to find the primary calendar.
    for _ in range(3):
        look(account, access)
    before = len(account.control.calls())

    with pytest.raises(RateLimited) as limited:
        look(account, access)

    assert len(account.control.calls()) == before
    assert 50 < limited.value.retry_after <= 60
    assert limited.value.retryable


def test_another_mailbox_has_a_limit_of_its_own(account, access, ready):
    other = account.access(SAM)
    ready("2/60")
    look(account, access)
    with pytest.raises(RateLimited):
        look(account, access)

    assert account.adapter.list_calendars(other, seconds=SECONDS)


def test_calls_are_counted_until_their_seconds_are_over(account, access, ready):
    ready("2/1")
    deadline = time.monotonic() + 20
    made = 0
    while made < 5:
        assert time.monotonic() < deadline
        try:
            look(account, access)
            made += 1
        except RateLimited as limited:
            time.sleep(limited.retry_after)

    seen = [call["operation"] for call in account.control.calls() if call["operation"] == account.words["busy"]]
    assert len(seen) == 5


def test_a_mailbox_that_said_429_is_left_alone(account, access, ready):
    account.control.fail(429, operation=account.words["busy"], headers={"Retry-After": "60"})
    with pytest.raises(RateLimited):
        look(account, access)
    before = len(account.control.calls())

    with pytest.raises(RateLimited) as limited:
        account.adapter.create_event(access, account.primary_id, draft(), seconds=SECONDS)

    assert 30 < limited.value.retry_after <= 60
    assert len(account.control.calls()) == before


def test_it_is_asked_again_when_its_time_is_over(account, access, ready):
    account.control.fail(429, operation=account.words["busy"], headers={"Retry-After": "1"})
    deadline = time.monotonic() + 20
    answer = None
    while answer is None:
        assert time.monotonic() < deadline
        try:
            answer = look(account, access)
        except RateLimited as limited:
            time.sleep(limited.retry_after)

    assert answer == []
    assert [call["status"] for call in account.calls("busy")] == [429, 200]


def test_a_vendor_that_wants_to_wait_no_time_is_asked_again_at_once(account, access, ready):
    account.control.fail(429, operation=account.words["busy"], headers={"Retry-After": "0"})
    with pytest.raises(RateLimited):
        look(account, access)

    assert look(account, access) == []


def test_without_redis_calls_are_made(account, access, ready, settings, caplog):
    ready("1/60")
    place = settings.CACHES["default"]
    settings.CACHES = {"default": {**place, "LOCATION": "redis://127.0.0.1:9/0"}}

    assert look(account, access) == []
    assert "Calls to a mailbox were not counted: ConnectionError" in caplog.text
    assert PAT not in caplog.text


# --- Graph takes four calls at once ---------------------------------------------------------------------------------
def crowd(side, access, threads=12):
    def call(_):
        try:
            return side.adapter.busy(access, ["primary"], NOON, NOON + HOUR, seconds=SECONDS)
        except RateLimited:
            return None

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call, range(threads)))


def test_graph_never_has_more_than_four_calls_of_ours_about_one_mailbox(vendors):
    side = vendors["microsoft"]
    access = side.access(PAT)
    side.control.misbehave({"operation": "getSchedule", "action": "delay", "seconds": 0.1, "times": None})

    assert crowd(side, access) == [[]] * 12
    assert {call["status"] for call in side.calls("busy")} == {200}


def test_a_fifth_call_waits_for_a_moment_only(vendors):
    side = vendors["microsoft"]
    access = side.access(PAT)
    mailbox = Mailbox("Microsoft", PAT, at_once=4)
    with ExitStack() as elsewhere:  # Four calls of other processes.
        for _ in range(4):
            elsewhere.enter_context(turn(mailbox, Budget(60)))
        with pytest.raises(RateLimited, match="under way"):
            side.adapter.list_calendars(access, seconds=1)
        assert side.calls("list") == []

    assert side.adapter.list_calendars(access, seconds=SECONDS)


def test_calls_whose_process_died_are_under_way_no_longer_than_they_could_be(vendors):
    mailbox = Mailbox("Microsoft", PAT, at_once=1)
    died = turn(mailbox, Budget(0.2))
    died.__enter__()

    with turn(mailbox, Budget(SECONDS)):
        died.__exit__(None, None, None)


# --- Two hundred calls against a vendor that means it ---------------------------------------------------------------
LIMIT, WINDOW, CALLS = 50, 1, 200


def move_two_hundred_events(account, access):
    """Moves events as the outbox does: each until it is done, after as long as it was told to wait. Gives the calls' log."""

    def move(identity):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                return account.adapter.update_event(access, "primary", identity, moved, seconds=SECONDS)
            except RateLimited as limited:
                time.sleep(limited.retry_after)
        raise AssertionError("it was never moved")

    moved = draft(start=NOON + HOUR, end=NOON + 2 * HOUR)
    events = [account.control.book(PAT, NOON, NOON + HOUR)["id"] for _ in range(CALLS)]
    account.control.limit(LIMIT, WINDOW, PAT)
    before = len(account.control.calls())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(move, events))
    assert {event["title"] for event in account.control.events(PAT)} == {moved.title}
    return account.control.calls()[before:]


def test_below_the_vendors_limit_hardly_a_call_is_refused(side, settings, figures):
    access = side.access(PAT)
    settings.CALENDAR_RATE = f"{LIMIT}/{WINDOW}"

    statuses = [call["status"] for call in move_two_hundred_events(side, access)]

    refused = statuses.count(429)
    figures.append(f"{side.name}: {refused} of {len(statuses)} calls refused at its limit of {LIMIT} in {WINDOW} s")
    assert refused < len(statuses) / 100


@pytest.mark.parametrize(("rate", "said"), [("100000/1", [200] * 10 + [429]), ("10/600", [200] * 10)])
def test_without_counting_the_vendor_refuses(side, settings, rate, said):
    """The negative control of the above, and its other side, at a limit that no machine is too slow for."""
    access = side.access(PAT)
    cache.clear()
    side.control.limit(10, 600, PAT)
    settings.CALENDAR_RATE = rate
    before = len(side.control.calls())
    for _ in range(10):
        side.adapter.list_calendars(access, seconds=SECONDS)

    with pytest.raises(RateLimited):
        side.adapter.list_calendars(access, seconds=SECONDS)

    assert [call["status"] for call in side.control.calls()[before:]] == said
