"""The state of a consent is good once, for ten minutes, and for who was sent with it; and what else does not connect."""

import logging

import pytest
from calendar_accounts import CAL, OTHER, Desk, came_back
from concurrency.together import at_once
from django.conf import settings
from django.test import Client

from calendars.models import Authorization, CalendarConnection
from calendars.services import consents
from findr.accounts.services import sign_out_everywhere

SCOPE = "https://www.googleapis.com/auth/"


def refused(reason):
    return f"{settings.PORTAL_URL}/calendar?calendar=error&reason={reason}"


def nothing_is_stored():
    return not CalendarConnection.objects.exists()


@pytest.mark.lesson(41)
def test_a_state_is_good_once(desk):
    fields = desk.allowed()
    desk.come_back(fields)

    assert desk.come_back(fields) == refused("invalid_state")
    assert desk.come_back({**desk.allowed(OTHER), "state": fields["state"]}) == refused("invalid_state")
    assert desk.status()["email"] == CAL


@pytest.mark.lesson(41)
def test_of_two_that_come_back_at_once_with_one_state_one_connects(desk):
    """Were the state looked at and then marked, both would exchange the code."""
    fields = desk.allowed()

    locations = at_once(*[lambda: desk.come_back(fields)] * 6)

    assert sorted(locations)[:5] == [refused("invalid_state")] * 5
    assert sum("calendar=success" in one for one in locations) == 1
    assert CalendarConnection.objects.count() == 1


@pytest.mark.lesson(41)
def test_a_state_ends_after_ten_minutes(desk, time):
    in_time = desk.allowed()
    time.passes(minutes=9, seconds=50)
    assert "calendar=success" in desk.come_back(in_time)

    late = desk.allowed(OTHER)
    time.passes(minutes=10, seconds=1)

    assert desk.come_back(late) == refused("invalid_state")
    assert desk.status()["email"] == CAL


@pytest.mark.lesson(41)
def test_a_state_is_good_at_its_own_vendor_only(provider, sandbox):
    fields = Desk(provider, sandbox, "google").allowed()

    assert came_back("microsoft", fields) == refused("invalid_state")
    assert "calendar=success" in came_back("google", fields)


@pytest.mark.lesson(41)
def test_a_state_that_was_made_up_is_none(desk, provider):
    fields = desk.allowed()
    hashed = Authorization.objects.get().state

    for state in ("x", "0" * 43, hashed, str(provider.id), "😀", "a" * 5000, "\x00", "' OR 1=1 --"):
        assert desk.come_back({**fields, "state": state}) == refused("invalid_state")
    assert nothing_is_stored()


@pytest.mark.lesson(41)
def test_a_state_ends_with_the_account_that_it_was_given_to(desk, provider):
    fields = desk.allowed()
    provider.user.is_active = False
    provider.user.save(update_fields=["is_active"])

    assert desk.come_back(fields) == refused("invalid_state")
    assert nothing_is_stored()


@pytest.mark.lesson(41)
def test_a_state_ends_when_the_practice_changes_hands(desk, provider, staff):
    fields = desk.allowed()
    type(provider.provider).objects.filter(id=provider.id).update(account=staff.user)

    assert desk.come_back(fields) == refused("invalid_state")
    assert nothing_is_stored()


def test_whoever_signs_out_meanwhile_still_comes_back(desk, provider):
    """The state is bound to the account, not to a token of it: a consent takes a while."""
    fields = desk.allowed()
    sign_out_everywhere(provider.user)

    assert "calendar=success" in desk.come_back(fields)


@pytest.mark.parametrize(
    "fields", [{}, {"code": "x"}, {"state": "x"}, {"code": "", "state": "x"}, {"code": "x", "state": ""}]
)
def test_without_a_code_or_a_state_nothing_is_asked(fields, desk):
    assert desk.come_back(fields) == refused("missing_params")
    assert desk.accounts.calls() == []


def test_whoever_says_no_is_told_so(desk):
    back = desk.accounts.oauth.deny(desk.link()).fields

    assert desk.come_back(back) == refused("access_denied")
    assert nothing_is_stored()
    assert desk.come_back({"state": back["state"], "code": "x"}) == refused("invalid_state")


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "invalid_scope", "<script>", "x" * 3000])
def test_another_error_of_the_vendor_is_no_consent(error, desk):
    assert desk.come_back({"error": error, "state": "x"}) == refused("exchange_failed")


def test_a_code_that_the_vendor_does_not_take_connects_nothing(desk):
    fields = desk.allowed()

    assert desk.come_back({**fields, "code": "made-up"}) == refused("exchange_failed")
    assert nothing_is_stored()


@pytest.mark.parametrize("rule", [{"status": 500}, {"status": 400, "code": "invalid_grant"}, {"status": 429}])
def test_an_exchange_that_fails_connects_nothing_and_uses_the_state_up(rule, desk):
    fields = desk.allowed()
    desk.accounts.fail(rule["status"], rule.get("code"), path="*token", times=1)

    assert desk.come_back(fields) == refused("exchange_failed")
    assert nothing_is_stored()
    assert desk.come_back(fields) == refused("invalid_state")


def test_an_account_whose_calendars_cannot_be_read_is_not_connected_and_its_grant_is_given_back(google):
    fields = google.allowed()
    google.accounts.fail(503, operation="calendarList.list", times=None)

    assert google.come_back(fields) == refused("exchange_failed")
    assert nothing_is_stored()
    assert [bool(grant["dead"]) for grant in google.accounts.oauth.grants()] == [True]


@pytest.mark.lesson(52)
@pytest.mark.parametrize("unticked", ["calendar.freebusy", "calendar.events", "calendar.calendarlist.readonly"])
def test_a_narrowed_consent_is_denied_and_what_is_missing_is_named(unticked, google, caplog):
    needed = ["calendar.freebusy", "calendar.events", "calendar.calendarlist.readonly"]
    ticked = [f"{SCOPE}{one}" for one in needed if one != unticked]

    with caplog.at_level(logging.WARNING, logger="calendars"):
        location = google.come_back(google.allowed(scopes=ticked))

    assert location == refused("access_denied")
    assert nothing_is_stored()
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("calendars")]
    assert f"{SCOPE}{unticked}" in line
    assert not [one for one in ticked if one in line]


def test_nobody_is_connected_at_a_vendor_that_is_not_configured(desk, provider, settings):
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI"):
        setattr(settings, f"{desk.vendor.upper()}_{name}", "")

    answer = provider.get(f"/api/calendar/{desk.vendor}/auth/{provider.id}")

    assert answer.refusal == (503, "calendar_not_configured", f"{desk.vendor.title()} calendar is not configured")
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("method", ["head", "post", "put", "options"])
def test_only_a_browsers_get_uses_a_state_up(method, desk):
    """Scanners of links look with HEAD."""
    fields = desk.allowed()

    response = getattr(Client(), method)(f"/api/calendar/{desk.vendor}/callback", query_params=fields)

    assert response.status_code == 405
    assert "calendar=success" in desk.come_back(fields)


def test_old_consents_are_forgotten(desk, time):
    desk.link()
    time.passes(hours=23)
    desk.link()
    assert consents.delete_old() == 0

    time.passes(hours=2)

    assert consents.delete_old() == 1
    assert Authorization.objects.count() == 1
