"""Connecting an account: the way there and back, what is stored, whose it is (contract 17)."""

from datetime import timedelta

import pytest
from calendar_accounts import CAL, OTHER, Desk, query_of
from django.conf import settings

from calendars.models import Authorization, CalendarConnection
from findr import clock
from providers.models import TeamMember

FOREIGN = (404, "team_member_not_found", "Team member not found")


def rows():
    return list(CalendarConnection.objects.order_by("created_at").values_list("account_email", "status"))


def test_an_account_is_connected(desk):
    before = desk.status()

    location = desk.come_back(desk.allowed())

    assert before["connected"] is False
    assert location == f"{settings.PORTAL_URL}/calendar?calendar=success&provider={desk.vendor}"
    status = desk.status()
    assert (status["connected"], status["provider"], status["email"]) == (True, desk.vendor, CAL)
    assert (status["tokenValid"], status["syncDirection"], status["lastSyncStatus"]) == (True, "two-way", None)


def test_at_first_the_primary_calendar_is_read_and_written(desk):
    desk.accounts.add_calendar(CAL, "family", "Family")

    row = desk.connect()

    (primary,) = [one for one in desk.calendars().body["calendars"] if one["primary"]]
    assert row.conflict_calendars == [row.target_calendar] == [primary["id"]] == [desk.status()["calendarId"]]


def test_the_link_asks_for_the_least_and_for_a_lasting_grant(google):
    asked = query_of(google.link())

    assert (asked["access_type"], asked["prompt"], asked["code_challenge_method"]) == ("offline", "consent", "S256")
    assert {scope.rpartition("/")[2] for scope in asked["scope"].split()} == {
        *("openid", "userinfo.email", "calendar.freebusy", "calendar.events", "calendar.calendarlist.readonly")
    }


def test_the_link_to_microsoft_asks_for_the_least_and_for_a_lasting_grant(provider, sandbox):
    asked = query_of(Desk(provider, sandbox, "microsoft").link())

    assert {"offline_access", "User.Read"} <= set(asked["scope"].split())
    assert "Calendars.ReadWrite" in asked["scope"]
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")


def test_an_answer_to_a_link_carries_no_secret_but_the_state(desk):
    """The code verifier stays here, encrypted; of the state only the hash does."""
    asked = query_of(desk.link())
    row = Authorization.objects.get()

    assert asked["state"] not in (row.state, repr(row), str(row))
    assert asked["state"].encode() not in bytes(row.kept)
    assert b"verifier" not in bytes(row.kept)
    assert "verifier" in row.reveal()
    assert "code_verifier" not in asked
    assert row.expires_at - clock.now() == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=20))


# --- The same account, another account ------------------------------------------------------------------------------
def test_the_same_account_again_is_the_same_connection(desk):
    desk.accounts.add_calendar(CAL, "work", "Work")
    first = desk.connect()
    calendars = [one["id"] for one in desk.calendars().body["calendars"]]
    assert desk.choose(calendars[1], calendars).status == 200

    again = desk.connect()

    assert again.pk == first.pk
    assert again.token("refresh_token") != first.token("refresh_token")
    assert again.token_version > first.token_version
    assert (again.target_calendar, again.conflict_calendars) == (calendars[1], calendars)
    assert rows() == [(CAL, "active")]


def test_a_calendar_that_is_gone_is_chosen_no_more(desk):
    desk.accounts.add_calendar(CAL, "work", "Work")
    first = desk.connect()
    work = desk.calendars().body["calendars"][1]["id"]
    desk.choose(work, [work])
    desk.accounts.remove_calendar(CAL, "work")

    again = desk.connect()

    assert (again.target_calendar, again.conflict_calendars) == (first.target_calendar, first.conflict_calendars)


@pytest.mark.lesson(53)
def test_another_account_takes_the_place_of_the_first(desk):
    first = desk.connect()

    second = desk.connect(OTHER)

    assert rows() == [(CAL, "replaced"), (OTHER, "active")]
    first.refresh_from_db()
    assert first.token("refresh_token")  # What was written there can still be changed.
    assert desk.status()["email"] == OTHER
    assert second.pk != first.pk


@pytest.mark.lesson(53)
def test_an_account_that_comes_back_is_its_own_row_again(desk):
    first = desk.connect()
    desk.connect(OTHER)

    back = desk.connect()

    assert back.pk == first.pk
    assert rows() == [(CAL, "active"), (OTHER, "replaced")]


def test_another_vendor_takes_the_place_of_the_first(provider, sandbox):
    Desk(provider, sandbox).connect()
    Desk(provider, sandbox, "microsoft").connect()

    found = CalendarConnection.objects.order_by("created_at").values_list("vendor", "status")
    assert list(found) == [("google", "replaced"), ("microsoft", "active")]


# --- The practice, and its team -------------------------------------------------------------------------------------
def test_a_practice_and_a_member_have_a_calendar_each(desk, provider):
    alex = Desk(provider, desk.sandbox, desk.vendor, TeamMember.objects.get(provider=provider.id))
    desk.connect()

    alex.connect(OTHER)

    assert rows() == [(CAL, "active"), (OTHER, "active")]
    assert (desk.status()["email"], alex.status()["email"]) == (CAL, OTHER)
    assert alex.disconnect().status == 200
    assert (desk.status()["connected"], alex.status()["connected"]) == (True, False)


@pytest.mark.lesson(38)
@pytest.mark.parametrize("path", ["GET status", "GET {}/auth", "GET calendars", "PUT calendars", "POST disconnect"])
def test_a_member_of_another_practice_is_unknown(path, desk, provider, other_provider):
    method, words = path.split()
    theirs = TeamMember.objects.get(provider=other_provider.id).id
    place = f"/api/calendar/{words.format(desk.vendor)}/{provider.id}"

    answers = {
        provider.call(method, f"{place}?memberId={member}", None if method == "GET" else {}).refusal
        for member in (theirs, "x", "5f0c2a10-0000-4000-8000-000000000999", "%00", str(theirs).replace("-", ""))
    }

    assert answers == {FOREIGN}
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("query", ["", "?memberId=", "?memberId=%20"])
def test_a_blank_member_is_the_practice(query, google, provider):
    google.connect()

    assert provider.get(f"/api/calendar/status/{provider.id}{query}").body["email"] == CAL


@pytest.mark.lesson(39)
def test_another_practice_has_its_own(desk, other_provider):
    desk.connect()
    theirs = Desk(other_provider, desk.sandbox, desk.vendor)

    assert theirs.status()["connected"] is False
    assert theirs.calendars().body["calendars"] == []
    assert theirs.disconnect().status == 200
    assert desk.status()["connected"] is True
