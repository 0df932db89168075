"""Access for each call: fresh tokens, one refresh at a time, none that gets lost (lesson 27)."""

import time as machine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from calendar_accounts import CAL, OTHER, Desk
from concurrency.together import at_once
from django.db import connections, transaction

from calendars.models import CalendarConnection
from calendars.services.tokens import access_of, refresh_once, with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, GrantDead, RateLimited, TokenRefused, Unavailable
from findr import clock
from findr.outbox import leases

# What one caller waits for at most; each test takes a fraction of it.
SECONDS = 20


@pytest.fixture
def connection(desk):
    return desk.connect()


def now(connection):
    return CalendarConnection.objects.get(pk=connection.pk)


def runs_out(connection, seconds=30):
    """The access token has so long left, as far as findr knows."""
    CalendarConnection.objects.filter(pk=connection.pk).update(
        token_expires_at=clock.now() + timedelta(seconds=seconds)
    )
    return now(connection)


def reads(connection, seconds=SECONDS):
    """Read the account's calendars, with whatever access there is."""
    vendor = vendor_named(connection.vendor)
    return with_access(connection, lambda access, left: vendor.list_calendars(access, seconds=left), seconds=seconds)


def test_a_token_that_lasts_is_used_as_it_is(desk, connection):
    access = access_of(connection, seconds=SECONDS)

    assert (access.token, access.email) == (connection.token("access_token"), CAL)
    assert desk.accounts.oauth.refreshes(CAL) == 0


def test_a_token_with_less_than_a_minute_left_is_refreshed(desk, connection):
    old = runs_out(connection, 59)

    access = access_of(old, seconds=SECONDS)

    row = now(connection)
    assert access.token == row.token("access_token") != old.token("access_token")
    assert row.token_version == old.token_version + 1
    assert row.token_expires_at > clock.now() + timedelta(minutes=50)
    assert desk.accounts.oauth.refreshes(CAL) == 1
    assert access_of(runs_out(connection, 61), seconds=SECONDS).token == access.token


def test_a_token_that_the_hours_wore_out_is_refreshed_by_the_next_call(desk, connection, time):
    time.passes(hours=3)

    assert [one.is_primary for one in reads(connection)] == [True]
    assert desk.accounts.oauth.refreshes(CAL) == 1


@pytest.mark.lesson(27)
def test_twenty_at_once_on_a_token_that_just_ended_are_one_refresh(desk, connection):
    """Without the lease there would be twenty."""
    stale = runs_out(connection, 0)

    got = at_once(*[lambda: access_of(stale, seconds=SECONDS)] * 20)

    assert {one.token for one in got} == {now(connection).token("access_token")}
    assert desk.accounts.oauth.refreshes(CAL) == 1
    assert desk.token_calls == 2  # One was for the code.


@pytest.mark.lesson(27)
def test_twenty_whose_token_is_refused_at_once_are_one_refresh(google):
    """Though findr believes it good: the vendor says 401 to each of them."""
    connection = google.connect()
    google.accounts.expire_tokens(CAL)

    got = at_once(*[lambda: len(reads(connection))] * 20)

    assert got == [1] * 20
    assert google.accounts.oauth.refreshes(CAL) == 1


@pytest.mark.lesson(27)
def test_a_refused_token_is_refreshed_once_and_the_call_made_once_more(desk, connection):
    desk.accounts.expire_tokens(CAL)

    assert len(reads(connection)) == 1

    assert desk.accounts.oauth.refreshes(CAL) == 1
    assert now(connection).failures == 0


@pytest.mark.lesson(27)
def test_a_token_that_is_refused_again_is_not_refreshed_again(desk, connection):
    """A vendor that refuses every token is asked twice, and no more."""
    calls = []

    def call(access, left):
        calls.append(access.token)
        raise TokenRefused("No.")

    with pytest.raises(TokenRefused):
        with_access(connection, call, seconds=SECONDS)

    assert len(calls) == len(set(calls)) == 2
    assert desk.accounts.oauth.refreshes(CAL) == 1
    row = now(connection)
    assert (row.status, row.failures, row.last_error) == ("active", 1, "token_refused")


def test_a_token_that_somebody_refreshed_meanwhile_is_taken(desk, connection):
    fresh = refresh_once(connection, used=Access(connection.token("access_token"), CAL), seconds=SECONDS)

    again = refresh_once(connection, used=Access(connection.token("access_token"), CAL), seconds=SECONDS)

    assert again.token == fresh.token
    assert desk.accounts.oauth.refreshes(CAL) == 1


# --- Nothing gets lost ------------------------------------------------------------------------------------------------
def test_a_rotated_refresh_token_is_kept(provider, sandbox):
    desk = Desk(provider, sandbox, "microsoft")
    connection = desk.connect()
    sandbox.microsoft.rotate(old_stays=False)

    for _ in range(3):
        access_of(runs_out(connection), seconds=SECONDS)

    assert desk.accounts.oauth.refreshes(CAL) == 3
    assert now(connection).token("refresh_token") != connection.token("refresh_token")
    assert len(reads(runs_out(connection))) == 1


def test_a_refresh_goes_on_when_its_caller_has_no_time_left(provider, sandbox):
    """Else the vendor would have retired the old refresh token, and nobody would have the new one."""
    desk = Desk(provider, sandbox, "microsoft")
    stale = runs_out(desk.connect())
    sandbox.microsoft.rotate(old_stays=False)
    sandbox.microsoft.misbehave({"action": "delay", "seconds": 1.0, "path": "*token", "times": 1})

    with pytest.raises(Unavailable):
        access_of(stale, seconds=0.2)

    assert access_of(stale, seconds=SECONDS).token == now(stale).token("access_token")
    assert desk.accounts.oauth.refreshes(CAL) == 1
    assert now(stale).token_version == stale.token_version + 1


def test_an_older_answer_never_takes_the_place_of_a_newer_one(desk, connection):
    """A refresh is under way while the account is connected anew."""
    stale = runs_out(connection)
    desk.accounts.misbehave({"action": "delay", "seconds": 1.5, "path": "*token", "times": 1})

    with ThreadPoolExecutor(1) as pool:
        older = pool.submit(access_of, stale, seconds=SECONDS)
        wait_until(lambda: desk.token_calls == 2)
        newer = desk.connect()
        access = older.result(SECONDS)
        pool.submit(connections.close_all)

    row = now(connection)
    assert (row.token_version, row.token("refresh_token")) == (newer.token_version, newer.token("refresh_token"))
    assert access.token == newer.token("access_token")
    assert len(reads(row)) == 1


def test_a_refresher_that_died_is_not_waited_for_longer_than_its_lease(desk, connection, time):
    stale = runs_out(connection)
    assert leases.claim(CalendarConnection.objects.filter(pk=stale.pk), seconds=30)
    with pytest.raises(Unavailable):
        access_of(stale, seconds=0.2)
    assert desk.accounts.oauth.refreshes(CAL) == 0

    time.passes(seconds=31)

    assert access_of(stale, seconds=SECONDS).token != stale.token("access_token")


# --- A vendor that does not refresh -----------------------------------------------------------------------------------
def test_a_refresh_that_failed_is_not_tried_by_everybody_who_waits(desk, connection, time):
    stale = runs_out(connection)
    desk.accounts.fail(503, path="*token", times=None)

    def outcome():
        with pytest.raises(Unavailable):
            access_of(stale, seconds=SECONDS)

    at_once(*[outcome] * 10)

    assert desk.token_calls <= 3  # One was for the code.
    assert now(connection).status == "active"
    desk.sandbox.behave()
    time.passes(seconds=2)
    assert access_of(stale, seconds=SECONDS).token != stale.token("access_token")


def test_a_vendor_that_wants_to_be_left_alone_is(desk, connection, time):
    stale = runs_out(connection)
    desk.accounts.fail(429, path="*token", headers={"Retry-After": "20"}, times=1)
    with pytest.raises(RateLimited):
        access_of(stale, seconds=SECONDS)

    for _ in range(3):
        with pytest.raises(Unavailable):
            access_of(stale, seconds=SECONDS)

    assert desk.token_calls == 2


def test_tokens_are_never_refreshed_inside_a_transaction(desk, connection):
    stale = runs_out(connection)

    with transaction.atomic(), pytest.raises(RuntimeError):
        access_of(stale, seconds=SECONDS)

    assert desk.token_calls == 1


# --- Lesson 29 --------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(29)
def test_two_accounts_refreshed_at_once_keep_their_own_tokens(provider, other_provider, sandbox, desk):
    theirs = Desk(other_provider, sandbox, desk.vendor)
    one, two = runs_out(desk.connect()), runs_out(theirs.connect(OTHER))
    desk.accounts.add_calendar(OTHER, "work", "Work")

    got = at_once(*[lambda: len(reads(one)), lambda: len(reads(two))] * 2)

    assert got == [1, 2] * 2
    assert [desk.accounts.oauth.refreshes(account) for account in (CAL, OTHER)] == [1, 1]


def test_what_is_disconnected_has_no_access(desk, connection):
    desk.disconnect()

    with pytest.raises(GrantDead):
        access_of(now(connection), seconds=SECONDS)


def wait_until(condition, seconds=20):
    deadline = machine.monotonic() + seconds
    while not condition():
        assert machine.monotonic() < deadline
        machine.sleep(0.02)
