"""Google's issuer: OAuth 2.0 for web server applications (https://developers.google.com/identity/protocols/oauth2/web-server)."""

from __future__ import annotations

from collections.abc import Mapping

from findr.sandbox.exchange import Misused
from findr.sandbox.oauth.settings import IssuerSettings

SCOPE = "https://www.googleapis.com/auth/"
EMAIL = f"{SCOPE}userinfo.email"
CLIENT_ID, CLIENT_SECRET = "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"
# In the words of the discovery document, shortened.
SCOPES = {
    "calendar": "See, edit, share, and permanently delete all the calendars you can access",
    "calendar.readonly": "See and download any calendar you can access",
    "calendar.calendarlist": "See, add, and remove Google calendars you're subscribed to",
    "calendar.calendarlist.readonly": "See the list of Google calendars you're subscribed to",
    "calendar.events": "View and edit events on all your calendars",
    "calendar.events.readonly": "View events on all your calendars",
    "calendar.events.owned": "See, create, change, and delete events on Google calendars you own",
    "calendar.events.owned.readonly": "See the events on Google calendars you own",
    "calendar.events.freebusy": "See the availability on Google calendars you have access to",
    "calendar.freebusy": "View your availability in your calendars",
}


def settings(environ: Mapping[str, str]) -> IssuerSettings:
    """How Google differs. The only client is the one of the environment; Misused if half of it is missing."""
    client, secret = environ.get(CLIENT_ID, ""), environ.get(CLIENT_SECRET, "")
    if bool(client) != bool(secret):
        raise Misused(f"Set both {CLIENT_ID} and {CLIENT_SECRET}, or neither.")
    return IssuerSettings(
        title="Google",
        authorize_path="o/oauth2/v2/auth",
        token_path="token",  # noqa: S106  a path
        revoke_path="revoke",
        clients={client: secret} if client else {},
        scopes={SCOPE + name: words for name, words in SCOPES.items()},
        # Who somebody is comes with signing in.
        silent_scopes=frozenset({"openid", EMAIL, f"{SCOPE}userinfo.profile"}),
        revoking_needs_secret=False,
        revokes_known_only=True,
        offline=lambda asked: asked.get("access_type") == "offline",
        # A client that holds a refresh token gets another only if it has the person asked again.
        offline_again=lambda asked: "consent" in asked.get("prompt", "").split(),
    )
