"""Google as tests and commands control it: ``SandboxClient.google``."""

from __future__ import annotations

from findr.sandbox.calendars.client import CalendarClient


class GoogleControl(CalendarClient):
    """Google's accounts and calendars, and where its API and pages are."""

    asks_busy = "freebusy.query"
    says_unknown = "notFound"

    @property
    def authorize_url(self) -> str:
        """``auth_uri`` of a client's configuration."""
        return f"{self.base_url}/o/oauth2/v2/auth"

    @property
    def token_url(self) -> str:
        """``token_uri``."""
        return f"{self.base_url}/token"

    @property
    def revoke_url(self) -> str:
        """Where tokens are taken back."""
        return f"{self.base_url}/revoke"

    @property
    def calendar_url(self) -> str:
        """``api_endpoint`` of the Calendar API."""
        return f"{self.base_url}/calendar/v3/"

    @property
    def userinfo_url(self) -> str:
        """Whose account it is."""
        return f"{self.base_url}/oauth2/v2/userinfo"
