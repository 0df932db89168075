"""What findr does at Microsoft, with Microsoft's own library: an msal application, and Graph through requests."""

from __future__ import annotations

import warnings
from datetime import datetime
from urllib.parse import urlsplit

import msal  # noqa: TID251  the sandbox is checked with the SDK that findr uses
import requests  # noqa: TID251  Graph is plain HTTP

from findr.devstack.environment import SANDBOX_KEYS
from findr.sandbox.microsoft.identity import LOGIN

CLIENT_ID, CLIENT_SECRET = SANDBOX_KEYS["MICROSOFT_CLIENT_ID"], SANDBOX_KEYS["MICROSOFT_CLIENT_SECRET"]
BACK = "http://127.0.0.1:3001/api/calendar/microsoft/callback"
SCOPES = ["Calendars.ReadWrite", "User.Read"]
PAT = "pat@clinic.example"
UTC_PLEASE = {"Prefer": 'outlook.timezone="UTC"'}


class Rewriting(requests.adapters.HTTPAdapter):
    """msal refuses http: what it sends to Microsoft's https address is turned to the sandbox here."""

    def __init__(self, base_url):
        self._base_url = base_url
        super().__init__()

    def send(self, request, **options):
        parts = urlsplit(request.url)
        request.url = f"{self._base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return super().send(request, **options)


class Session(requests.Session):
    """One with a time-out: msal sets none."""

    seconds = 10.0

    def request(self, *given, **options):
        options.setdefault("timeout", (3, self.seconds))
        return super().request(*given, **options)


class App:
    """An application at the sandbox's Microsoft."""

    def __init__(self, client, **options):
        self.microsoft = client.microsoft
        self.http = Session()
        self.http.trust_env = False
        self.http.mount(f"{LOGIN}/", Rewriting(self.microsoft.base_url))
        self.msal = msal.ConfidentialClientApplication(
            options.pop("client_id", CLIENT_ID),
            client_credential=options.pop("secret", CLIENT_SECRET),
            authority=f"{LOGIN}/{options.pop('tenant', 'common')}",
            http_client=self.http,
            instance_discovery=False,
            **options,
        )

    def flow(self, scopes=SCOPES, **options):
        """An authorization that begins. msal warns of answers that come in a query, as findr's do: its callback is a GET."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "response_mode='form_post' is recommended", UserWarning)
            return self.msal.initiate_auth_code_flow(scopes, redirect_uri=BACK, **options)

    def page(self, flow):
        """Where the browser finds its consent page."""
        return flow["auth_uri"].replace(LOGIN, self.microsoft.base_url)

    def connect(self, account=PAT, scopes=SCOPES):
        """What the token endpoint answers about somebody who said yes."""
        flow = self.flow(scopes)
        back = self.microsoft.oauth.allow(self.page(flow), account)
        return self.msal.acquire_token_by_auth_code_flow(flow, back.fields)

    def graph(self, account=PAT, scopes=SCOPES):
        """Graph with the token of this account."""
        return Graph(self.http, self.microsoft.base_url, self.connect(account, scopes)["access_token"])

    def close(self):
        self.http.close()


class Graph:
    """Graph's v1.0 with one token."""

    def __init__(self, http, base_url, token):
        self.http = http
        self.base_url = f"{base_url}/v1.0"
        self.token = token

    def __call__(self, method, path, body=None, **options):
        """Status and content."""
        answer = self.send(method, path, body, **options)
        return answer.status_code, answer.json() if answer.content else None

    def send(self, method, path, body=None, headers=UTC_PLEASE, **params):
        """The whole answer. Parameters may be written without their dollar: ``top=5``."""
        url = path if path.startswith("http") else self.base_url + path
        query = {
            f"${name}" if name in ("top", "skip", "select", "filter", "expand") else name: value
            for name, value in params.items()
        }
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return self.http.request(method, url, json=body, params=query, headers=sent)

    def view(self, start, end, path="/me/calendarView", **params):
        """Everything in a window, page by page."""
        _, answer = self("GET", path, startDateTime=start, endDateTime=end, **params)
        found = answer["value"]
        while "@odata.nextLink" in answer:
            _, answer = self("GET", answer["@odata.nextLink"])
            found += answer["value"]
        return found

    def create(self, start="2026-12-01T10:00:00", end="2026-12-01T11:00:00", path="/me/events", zone="UTC", **fields):
        """An event, by wall times of a zone."""
        status, event = self("POST", path, new_event(start, end, zone, **fields))
        assert status == 201, event
        return event

    def schedule(self, start, end, *schedules, zone="UTC", interval=60):
        """The answer of getSchedule."""
        return self("POST", "/me/calendar/getSchedule", asked(start, end, *schedules, zone=zone, interval=interval))


def new_event(start="2026-12-01T10:00:00", end="2026-12-01T11:00:00", zone="UTC", **fields):
    times = {"start": {"dateTime": start, "timeZone": zone}, "end": {"dateTime": end, "timeZone": zone}}
    return {"subject": "findr visit", **times, **fields}


def asked(start, end, *schedules, zone="UTC", interval=60):
    times = {"startTime": {"dateTime": start, "timeZone": zone}, "endTime": {"dateTime": end, "timeZone": zone}}
    return {"schedules": list(schedules or [PAT]), **times, "availabilityViewInterval": interval}


def starts(events):
    """When they begin, as short as one reads them, in the answer's own zone."""
    return [datetime.fromisoformat(one["start"]["dateTime"][:19]).strftime("%m-%d %H:%M") for one in events]
