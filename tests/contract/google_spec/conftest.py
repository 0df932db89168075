"""A sandbox, and Google's own client that remembers what goes over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.devstack.environment import SANDBOX_KEYS
from findr.sandbox.client import SandboxClient

from .flows import PAT
from .spec import Recorder

SCOPES = ["openid", *(f"https://www.googleapis.com/auth/{name}" for name in ("userinfo.email", "calendar"))]


@pytest.fixture
def google(sandbox_process: SandboxClient) -> Any:
    """Google with nothing in it."""
    sandbox_process.reset()
    return sandbox_process.google


@pytest.fixture
def recorder(google: Any) -> Iterator[Recorder]:
    """Remembers what goes over the wire."""
    http = Recorder(google.calendar_url)
    yield http
    http.close()


@pytest.fixture
def credentials(google: Any, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """Those of somebody who allowed everything."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    keys = {"client_id": SANDBOX_KEYS["GOOGLE_CLIENT_ID"], "client_secret": SANDBOX_KEYS["GOOGLE_CLIENT_SECRET"]}
    config = {"web": {**keys, "auth_uri": google.authorize_url, "token_uri": google.token_url}}
    flow = Flow.from_client_config(config, SCOPES, redirect_uri="http://127.0.0.1:3001/connected")
    flow.fetch_token(code=google.oauth.allow(flow.authorization_url()[0], PAT).fields["code"])
    return flow.credentials


@pytest.fixture
def service(google: Any, recorder: Recorder, credentials: Credentials) -> Any:
    """The Calendar API, recorded."""
    options = {"api_endpoint": google.calendar_url}
    http = AuthorizedHttp(credentials, http=recorder)
    return build("calendar", "v3", http=http, client_options=options, cache_discovery=False)
