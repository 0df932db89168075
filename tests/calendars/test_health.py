"""How a connection fares: a dead grant and a calendar that cannot be read are told once (lessons 23, 27, 54)."""

from datetime import timedelta

import pytest
from calendar_accounts import CAL, OTHER, Desk
from cast import promised, run_jobs
from concurrency.together import at_once
from django.core import mail
from frames import bare, feed

from calendars.models import CalendarConnection
from calendars.services.tokens import access_of, with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import CalendarError, EventMissing, GrantDead, Unavailable
from findr import clock

SECONDS = 20


@pytest.fixture
def connection(desk):
    connection = desk.connect()
    run_jobs()
    mail.outbox.clear()
    return connection


def now(connection):
    return CalendarConnection.objects.get(pk=connection.pk)


def runs_out(connection):
    CalendarConnection.objects.filter(pk=connection.pk).update(token_expires_at=clock.now())
    return now(connection)


def reads(connection):
    vendor = vendor_named(connection.vendor)
    return with_access(connection, lambda access, left: vendor.list_calendars(access, seconds=left), seconds=SECONDS)


def fails(connection, error=None):
    def call(access, left):
        raise error or Unavailable("Nobody knows.")

    with pytest.raises(CalendarError):
        with_access(now(connection), call, seconds=SECONDS)


def mails():
    run_jobs()
    return [(one.to, one.subject) for one in mail.outbox]


# --- A dead grant -----------------------------------------------------------------------------------------------------
@pytest.mark.lesson(27)
def test_a_dead_grant_is_told_once(desk, connection, provider):
    desk.accounts.oauth.kill(CAL)

    for _ in range(3):
        with pytest.raises(GrantDead):
            access_of(runs_out(connection), seconds=SECONDS)

    frames = bare(feed(provider)["events"], 0)
    assert frames == [{"type": "calendar.needs_reauth", "data": {"vendor": desk.vendor, "email": CAL}}]
    assert mails() == [
        (["ridge@example.test"], f"Connect the {desk.vendor.title()} calendar of Ridge Physical Therapy again")
    ]
    row = now(connection)
    assert (row.status, row.last_error) == ("needs_reauth", "needs_reauth")
    status = desk.status()
    assert (status["connected"], status["tokenValid"], status["lastSyncStatus"]) == (True, False, "error")
    assert desk.token_calls == 2


@pytest.mark.lesson(27)
def test_a_dead_grant_that_twenty_notice_at_once_is_told_once(desk, connection, provider):
    desk.accounts.oauth.kill(CAL)
    stale = runs_out(connection)

    def notice():
        with pytest.raises(GrantDead):
            access_of(stale, seconds=SECONDS)

    at_once(*[notice] * 20)

    assert [frame["type"] for frame in feed(provider)["events"]] == ["calendar.needs_reauth"]
    assert len(mails()) == 1
    assert desk.token_calls == 2


@pytest.mark.lesson(27)
def test_a_grant_that_was_taken_back_is_noticed_by_the_next_call(desk, connection):
    """The access token is refused, and so is the refresh; that is one mail and not two."""
    desk.accounts.oauth.kill(CAL)

    with pytest.raises(GrantDead):
        reads(connection)

    assert [subject.split()[0] for _, subject in mails()] == ["Connect"]


def test_connecting_again_revives_it_and_the_next_death_is_told_anew(desk, connection, provider):
    for _ in range(2):
        desk.accounts.oauth.kill(CAL)
        with pytest.raises(GrantDead):
            reads(now(connection))
        assert desk.connect().pk == connection.pk
        assert desk.status()["tokenValid"] is True
        assert desk.status()["lastSyncStatus"] is None

    assert [frame["type"] for frame in feed(provider)["events"]] == ["calendar.needs_reauth"] * 2


def test_news_of_the_old_grant_say_nothing_of_the_new_one(desk, connection, provider):
    """A call that began before the account was connected anew."""
    old = runs_out(connection)
    desk.accounts.oauth.kill(CAL)
    desk.connect()

    assert access_of(old, seconds=SECONDS).token == now(connection).token("access_token")

    assert now(connection).status == "active"
    assert feed(provider)["events"] == []


def test_the_dead_grant_of_a_replaced_account_is_told_to_nobody(desk, connection, provider):
    """The practice has another one by now; what was written there cannot be reached any more."""
    desk.connect(OTHER)
    run_jobs()
    mail.outbox.clear()
    desk.accounts.oauth.kill(CAL)

    with pytest.raises(GrantDead):
        access_of(runs_out(connection), seconds=SECONDS)

    assert (now(connection).status, bytes(now(connection).refresh_token)) == ("disconnected", b"")
    assert (mails(), feed(provider)["events"]) == ([], [])
    assert desk.status()["tokenValid"] is True


# --- What no key opens ------------------------------------------------------------------------------------------------
@pytest.mark.lesson(54)
@pytest.mark.parametrize("column", ["access_token", "refresh_token"])
def test_a_ciphertext_of_another_row_needs_a_new_consent_and_is_never_a_500(column, desk, connection, other_provider):
    theirs = Desk(other_provider, desk.sandbox, desk.vendor).connect(OTHER)
    CalendarConnection.objects.filter(pk=connection.pk).update(**{column: bytes(getattr(theirs, column))})
    if column == "refresh_token":
        runs_out(connection)

    answer = desk.calendars()

    assert answer.refusal == (503, "calendar_unavailable", "The calendar could not be read")
    assert now(connection).status == "needs_reauth"
    assert desk.status()["tokenValid"] is False
    assert [one for one in mails() if one[1].startswith("Connect")] == [
        (["ridge@example.test"], f"Connect the {desk.vendor.title()} calendar of Ridge Physical Therapy again")
    ]
    assert desk.disconnect().status == 200
    assert theirs.token(column)


@pytest.mark.lesson(54)
def test_a_token_that_twenty_cannot_read_at_once_is_told_once(desk, connection, provider):
    """Each of them finds out by itself: without the row's lock, several would say so."""
    CalendarConnection.objects.filter(pk=connection.pk).update(access_token=b"junk")
    unreadable = now(connection)

    def notice():
        with pytest.raises(GrantDead):
            access_of(unreadable, seconds=SECONDS)

    at_once(*[notice] * 20)

    assert [frame["type"] for frame in feed(provider)["events"]] == ["calendar.needs_reauth"]
    assert promised().count("calendars.mail_needs_reauth") == 1


@pytest.mark.lesson(54)
@pytest.mark.parametrize("junk", [b"", b"x", b"\x00" * 200, "😀".encode()])
def test_junk_in_place_of_a_token_is_never_a_500(junk, desk, connection):
    CalendarConnection.objects.filter(pk=connection.pk).update(access_token=junk, refresh_token=junk)

    answers = [desk.calendars(), desk.choose("x", ["x"])]

    assert {one.status for one in answers} == {503}
    assert desk.status()["tokenValid"] is False
    assert desk.disconnect().status == 200


# --- A calendar that cannot be read -----------------------------------------------------------------------------------
@pytest.mark.lesson(23)
def test_the_first_failure_of_a_row_is_told_and_no_other(desk, connection):
    for _ in range(4):
        fails(connection)

    assert mails() == [
        (["ridge@example.test"], f"The {desk.vendor.title()} calendar of Ridge Physical Therapy could not be read")
    ]
    row = now(connection)
    assert (row.status, row.failures, row.last_error) == ("active", 4, "unavailable")
    assert desk.status()["lastSyncStatus"] == "error"


@pytest.mark.lesson(23)
def test_failures_at_once_are_told_once(desk, connection):
    at_once(*[lambda: fails(connection)] * 8)

    assert promised() == ["calendars.mail_unreadable"]
    assert now(connection).failures == 8


@pytest.mark.lesson(23)
def test_the_next_row_of_failures_is_told_once_a_day_at_most(google, time):
    """One that begins within the day is told when the day is over, if it lasts."""
    connection = google.connect()
    run_jobs()
    mail.outbox.clear()
    fails(connection)
    reads(now(connection))
    time.passes(hours=1)
    fails(connection)
    assert len(mails()) == 1

    time.passes(hours=24)
    fails(connection)
    fails(connection)

    assert len(mails()) == 2


def test_a_success_ends_the_row(desk, connection):
    fails(connection)

    reads(now(connection))

    row = now(connection)
    assert (row.failures, desk.status()["lastSyncStatus"]) == (0, "ok")
    assert row.last_error == "unavailable"  # What it was, for staff to see.


def test_a_success_that_changes_nothing_is_written_once_a_minute(desk, connection, time, django_assert_num_queries):
    reads(connection)
    first = now(connection)
    assert first.last_success_at is not None

    with django_assert_num_queries(0):
        reads(first)
    assert now(connection).last_success_at == first.last_success_at
    time.passes(seconds=61)
    reads(first)

    assert now(connection).last_success_at - first.last_success_at >= timedelta(seconds=61)


def test_a_failure_that_says_nothing_of_the_connection_is_not_held_against_it(desk, connection):
    fails(connection, EventMissing("No such event."))

    assert (now(connection).failures, promised()) == (0, [])
