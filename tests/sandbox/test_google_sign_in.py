"""Google's sign-in with its own library: what findr relies on, so that the next version of any of them is noticed."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request as GoogleRequest
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidGrantError

from findr.sandbox.oauth.client import NoConsentPage

from .google_people import (
    BACK,
    EMAIL,
    OFFLINE,
    PAT,
    SCOPE,
    SCOPES,
    connect_google,
    new_flow,
    service_of,
    stored,
)

FREEBUSY = f"{SCOPE}calendar.freebusy"


def asked(url):
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


def allowed(google, **changes):
    """A flow whose person has said yes, and the code."""
    flow = new_flow(google)
    url, _ = flow.authorization_url(**OFFLINE, **changes)
    return flow, google.oauth.allow(url, PAT).fields["code"]


def get(google, url, token):
    try:
        with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"}), timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def revoke(google, token):
    form = urlencode({"token": token}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        with urlopen(Request(google.revoke_url, form, headers), timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_new_flow_exchanges_the_code_with_state_and_verifier_of_the_first(google):
    """The callback is another request than the one that began, and perhaps another process."""
    flow = new_flow(google)
    url, state = flow.authorization_url(**OFFLINE)
    back = google.oauth.allow(url, PAT)

    other = new_flow(google, state=state, code_verifier=flow.code_verifier)
    other.fetch_token(code=back.fields["code"])

    made = other.credentials
    assert (back.url, back.fields["state"]) == (BACK, state)
    assert asked(url)["code_challenge_method"] == "S256"
    assert made.token
    assert made.refresh_token
    assert made.expiry is not None
    assert sorted(made.granted_scopes) == sorted(SCOPES)


@pytest.mark.parametrize("verifier", [None, "w" * 64])
def test_a_code_is_worth_nothing_without_its_verifier(google, verifier):
    _, code = allowed(google)

    with pytest.raises(InvalidGrantError):
        new_flow(google, code_verifier=verifier, autogenerate_code_verifier=False).fetch_token(code=code)

    assert google.oauth.refreshes(PAT) == 0


def test_a_code_used_twice_kills_what_came_of_it(google):
    flow, code = allowed(google)
    flow.fetch_token(code=code)

    with pytest.raises(InvalidGrantError):
        new_flow(google, code_verifier=flow.code_verifier).fetch_token(code=code)

    with pytest.raises(RefreshError, match="invalid_grant"):
        flow.credentials.refresh(GoogleRequest())


def test_the_client_authenticates_by_header_with_a_code_and_in_the_form_with_a_refresh_token(google):
    flow, code = allowed(google)
    flow.client_config["client_secret"] = "another"

    with pytest.raises(InvalidClientError):
        flow.fetch_token(code=code)
    made = connect_google(google)
    wrong = stored(google, made)
    wrong._client_secret = "another"
    with pytest.raises(RefreshError, match="invalid_client"):
        wrong.refresh(GoogleRequest())

    assert google.oauth.refreshes(PAT) == 0


def test_a_refresh_gives_a_new_access_token_and_keeps_the_refresh_token(google):
    made = connect_google(google)
    again = stored(google, made)

    again.refresh(GoogleRequest())

    assert again.token != made.token
    assert again.refresh_token == made.refresh_token
    assert google.oauth.refreshes(PAT) == 1
    assert get(google, google.userinfo_url, made.token)[0] == 200


def test_a_killed_grant_refuses_to_refresh_and_says_that_trying_again_is_no_use(google):
    made = stored(google, connect_google(google))
    google.oauth.kill(PAT)

    with pytest.raises(RefreshError) as caught:
        made.refresh(GoogleRequest())

    assert caught.value.retryable is False
    assert caught.value.args[1]["error"] == "invalid_grant"
    assert len(google.calls("oauth.refresh", PAT)) == 1


def test_a_refresh_at_a_broken_issuer_says_that_trying_again_may_help(google):
    """google-auth tries three times by itself."""
    made = stored(google, connect_google(google))
    google.fail(503, operation="oauth.refresh", times=3)

    with pytest.raises(RefreshError) as caught:
        made.refresh(GoogleRequest())

    assert caught.value.retryable is True
    assert [call["status"] for call in google.calls("oauth.refresh")] == [503, 503, 503]


def test_a_person_who_unticks_a_scope_narrows_the_consent(google):
    """Lesson 52: the library takes the narrower answer for an answer, and says what was granted."""
    ticked = [scope for scope in SCOPES if scope != FREEBUSY]

    made = connect_google(google, ticked=ticked)

    assert set(made.scopes) == set(SCOPES)
    assert set(made.granted_scopes) == set(ticked)


def test_without_being_told_to_relax_the_library_raises_a_plain_warning(google, monkeypatch):
    """Not an error class, and before the tokens can be read: hence OAUTHLIB_RELAX_TOKEN_SCOPE in the product."""
    monkeypatch.delenv("OAUTHLIB_RELAX_TOKEN_SCOPE")

    with pytest.raises(Warning, match="Scope has changed") as caught:
        connect_google(google, ticked=[FREEBUSY])

    assert type(caught.value) is Warning
    assert set(caught.value.new_scope) == {"openid", EMAIL, FREEBUSY}


def test_a_person_who_says_no(google):
    url, state = new_flow(google).authorization_url(**OFFLINE)

    back = google.oauth.deny(url)

    assert (back.fields["error"], back.fields["state"]) == ("access_denied", state)


@pytest.mark.parametrize(
    ("offered", "refreshable"),
    [
        ({"access_type": "online"}, False),
        ({"access_type": "offline"}, True),
    ],
)
def test_a_refresh_token_comes_only_with_offline_access(google, offered, refreshable):
    assert bool(connect_google(google, **offered).refresh_token) is refreshable


def test_whoever_holds_a_refresh_token_gets_another_only_with_a_new_consent(google):
    first = connect_google(google, access_type="offline")

    assert connect_google(google, access_type="offline").refresh_token is None
    again = connect_google(google, **OFFLINE)
    assert again.refresh_token not in (None, first.refresh_token)
    google.oauth.kill(PAT)
    assert connect_google(google, access_type="offline").refresh_token


@pytest.mark.parametrize("address", ["https://evil.example/connected", "http://10.0.0.1/connected"])
def test_codes_go_to_this_machine_only(google, address):
    flow = new_flow(google)
    flow.redirect_uri = address

    with pytest.raises(NoConsentPage, match="no known client, or no address of its own"):
        google.oauth.allow(flow.authorization_url(**OFFLINE)[0], PAT)


def test_whose_account_it_is_needs_the_email_scope(google):
    made = connect_google(google)
    other = connect_google(google, scopes=["openid", FREEBUSY])

    status, said = get(google, google.userinfo_url, made.token)
    assert (status, said["email"], said["verified_email"]) == (200, PAT, True)
    status, said = get(google, google.userinfo_url, other.token)
    assert (status, said["error"]["errors"][0]["reason"]) == (403, "insufficientPermissions")


def test_revoking_ends_everything_and_needs_no_secret(google):
    made = connect_google(google)

    assert revoke(google, made.refresh_token) == (200, {})

    assert get(google, google.userinfo_url, made.token)[0] == 401
    with pytest.raises(RefreshError, match="invalid_grant"):
        stored(google, made).refresh(GoogleRequest())
    status, said = revoke(google, "unknown")
    assert (status, said["error"]) == (400, "invalid_token")


def test_an_expired_token_is_refreshed_by_the_library_before_or_after_a_401(google):
    """It cannot know that the sandbox ended it: it sends it, is told 401, refreshes and sends again."""
    made = stored(google, connect_google(google))
    with service_of(google, made) as service:
        google.expire_tokens(PAT)

        service.calendarList().list().execute()

    assert [call["status"] for call in google.calls("calendarList.list", PAT)] == [401, 200]
    assert google.oauth.refreshes(PAT) == 1
