"""People who connect a calendar: from the portal's link to the vendor's page, and back with what it says."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cast import Person
from django.test import Client

from calendars.models import CalendarConnection
from findr.sandbox.client import SandboxClient

VENDORS = ("google", "microsoft")
CAL, OTHER = "cal@example.test", "other@example.test"


@dataclass
class Desk:
    """Somebody at a practice's desk, with a browser.

    Attributes:
        member: a member of the team whose calendar is meant, instead of the practice's.
    """

    person: Person
    sandbox: SandboxClient
    vendor: str = "google"
    member: Any = None

    @property
    def query(self) -> str:
        return f"?memberId={self.member.id}" if self.member else ""

    @property
    def accounts(self) -> Any:
        """The vendor as tests control it."""
        return getattr(self.sandbox, self.vendor)

    def link(self) -> str:
        """Where the portal sends the browser."""
        answer = self.person.get(f"/api/calendar/{self.vendor}/auth/{self.person.id}{self.query}")
        assert answer.status == 200, answer.body
        return str(answer.body["authUrl"])

    def allowed(self, account: str = CAL, scopes: Any = None) -> dict[str, str]:
        """With what the vendor sends somebody back who allowed it all, or these scopes only."""
        return dict(self.accounts.oauth.allow(self.link(), account, scopes).fields)

    def come_back(self, fields: dict[str, str]) -> str:
        """Where findr sends the browser that comes with these fields."""
        return came_back(self.vendor, fields)

    def connect(self, account: str = CAL) -> CalendarConnection:
        """The whole way, which goes well."""
        location = self.come_back(self.allowed(account))
        assert location.endswith(f"/calendar?calendar=success&provider={self.vendor}"), location
        return self.connection()

    def connection(self) -> CalendarConnection:
        """What is connected now."""
        return CalendarConnection.objects.get(
            provider=self.person.id, member=self.member, status__in=("active", "needs_reauth")
        )

    @property
    def token_calls(self) -> int:
        """How often the token endpoint was asked, whatever came of it: for a code, or to refresh."""
        return sum(one["path"].endswith("token") for one in self.accounts.calls())

    def status(self) -> Any:
        """What the portal shows."""
        return self.person.get(f"/api/calendar/status/{self.person.id}{self.query}").body

    def calendars(self) -> Any:
        """GET /api/calendar/calendars/:providerId."""
        return self.person.get(f"/api/calendar/calendars/{self.person.id}{self.query}")

    def choose(self, target: Any, conflicts: Any) -> Any:
        """PUT /api/calendar/calendars/:providerId."""
        body = {"targetId": target, "conflictIds": conflicts}
        return self.person.call("PUT", f"/api/calendar/calendars/{self.person.id}{self.query}", body)

    def disconnect(self) -> Any:
        return self.person.post(f"/api/calendar/disconnect/{self.person.id}{self.query}")


def came_back(vendor: str, fields: dict[str, str]) -> str:
    """Where findr sends a browser that calls the vendor's callback with these fields."""
    response = Client().get(f"/api/calendar/{vendor}/callback", fields)
    assert response.status_code == 302, response.content
    return str(response.headers["Location"])


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
