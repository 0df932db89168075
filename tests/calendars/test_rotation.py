"""Keys of stored tokens change: a new one in front, the old ones behind, and a command that seals anew (lesson 54)."""

import base64
import os
from io import StringIO

import pytest
from calendar_accounts import CAL, OTHER, Desk
from cast import promised
from concurrency.together import at_once
from django.core import checks
from django.core.management import call_command

from calendars.encryption import is_current
from calendars.models import CalendarConnection
from calendars.services import rotation
from calendars.services.tokens import access_of
from findr import clock

pytestmark = pytest.mark.lesson(54)


def new_key():
    return base64.b64encode(os.urandom(32)).decode()


def rotate():
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def two_of_now():
    return CalendarConnection.objects.order_by("created_at")


def sealed():
    return [bytes(token) for row in CalendarConnection.objects.all() for token in (row.access_token, row.refresh_token)]


@pytest.fixture
def two(desk, other_provider):
    """Two practices' connections, each with an account of its own."""
    desk.connect()
    Desk(other_provider, desk.sandbox, desk.vendor).connect(OTHER)
    return list(CalendarConnection.objects.order_by("created_at"))


def test_with_a_new_key_in_front_everything_goes_on(desk, two, settings):
    settings.CALENDAR_TOKEN_KEYS = [new_key(), *settings.CALENDAR_TOKEN_KEYS]

    assert desk.calendars().status == 200
    assert desk.status()["tokenValid"] is True


def test_a_consent_that_was_begun_with_the_old_key_ends_well(desk, settings):
    fields = desk.allowed()
    settings.CALENDAR_TOKEN_KEYS = [new_key(), *settings.CALENDAR_TOKEN_KEYS]

    assert "calendar=success" in desk.come_back(fields)


def test_a_consent_whose_key_is_gone_is_begun_again(desk, settings):
    fields = desk.allowed()
    settings.CALENDAR_TOKEN_KEYS = [new_key()]

    assert desk.come_back(fields).endswith("calendar=error&reason=exchange_failed")


def test_after_the_rotation_the_old_key_can_go(desk, two, settings):
    newest = new_key()
    settings.CALENDAR_TOKEN_KEYS = [newest, *settings.CALENDAR_TOKEN_KEYS]
    assert not any(map(is_current, sealed()))

    told = rotate()

    assert told == "2 connections sealed anew, 0 cannot be read.\n"
    assert all(map(is_current, sealed()))
    settings.CALENDAR_TOKEN_KEYS = [newest]
    assert desk.calendars().status == 200
    assert all(row.token("refresh_token") for row in two_of_now())


def test_tokens_are_the_same_after_the_rotation(two, settings):
    before = [(row.token("access_token"), row.token("refresh_token"), row.token_version) for row in two]
    settings.CALENDAR_TOKEN_KEYS = [new_key(), *settings.CALENDAR_TOKEN_KEYS]

    rotate()

    after = [(row.token("access_token"), row.token("refresh_token"), row.token_version) for row in two_of_now()]
    assert after == before


def test_a_second_run_has_nothing_to_do(two, settings):
    settings.CALENDAR_TOKEN_KEYS = [new_key(), *settings.CALENDAR_TOKEN_KEYS]
    rotate()
    before = sealed()

    assert rotate() == "0 connections sealed anew, 0 cannot be read.\n"
    assert sealed() == before


def test_it_goes_in_small_steps(two, settings, monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 1)
    settings.CALENDAR_TOKEN_KEYS = [new_key(), *settings.CALENDAR_TOKEN_KEYS]

    assert rotate() == "2 connections sealed anew, 0 cannot be read.\n"


def test_what_no_key_opens_must_be_connected_again_and_is_told_once(desk, two, settings):
    old = settings.CALENDAR_TOKEN_KEYS
    settings.CALENDAR_TOKEN_KEYS = [new_key()]
    desk.connect()  # Ridge again, with the new key.

    told = [rotate(), rotate()]

    assert told == ["0 connections sealed anew, 1 cannot be read.\n"] * 2
    assert [row.status for row in two_of_now()] == ["active", "needs_reauth"]
    assert promised().count("calendars.mail_needs_reauth") == 1
    settings.CALENDAR_TOKEN_KEYS = [*settings.CALENDAR_TOKEN_KEYS, *old]
    assert rotation.count_unreadable() == 0


def test_tokens_that_are_refreshed_meanwhile_are_not_overwritten(desk, settings):
    """By turns and at once, as often as there is time for."""
    desk.connect()
    for _ in range(5):
        settings.CALENDAR_TOKEN_KEYS = [new_key(), *settings.CALENDAR_TOKEN_KEYS]
        CalendarConnection.objects.update(token_expires_at=clock.now())
        stale = desk.connection()

        access, _ = at_once(lambda stale=stale: access_of(stale, seconds=20), rotate)

        row = desk.connection()
        assert access.token == row.token("access_token")
        assert row.token_version == stale.token_version + 1
        assert desk.calendars().status == 200
    assert desk.accounts.oauth.refreshes(CAL) == 5


def test_the_check_says_how_many_cannot_be_decrypted(two, settings):
    assert database_checks() == []
    settings.CALENDAR_TOKEN_KEYS = [new_key()]

    (found,) = database_checks()

    assert (found.id, found.msg) == ("calendars.W001", "The tokens of 2 connected calendars cannot be decrypted.")


def test_a_check_without_a_database_asks_none(two, settings):
    settings.CALENDAR_TOKEN_KEYS = [new_key()]

    assert [one for one in checks.run_checks() if one.id == "calendars.W001"] == []


def database_checks():
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [one for one in found if one.id.startswith("calendars")]
