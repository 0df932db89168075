"""What somebody does who connects a Google account, and what findr does with it: Google's own libraries."""

from __future__ import annotations

import httplib2
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.devstack.environment import SANDBOX_KEYS

BACK = "http://127.0.0.1:3001/connected"
SCOPE = "https://www.googleapis.com/auth/"
EMAIL = f"{SCOPE}userinfo.email"
# Those that findr asks for.
SCOPES = [
    "openid",
    EMAIL,
    f"{SCOPE}calendar.calendarlist.readonly",
    f"{SCOPE}calendar.events.owned",
    f"{SCOPE}calendar.freebusy",
]
PAT, SAM = "pat@example.test", "sam@example.test"
OFFLINE = {"access_type": "offline", "prompt": "consent"}
CLIENT = {"client_id": SANDBOX_KEYS["GOOGLE_CLIENT_ID"], "client_secret": SANDBOX_KEYS["GOOGLE_CLIENT_SECRET"]}


def new_flow(google, scopes=SCOPES, **options):
    """Google's flow, pointed at the sandbox. It insists on https unless the environment says otherwise."""
    config = {"web": {**CLIENT, "auth_uri": google.authorize_url, "token_uri": google.token_url}}
    return Flow.from_client_config(config, scopes, redirect_uri=BACK, **options)


def connect_google(google, account=PAT, scopes=SCOPES, ticked=None, **asked):
    """The credentials of somebody who allows what is asked, or only what they tick."""
    flow = new_flow(google, scopes)
    url, state = flow.authorization_url(**(asked or OFFLINE))
    back = google.oauth.allow(url, account, ticked)
    other = new_flow(google, scopes, state=state, code_verifier=flow.code_verifier)
    other.fetch_token(code=back.fields["code"])
    return other.credentials


def stored(google, credentials, token=None):
    """Credentials made anew from what is kept of them."""
    kept = {"refresh_token": credentials.refresh_token, "token_uri": google.token_url, **CLIENT}
    return Credentials(token or credentials.token, expiry=credentials.expiry, **kept)


def http_of(credentials, timeout=10):
    """One connection's worth of HTTP, which no other thread uses."""
    return AuthorizedHttp(credentials, http=httplib2.Http(timeout=timeout))


def service_of(google, credentials):
    """The Calendar API of one account."""
    options = {"api_endpoint": google.calendar_url}
    return build("calendar", "v3", http=http_of(credentials), client_options=options, cache_discovery=False)
