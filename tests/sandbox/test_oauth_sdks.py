"""The issuer against the libraries that findr signs in with: Google's flow and credentials, and Microsoft's msal."""

from __future__ import annotations

import json
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import msal  # noqa: TID251  the sandbox is checked with the SDK that findr uses
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request as GoogleRequest
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow

BACK = "http://127.0.0.1:3001/connected"
MICROSOFT = "https://login.microsoftonline.com"
SCOPES = ["openid", "notes.read", "notes.write"]


@pytest.fixture
def flow(both, monkeypatch):
    """Google's, pointed at Toy. Its library insists on https, but for tests."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    client = {
        "client_id": "findr",
        "client_secret": "toy-secret",
        "auth_uri": f"{both.toy.base_url}/common/oauth/authorize",
        "token_uri": f"{both.toy.base_url}/common/oauth/token",
    }
    return Flow.from_client_config({"web": client}, SCOPES, redirect_uri=BACK)


def test_googles_library_connects_refreshes_and_hears_of_a_killed_token(both, flow):
    url, state = flow.authorization_url(access_type="offline", prompt="consent")
    back = both.toy.oauth.allow(url, "pat@example.test", scopes=["notes.read"])
    flow.fetch_token(code=back.fields["code"])
    made = flow.credentials
    kept = {"refresh_token": made.refresh_token, "token_uri": made.token_uri, "client_id": "findr"}
    rebuilt = Credentials(made.token, **kept, client_secret="toy-secret")

    rebuilt.refresh(GoogleRequest())

    assert back.fields["state"] == state
    assert made.granted_scopes == ["openid", "notes.read"]
    assert rebuilt.token != made.token
    assert rebuilt.refresh_token not in (None, made.refresh_token)
    both.toy.oauth.kill("pat@example.test")
    with pytest.raises(RefreshError, match="invalid_grant"):
        rebuilt.refresh(GoogleRequest())


class Rewriting:
    """msal's way out: it refuses http, so that its https addresses are turned to Toy here."""

    def __init__(self, base_url):
        self.base_url = base_url

    def get(self, url, **_):
        assert url.endswith("/.well-known/openid-configuration")
        tenant = f"{MICROSOFT}/common"
        places = {"authorization_endpoint": f"{tenant}/oauth/authorize", "token_endpoint": f"{tenant}/oauth/token"}
        return answered(200, json.dumps({"issuer": f"{tenant}/v2.0", **places}), {})

    def post(self, url, data=None, headers=None, **_):
        request = Request(self.base_url + urlsplit(url).path, urlencode(data).encode(), headers or {})
        try:
            with urlopen(request, timeout=5) as answer:
                return answered(answer.status, answer.read().decode(), dict(answer.headers))
        except HTTPError as refused:
            with refused:
                return answered(refused.code, refused.read().decode(), dict(refused.headers))

    def close(self):
        """Nothing is kept open."""


def answered(status, text, headers):
    return SimpleNamespace(status_code=status, text=text, headers=headers, raise_for_status=lambda: None)


def test_microsofts_library_connects_refreshes_and_hears_of_a_killed_token(both):
    base = both.toy.base_url
    app = msal.ConfidentialClientApplication(
        "findr",
        client_credential="toy-secret",
        authority=f"{MICROSOFT}/common",
        http_client=Rewriting(base),
        instance_discovery=False,
    )
    flow = app.initiate_auth_code_flow(["notes.read", "notes.write"], redirect_uri=BACK, response_mode="form_post")
    back = both.toy.oauth.allow(base + flow["auth_uri"].removeprefix(MICROSOFT), "pat@example.test")
    made = app.acquire_token_by_auth_code_flow(flow, back.fields)

    fresh = app.acquire_token_by_refresh_token(made["refresh_token"], ["notes.read"])

    assert (made["token_type"], made["account"]) == ("Bearer", "pat@example.test")
    assert fresh["refresh_token"] != made["refresh_token"]
    assert fresh["access_token"] != made["access_token"]
    both.toy.oauth.kill("pat@example.test")
    assert app.acquire_token_by_refresh_token(fresh["refresh_token"], ["notes.read"])["error"] == "invalid_grant"
