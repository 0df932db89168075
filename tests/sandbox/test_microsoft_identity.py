"""Signing in at Microsoft with the real msal: what findr relies on, and what it must be able to live with."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from findr.sandbox.microsoft.identity import LOGIN, PERSONAL_TENANT

from .microsoft_app import BACK, CLIENT_ID, CLIENT_SECRET, PAT, SCOPES, App


@pytest.fixture
def app(sandbox):
    made = App(sandbox)
    yield made
    made.close()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_msal_finds_microsofts_own_addresses(sandbox, app):
    assert app.msal.authority.token_endpoint == f"{LOGIN}/common/oauth2/v2.0/token"
    assert app.msal.authority.authorization_endpoint == f"{LOGIN}/common/oauth2/v2.0/authorize"
    assert [one["operation"] for one in sandbox.log()] == ["configuration"]


@pytest.mark.parametrize("tenant", ["organizations", "consumers", "5f3a9d6e-1c2b-4d3e-8f4a-0123456789ab"])
def test_any_tenant_is_served(sandbox, tenant):
    app = App(sandbox, tenant=tenant)

    made = app.connect()
    app.close()

    assert app.msal.authority.tenant == tenant
    assert "access_token" in made


def test_msal_asks_with_pkce_a_state_a_nonce_and_what_belongs_to_every_sign_in(app):
    flow = app.flow()
    asked = {name: value[0] for name, value in parse_qs(urlsplit(flow["auth_uri"]).query).items()}

    assert flow["auth_uri"].startswith(f"{LOGIN}/common/oauth2/v2.0/authorize?")
    assert (asked["client_id"], asked["redirect_uri"], asked["state"]) == (CLIENT_ID, BACK, flow["state"])
    assert asked["code_challenge_method"] == "S256"
    assert set(asked["scope"].split()) == {*SCOPES, "openid", "profile", "offline_access"}
    assert {"state", "nonce", "code_verifier"} <= set(flow)


def test_connecting_gives_tokens_and_says_who_it_was(sandbox, app):
    made = app.connect()

    claims = made["id_token_claims"]
    assert set(made["scope"].split()) == {*SCOPES, "openid", "profile"}
    assert (made["token_type"], made["expires_in"], made["ext_expires_in"]) == ("Bearer", 3600, 3600)
    assert claims["preferred_username"] == PAT
    assert claims["iss"] == f"{LOGIN}/{claims['tid']}/v2.0"
    assert [one["username"] for one in app.msal.get_accounts()] == [PAT]
    assert [one["account"] for one in sandbox.microsoft.oauth.grants()] == [PAT]


def test_a_personal_account_is_told_by_its_tenant(sandbox, app):
    sandbox.microsoft.personal("pat@outlook.example")

    assert app.connect("pat@outlook.example")["id_token_claims"]["tid"] == PERSONAL_TENANT
    assert app.connect(PAT)["id_token_claims"]["tid"] != PERSONAL_TENANT


def test_the_answer_may_come_as_a_posted_form(sandbox, app):
    flow = app.flow(response_mode="form_post")

    back = sandbox.microsoft.oauth.allow(app.page(flow), PAT)

    assert (back.url, back.fields["state"]) == (BACK, flow["state"])
    assert "access_token" in app.msal.acquire_token_by_auth_code_flow(flow, back.fields)


def test_the_callback_may_be_worked_by_another_process(sandbox, app):
    flow = json.loads(json.dumps(app.flow()))
    back = sandbox.microsoft.oauth.allow(app.page(flow), PAT)
    other = App(sandbox)

    made = other.msal.acquire_token_by_auth_code_flow(flow, back.fields)
    other.close()

    assert made["id_token_claims"]["preferred_username"] == PAT


def test_somebody_elses_state_is_refused_by_msal(sandbox, app):
    flow = app.flow()
    back = sandbox.microsoft.oauth.allow(app.page(flow), PAT)

    with pytest.raises(ValueError, match="state mismatch"):
        app.msal.acquire_token_by_auth_code_flow(flow, {**back.fields, "state": "another"})


def test_somebody_elses_nonce_is_refused_by_msal(sandbox, app):
    """The sandbox echoes the nonce of the link, so a code of another sign-in does not pass."""
    mine, others = app.flow(), app.flow()
    back = sandbox.microsoft.oauth.allow(app.page(others), PAT)
    mixed = {**mine, "code_verifier": others["code_verifier"]}

    with pytest.raises(Exception, match="nonce"):
        app.msal.acquire_token_by_auth_code_flow(mixed, {**back.fields, "state": mine["state"]})


def test_a_code_is_for_whoever_made_the_challenge(sandbox, app):
    flow, other = app.flow(), app.flow()
    back = sandbox.microsoft.oauth.allow(app.page(flow), PAT)

    said = app.msal.acquire_token_by_auth_code_flow({**flow, "code_verifier": other["code_verifier"]}, back.fields)

    assert said["error"] == "invalid_grant"
    assert said["error_description"].startswith("AADSTS")


def test_no_comes_back_as_an_error(sandbox, app):
    flow = app.flow()
    back = sandbox.microsoft.oauth.deny(app.page(flow))

    said = app.msal.acquire_token_by_auth_code_flow(flow, back.fields)

    assert said["error"] == "access_denied"
    assert sandbox.microsoft.oauth.grants() == []


def test_people_allow_all_or_nothing(sandbox, app):
    back = sandbox.microsoft.oauth.allow(app.page(app.flow()), PAT, scopes=["User.Read"])

    assert back.fields["error"] == "access_denied"
    assert sandbox.microsoft.oauth.grants() == []


@pytest.mark.parametrize(("prompt", "error"), [("none", "interaction_required"), ("perhaps", "invalid_request")])
def test_a_prompt_that_cannot_be_shown_comes_back_as_an_error(sandbox, app, prompt, error):
    answer = app.http.get(app.page(app.flow(prompt=prompt)), allow_redirects=False)

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == [error]


@pytest.mark.parametrize("prompt", ["select_account", "consent", "login"])
def test_a_prompt_that_asks_for_a_page_gets_one(sandbox, app, prompt):
    flow = app.flow(prompt=prompt)

    assert "code" in sandbox.microsoft.oauth.allow(app.page(flow), PAT).fields


def test_a_wrong_secret_is_told_apart(sandbox):
    app = App(sandbox, secret="another")

    said = app.connect()
    app.close()

    assert (said["error"], said["error_codes"]) == ("invalid_client", [7000215])


def test_a_refresh_gives_new_tokens_and_the_old_refresh_token_works_on(sandbox, app):
    made = app.connect()

    second = app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)
    again = app.msal.acquire_token_by_refresh_token(made["refresh_token"], ["Calendars.ReadWrite"])

    assert len({made["refresh_token"], second["refresh_token"], again["refresh_token"]}) == 3
    assert len({made["access_token"], second["access_token"], again["access_token"]}) == 3
    assert sandbox.microsoft.oauth.grants()[0]["refreshes"] == 2


def test_the_old_refresh_token_may_be_dead_at_once(sandbox, app):
    sandbox.microsoft.rotate(old_stays=False)
    made = app.connect()
    second = app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)

    said = app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)

    assert said["error"] == "invalid_grant"
    assert "access_token" in app.msal.acquire_token_by_refresh_token(second["refresh_token"], SCOPES)


def test_a_dead_grant_is_an_error_of_the_answer_in_azures_shape(sandbox, app):
    made = app.connect()
    sandbox.microsoft.oauth.kill(PAT)

    said = app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)

    assert said["error"] == "invalid_grant"
    assert said["error_description"].startswith(f"AADSTS{said['error_codes'][0]}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(said)


def test_nothing_secret_is_in_the_log(sandbox, app):
    made = app.connect()
    app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)

    text = json.dumps(sandbox.log())
    assert all(secret not in text for secret in (made["access_token"], made["refresh_token"], CLIENT_SECRET))


def test_the_id_token_names_the_application_and_ends(sandbox, app):
    claims = claims_of(app.connect()["id_token"])

    assert claims["aud"] == CLIENT_ID
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iat"] == pytest.approx(sandbox.now(), abs=5)
