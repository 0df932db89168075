"""Google's part of the sandbox's process: its settings, and what outlives a restart."""

from __future__ import annotations

import pytest

from findr.sandbox.client import SandboxClient
from findr.sandbox.oauth.client import NoConsentPage
from findr.sandbox.process import SandboxFailed, launch, start_sandbox, stop

from .google_people import OFFLINE, PAT, SCOPE, connect_google, new_flow, service_of, stored

WHEN = ("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z")


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")


def test_accounts_calendars_and_grants_outlive_a_kill(tmp_path):
    process, base_url = launch(tmp_path)
    try:
        google = SandboxClient(base_url).google
        google.add_account(PAT, "Europe/Zurich")
        google.add_calendar(PAT, "team", "Team")
        event = google.book(PAT, *WHEN, calendar="team", title="Standup")
        credentials = connect_google(google, scopes=[f"{SCOPE}calendar"])
        process.kill()
        process.wait()
    finally:
        stop(process)

    with start_sandbox(tmp_path) as base_url:
        google = SandboxClient(base_url).google
        assert google.events(PAT, "team") == [event]
        with service_of(google, stored(google, credentials)) as service:
            assert service.calendarList().get(calendarId="team").execute()["timeZone"] == "Europe/Zurich"


@pytest.mark.parametrize("missing", ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"])
def test_half_a_client_is_none_and_said_at_the_start(missing, capfd):
    with pytest.raises(SandboxFailed):
        launch(env={missing: ""})

    assert capfd.readouterr().err == "Set both GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or neither.\n"


def test_the_client_is_the_one_of_the_environment():
    another = {"GOOGLE_CLIENT_ID": "another.apps.googleusercontent.com", "GOOGLE_CLIENT_SECRET": "secret"}

    with start_sandbox(env=another) as base_url:
        google = SandboxClient(base_url).google
        with pytest.raises(NoConsentPage, match="no known client"):
            google.oauth.allow(new_flow(google).authorization_url(**OFFLINE)[0], PAT)
