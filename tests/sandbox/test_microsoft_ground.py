"""What findr relies on of msal, so that its next major version is noticed: each test is a fact about msal itself."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import msal  # noqa: TID251  the SDK itself is what is tested
import pytest
import requests  # noqa: TID251  what msal's http_client is made of
from msal.exceptions import MsalServiceError  # noqa: TID251  as above

from .microsoft_app import BACK, CLIENT_ID, PAT, SCOPES, App


@pytest.fixture
def app(sandbox):
    made = App(sandbox)
    yield made
    made.close()


def calls(sandbox, operation):
    return len(sandbox.microsoft.calls(operation))


def test_it_refuses_http_so_that_only_the_http_client_leads_to_a_sandbox(sandbox):
    with pytest.raises(ValueError, match="https"):
        msal.ConfidentialClientApplication(
            CLIENT_ID,
            client_credential="x",
            authority=f"{sandbox.microsoft.base_url}/common",
            instance_discovery=False,
        )


def test_it_asks_for_what_every_sign_in_has_itself_and_takes_it_from_nobody_else(app):
    with pytest.raises(ValueError, match="reserved"):
        app.flow([*SCOPES, "offline_access"])


def test_it_warns_of_answers_that_come_in_a_query(app):
    with pytest.warns(UserWarning, match="response_mode='form_post' is recommended"):
        app.msal.initiate_auth_code_flow(SCOPES, redirect_uri=BACK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app.msal.initiate_auth_code_flow(SCOPES, redirect_uri=BACK, response_mode="form_post")


def test_a_flow_made_for_a_form_takes_the_answer_of_a_query(sandbox, app):
    """So findr asks for a form, which nobody warns of, and writes ``query`` into the link itself."""
    flow = app.flow(response_mode="form_post")
    link = app.page(flow).replace("response_mode=form_post", "response_mode=query")

    back = sandbox.microsoft.oauth.allow(link, PAT)

    assert back.url == BACK
    assert "access_token" in app.msal.acquire_token_by_auth_code_flow(flow, back.fields)


def test_it_asks_where_the_endpoints_are_at_each_construction_unless_they_share_a_cache(sandbox):
    for _ in range(2):
        App(sandbox).close()
    shared = {}
    for _ in range(3):
        App(sandbox, http_cache=shared).close()

    assert calls(sandbox, "configuration") == 2 + 1


def test_each_refresh_asks_with_the_secret_in_the_body_and_brings_another_refresh_token(sandbox, app):
    sent = []
    app.http.hooks["response"].append(lambda answer, **_: sent.append(answer.request))
    made = app.connect()

    fresh = app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)

    assert "Authorization" not in sent[-1].headers
    assert "client_secret=" in sent[-1].body
    assert fresh["refresh_token"] != made["refresh_token"]
    assert calls(sandbox, "oauth.refresh") == 1


def test_a_refusal_is_an_answer_and_an_outage_an_exception(sandbox, app):
    made = app.connect()
    sandbox.microsoft.fail(503, operation="oauth.refresh")
    with pytest.raises(MsalServiceError):
        app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)
    sandbox.microsoft.oauth.kill(PAT)

    said = app.msal.acquire_token_by_refresh_token(made["refresh_token"], ["User.Read"])

    assert said["error"] == "invalid_grant"


def test_a_lost_answer_is_the_http_clients_exception(sandbox, app):
    made = app.connect()
    sandbox.microsoft.misbehave({"action": "drop_after", "operation": "oauth.refresh"})

    with pytest.raises(requests.ConnectionError):
        app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)


def test_a_slow_answer_ends_when_the_http_client_says(sandbox):
    app = App(sandbox)
    made = app.connect()
    app.http.seconds = 0.2
    sandbox.microsoft.misbehave({"action": "hang", "seconds": 30, "operation": "oauth.refresh"})

    with pytest.raises(requests.ReadTimeout):
        app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)
    app.close()


def test_a_dead_grant_is_not_asked_about_again_for_a_minute(sandbox, app):
    """Who tries again soon hears msal's memory: an application lives for one call, or findr hears yesterday's news."""
    made = app.connect()
    sandbox.microsoft.oauth.kill(PAT)

    said = [app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)["error"] for _ in range(3)]

    assert said == ["invalid_grant"] * 3
    assert calls(sandbox, "oauth.refresh") == 1


def test_one_refusal_is_kept_for_others_who_ask_the_same_of_one_application_only(sandbox, app):
    made = app.connect()
    sandbox.microsoft.fail(429, operation="oauth.refresh", headers={"Retry-After": "30"})

    said = [app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)["error"] for _ in range(2)]
    other = App(sandbox)
    fresh = other.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)
    other.close()

    assert said == ["temporarily_unavailable"] * 2
    assert calls(sandbox, "oauth.refresh") == 2
    assert "access_token" in fresh


def test_token_calls_of_one_application_may_be_made_by_many_threads(sandbox, app):
    people = [f"p{number}@clinic.example" for number in range(6)]
    tokens = {account: app.connect(account)["refresh_token"] for account in people}

    def refreshed(account):
        made = app.msal.acquire_token_by_refresh_token(tokens[account], SCOPES)
        return account, made["access_token"]

    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(refreshed, people * 5))

    assert len({token for _, token in made}) == 30
    for account, token in made[:6]:
        headers = {"Authorization": f"Bearer {token}"}
        me = app.http.get(f"{sandbox.microsoft.base_url}/v1.0/me", headers=headers)
        assert me.json()["userPrincipalName"] == account
