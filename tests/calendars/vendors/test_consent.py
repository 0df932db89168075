"""Somebody is sent to a vendor's consent page, comes back with a code, and findr holds tokens for their calendar."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from calendars.vendors.base import (
    ConsentNarrowed,
    ExchangeFailed,
    GrantDead,
    NotConfigured,
    RateLimited,
    TokenRefused,
    Unavailable,
)
from findr import clock

from .people import HOUR, NOON, PAT, SECONDS

GOOGLE = "https://www.googleapis.com/auth/"
CALENDAR = f"{GOOGLE}calendar"
ALL_OF_GOOGLE = [f"{CALENDAR}.freebusy", f"{CALENDAR}.events", f"{CALENDAR}.calendarlist.readonly"]
TOKEN = {"path": "*token"}


def asked_of(consent):
    """The parameters of the link; each is there once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(consent.url).query).items()}


# --- The link -------------------------------------------------------------------------------------------------------
def test_google_is_asked_for_the_least_that_works_for_good_and_with_a_challenge(vendors, settings):
    asked = asked_of(vendors["google"].adapter.consent("the-state"))

    assert len(asked.pop("code_challenge")) == 43
    assert sorted(asked.pop("scope").split()) == sorted(["openid", f"{GOOGLE}userinfo.email", *ALL_OF_GOOGLE])
    assert asked == {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": settings.GOOGLE_REDIRECT_URI,
        "response_type": "code",
        "state": "the-state",
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "false",
        "code_challenge_method": "S256",
    }


def test_microsoft_is_asked_for_calendars_and_whose_they_are_and_comes_back_by_get(vendors, settings):
    asked = asked_of(vendors["microsoft"].adapter.consent("the-state"))

    scopes = {"openid", "profile", "offline_access", "Calendars.ReadWrite", "User.Read"}
    assert set(asked.pop("scope").split()) == scopes
    assert {name: asked[name] for name in ("client_id", "redirect_uri", "state", "response_type", "response_mode")} == {
        "client_id": settings.MICROSOFT_CLIENT_ID,
        "redirect_uri": settings.MICROSOFT_REDIRECT_URI,
        "state": "the-state",
        "response_type": "code",
        "response_mode": "query",
    }
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("google", "https://accounts.google.com/o/oauth2/v2/auth"),
        ("microsoft", "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"),
    ],
)
def test_without_a_sandbox_the_link_leads_to_the_vendor_itself(vendors, settings, name, place):
    settings.GOOGLE_BASE = settings.MICROSOFT_BASE = ""

    assert vendors[name].adapter.consent("s").url.partition("?")[0] == place


def test_showing_the_link_asks_the_vendor_nothing(side, sandbox):
    consent = side.adapter.consent("s")

    assert consent.url.startswith(side.control.base_url)
    assert sandbox.log() == []


def test_what_is_kept_is_json_and_another_each_time(side):
    one, other = side.adapter.consent("s"), side.adapter.consent("s")

    assert json.loads(json.dumps(one.kept)) == one.kept
    assert one.kept["code_verifier"] != other.kept["code_verifier"]
    assert str(one.kept["code_verifier"]) not in one.url


def test_a_vendor_without_its_client_is_not_configured(side, settings):
    setattr(settings, f"{side.name.upper()}_CLIENT_ID", "")

    assert not side.adapter.is_configured()
    with pytest.raises(NotConfigured):
        side.adapter.consent("s")


# --- The code -------------------------------------------------------------------------------------------------------
def test_a_code_becomes_tokens_that_work_and_says_whose_they_are(account):
    grant = account.connect(PAT)

    assert (grant.email, grant.is_personal) == (PAT, account.is_personal)
    assert timedelta(minutes=59) < grant.tokens.expires_at - clock.now() <= timedelta(hours=1)
    assert grant.tokens.refresh_token
    assert grant.tokens.access_token not in repr(grant)
    assert grant.tokens.refresh_token not in repr(grant)


def test_a_code_is_good_only_with_the_verifier_of_its_own_consent(side):
    kept, _ = side.consents()
    _, answer = side.consents()

    with pytest.raises(ExchangeFailed):
        side.adapter.exchange_code(kept, answer, seconds=SECONDS)


def test_a_code_is_good_once(side):
    kept, answer = side.consents()
    side.adapter.exchange_code(kept, answer, seconds=SECONDS)

    with pytest.raises(ExchangeFailed):
        side.adapter.exchange_code(kept, answer, seconds=SECONDS)


def test_a_callback_without_a_code_is_a_failed_exchange(side):
    kept, answer = side.consents()

    with pytest.raises(ExchangeFailed):
        side.adapter.exchange_code(kept, {"state": answer["state"]}, seconds=SECONDS)
    with pytest.raises(ExchangeFailed):
        side.adapter.exchange_code(kept, {"state": answer["state"], "error": "server_error"}, seconds=SECONDS)


def test_microsofts_callback_must_bear_the_state_of_its_consent(vendors):
    side = vendors["microsoft"]
    kept, answer = side.consents()

    with pytest.raises(ExchangeFailed):
        side.adapter.exchange_code(kept, {**answer, "state": "another"}, seconds=SECONDS)


# --- Less than was asked for (lesson 52) ----------------------------------------------------------------------------
@pytest.mark.lesson(52)
def test_whoever_says_no_has_allowed_nothing(side):
    asked = side.adapter.consent("s")
    answer = side.control.oauth.deny(asked.url).fields

    with pytest.raises(ConsentNarrowed) as refused:
        side.adapter.exchange_code(asked.kept, answer, seconds=SECONDS)

    assert refused.value.code == "access_denied"
    assert side.control.oauth.grants() == []


@pytest.mark.lesson(52)
@pytest.mark.parametrize("missing", ALL_OF_GOOGLE)
def test_a_scope_that_was_unticked_is_named_and_nothing_is_taken_back(vendors, missing):
    google = vendors["google"]
    kept, answer = google.consents(scopes=[scope for scope in ALL_OF_GOOGLE if scope != missing])

    with pytest.raises(ConsentNarrowed) as narrowed:
        google.adapter.exchange_code(kept, answer, seconds=SECONDS)

    assert narrowed.value.missing == (missing,)
    # Google would revoke all that this person ever allowed findr, a connection that works included.
    assert google.control.calls("oauth.revoke") == []


@pytest.mark.lesson(52)
def test_a_permission_that_an_administrator_took_out_is_named(vendors):
    side = vendors["microsoft"]
    kept, answer = side.consents()
    tokens = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "Bearer"}
    side.control.misbehave(
        {**TOKEN, "action": "status", "status": 200, "body": json.dumps({**tokens, "scope": "User.Read"})}
    )

    with pytest.raises(ConsentNarrowed) as narrowed:
        side.adapter.exchange_code(kept, answer, seconds=SECONDS)

    assert narrowed.value.missing == ("Calendars.ReadWrite",)


# --- A fresh token --------------------------------------------------------------------------------------------------
def test_a_refresh_gives_an_access_token_that_works(account):
    grant = account.connect(PAT)
    access = account.access(PAT)
    account.control.expire_tokens(PAT)
    with pytest.raises(TokenRefused):
        account.adapter.list_calendars(access, seconds=SECONDS)

    fresh = account.adapter.refresh(grant.tokens.refresh_token, seconds=SECONDS)

    access = type(access)(fresh.access_token, access.email, access.is_personal)
    assert account.adapter.busy(access, [account.primary(access)], NOON, NOON + HOUR, seconds=SECONDS) == []
    assert timedelta(minutes=59) < fresh.expires_at - clock.now() <= timedelta(hours=1)
    assert account.control.oauth.refreshes(PAT) == 1


def test_google_keeps_its_refresh_token_and_microsoft_gives_another(vendors):
    given = {}
    for name in ("google", "microsoft"):
        first = vendors[name].connect(PAT).tokens.refresh_token
        given[name] = (first, vendors[name].adapter.refresh(first, seconds=SECONDS).refresh_token)

    assert given["google"][1] == ""
    assert given["microsoft"][1] not in ("", given["microsoft"][0])


def test_a_grant_that_was_taken_back_is_dead(side):
    grant = side.connect(PAT)
    side.control.oauth.kill(PAT)

    with pytest.raises(GrantDead) as dead:
        side.adapter.refresh(grant.tokens.refresh_token, seconds=SECONDS)

    assert dead.value.code == "needs_reauth"


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"action": "status", "status": 500}, Unavailable),
        ({"action": "status", "status": 503}, Unavailable),
        ({"action": "status", "status": 429, "headers": {"Retry-After": "7"}}, RateLimited),
        ({"action": "status", "status": 200, "body": "<html>"}, Unavailable),
        ({"action": "status", "status": 200, "body": "{}"}, Unavailable),
        ({"action": "status", "status": 200, "body": "[1]"}, Unavailable),
        ({"action": "drop_before"}, Unavailable),
        ({"action": "hang", "seconds": 5}, Unavailable),
    ],
)
def test_an_outage_of_the_token_endpoint_says_nothing_of_the_grant(side, rule, error):
    grant = side.connect(PAT)
    kept, answer = side.consents()
    side.control.misbehave({**TOKEN, **rule, "times": 2})
    before = len(side.control.calls())
    seconds = 1 if rule["action"] == "hang" else SECONDS

    with pytest.raises(error) as refreshed:
        side.adapter.refresh(grant.tokens.refresh_token, seconds=seconds)
    assert len(side.control.calls()) == before + 1
    with pytest.raises(error) as exchanged:
        side.adapter.exchange_code(kept, answer, seconds=seconds)

    for failed in (refreshed.value, exchanged.value):
        assert failed.retryable
        assert getattr(failed, "retry_after", 7) == 7


def test_a_refusal_is_not_remembered_for_the_next_refresh(side):
    """msal by itself answers like requests from memory, for as long as Retry-After says; its memory lives for one call."""
    grant = side.connect(PAT)
    side.control.misbehave({**TOKEN, "action": "status", "status": 429, "headers": {"Retry-After": "600"}, "times": 1})
    with pytest.raises(RateLimited):
        side.adapter.refresh(grant.tokens.refresh_token, seconds=SECONDS)

    assert side.adapter.refresh(grant.tokens.refresh_token, seconds=SECONDS).access_token


def test_our_own_client_being_refused_is_not_taken_for_a_dead_grant(side, settings):
    grant = side.connect(PAT)
    setattr(settings, f"{side.name.upper()}_CLIENT_SECRET", "a-wrong-one")

    with pytest.raises(Unavailable):
        side.adapter.refresh(grant.tokens.refresh_token, seconds=SECONDS)


# --- Giving it back -------------------------------------------------------------------------------------------------
def test_google_is_told_that_the_grant_is_over_once_or_twice(vendors):
    google = vendors["google"]
    grant = google.connect(PAT)

    google.adapter.revoke(grant.tokens.refresh_token, seconds=SECONDS)
    google.adapter.revoke(grant.tokens.refresh_token, seconds=SECONDS)

    with pytest.raises(GrantDead):
        google.adapter.refresh(grant.tokens.refresh_token, seconds=SECONDS)


def test_google_not_taking_it_is_said(vendors):
    google = vendors["google"]
    grant = google.connect(PAT)
    google.control.misbehave({"path": "*revoke", "action": "status", "status": 503})

    with pytest.raises(Unavailable):
        google.adapter.revoke(grant.tokens.refresh_token, seconds=SECONDS)


def test_microsoft_has_nobody_to_tell(vendors, sandbox):
    side = vendors["microsoft"]
    grant = side.connect(PAT)
    before = len(sandbox.log())

    side.adapter.revoke(grant.tokens.refresh_token, seconds=SECONDS)

    assert len(sandbox.log()) == before
