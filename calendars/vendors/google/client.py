"""Google's SDKs. The one module that imports them: consent, tokens, and the Calendar API.

A call has an `http` of its own, since httplib2 mixes up the answers of threads that share one, and since nobody's token
may stay in anything that lives longer than a call. What is kept is the description of the API, which knows no tokens.
Batches are not used: they go to an address of Google's whatever the settings say.

httplib2 sends a request once more if the connection ends before any answer. Each call here may be made twice.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from httplib2 import Http, HttpLib2Error
from oauthlib.oauth2 import MissingTokenError, OAuth2Error

from calendars.vendors.base import (
    Access,
    CalendarError,
    CalendarMissing,
    ExchangeFailed,
    GrantDead,
    Unavailable,
)
from calendars.vendors.calls import CalendarCalls
from calendars.vendors.limits import Mailbox, turn
from calendars.vendors.refusals import refusal
from calendars.vendors.rewriting import prepare, rewritten, time_outs
from findr.vendors.answers import word
from findr.vendors.budget import Budget

VENDOR = "Google"
AUTH_URI = "https://accounts.google.com/o/oauth2/v2/auth"
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
REVOKE_URI = "https://oauth2.googleapis.com/revoke"
# Google's 403 of the same meaning as 429.
RATE_REASONS = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded")
# The token endpoint's words for consent that is gone, or never was this client's.
DEAD = ("invalid_grant", "unauthorized_client", "access_denied", "admin_policy_enforced", "invalid_scope")
MAX_PAGES = 100
# A network's failures, and what the libraries trip over in an answer that is none.
_BROKEN = (OSError, ValueError, TypeError, LookupError, AttributeError)

calls = CalendarCalls(VENDOR)


# --- Consent and tokens -----------------------------------------------------------------------------------------------
def consent_url(scopes: tuple[str, ...], state: str) -> tuple[str, str]:
    """Where to send somebody, and the code verifier that goes with it (RFC 7636)."""
    with _flow(scopes) as flow:
        url, _ = flow.authorization_url(
            state=state, access_type="offline", prompt="consent", include_granted_scopes="false"
        )
        return rewritten(url, settings.GOOGLE_BASE), flow.code_verifier


def tokens_of_code(code: str, verifier: str, *, seconds: float) -> dict[str, Any]:
    """The token endpoint's answer for a code.

    Raises:
        ExchangeFailed, RateLimited, Unavailable
    """
    try:
        with _flow(None, code_verifier=verifier) as flow:
            return dict(flow.fetch_token(code=code, timeout=time_outs(seconds)))
    except MissingTokenError:
        raise Unavailable("Google's answer to a code makes no sense.") from None
    except OAuth2Error as error:
        raise ExchangeFailed(f"Google took no code: {word(error.error)}") from None
    except _BROKEN as error:
        raise _no_answer(error) from None


def tokens_of_refresh(refresh_token: str, *, seconds: float) -> dict[str, Any]:
    """The token endpoint's answer for a refresh token. One attempt: google-auth's own refresh would make three.

    Raises:
        GrantDead, RateLimited, Unavailable
    """
    client = {"client_id": settings.GOOGLE_CLIENT_ID, "client_secret": settings.GOOGLE_CLIENT_SECRET}
    try:
        with _flow(None) as flow:
            session = flow.oauth2session
            made = dict(session.refresh_token(TOKEN_URI, refresh_token, timeout=time_outs(seconds), **client))
            if made.get("refresh_token") == refresh_token:
                del made["refresh_token"]  # The library puts the old one in where Google gave none.
            return made
    except MissingTokenError:
        raise Unavailable("Google's answer to a refresh makes no sense.") from None
    except OAuth2Error as error:
        kind: type[CalendarError] = GrantDead if error.error in DEAD else Unavailable
        raise kind(f"Google refreshed no token: {word(error.error)}") from None
    except _BROKEN as error:
        raise _no_answer(error) from None


def revoke(token: str, *, seconds: float) -> None:
    """https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke - 400: it is gone already."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    http = _http(seconds)
    try:
        place = rewritten(REVOKE_URI, settings.GOOGLE_BASE)
        answer, _ = http.request(place, "POST", body=urlencode({"token": token}), headers=form)
    except (HttpLib2Error, HTTPException, OSError) as error:
        raise _no_answer(error) from None
    finally:
        http.close()
    if answer.status not in (200, 400):
        raise refusal(VENDOR, answer.status, retry_after=answer.get("retry-after"))


@contextmanager
def _flow(scopes: tuple[str, ...] | None, **options: Any) -> Iterator[Any]:
    """A flow for one call, its connections closed after it.

    Without scopes at the token endpoint: oauthlib takes it for an error if others are granted than it knows of, unless
    a variable of the whole process says otherwise. What is missing is found by who called.
    """
    client = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "client_secret": settings.GOOGLE_CLIENT_SECRET,
        "auth_uri": AUTH_URI,
        "token_uri": TOKEN_URI,
    }
    flow = Flow.from_client_config({"web": client}, scopes, redirect_uri=settings.GOOGLE_REDIRECT_URI, **options)
    session = flow.oauth2session
    prepare(session, settings.GOOGLE_BASE)
    for hook in ("access_token_response", "refresh_token_response"):
        session.register_compliance_hook(hook, _refuse_outage)
    with session:
        yield flow


def _refuse_outage(answer: Any) -> Any:
    """The token endpoint's answer, unless it is down or has enough: oauthlib would look for tokens in its error page."""
    if answer.status_code == 429 or answer.status_code >= 500:
        raise refusal(VENDOR, answer.status_code, retry_after=answer.headers.get("Retry-After"))
    return answer


# --- The API ----------------------------------------------------------------------------------------------------------
class Operation:
    """The requests of one operation on somebody's behalf, which end together."""

    def __init__(self, access: Access, seconds: float) -> None:
        self._access = access
        self._budget = Budget(seconds)

    def ask(
        self, request: Callable[[Any], Any], *, api: str = "calendar", missing: type[CalendarError] = CalendarMissing
    ) -> dict[str, Any]:
        """Make one request, such as `lambda api: api.events().get(calendarId=..., eventId=...)`.

        Args:
            missing: what is not there if it answers 404 or 410.
        """
        with turn(Mailbox(VENDOR, self._access.email), self._budget):
            answer = _execute(
                request(_api(api, settings.GOOGLE_BASE)), self._access.token, self._budget.left(), missing
            )
        if not isinstance(answer, dict):
            if answer == "":
                return {}  # 204
            raise Unavailable("Google's answer is no object.")
        return answer

    def pages(
        self, request: Callable[[Any, str | None], Any], *, missing: type[CalendarError] = CalendarMissing
    ) -> Iterator[dict[str, Any]]:
        """Each page of a list."""
        page: str | None = None
        for _ in range(MAX_PAGES):
            answer = self._page(request, page, missing)
            yield answer
            page = answer.get("nextPageToken")
            if not page:
                return
            if self._budget.is_over:
                break
        raise Unavailable("Google's list does not end in time.")

    def _page(
        self, request: Callable[[Any, str | None], Any], page: str | None, missing: type[CalendarError]
    ) -> dict[str, Any]:
        return self.ask(lambda api: request(api, page), missing=missing)


def _execute(request: Any, token: str, seconds: float, missing: type[CalendarError]) -> Any:
    credentials = Credentials(token)  # type: ignore[no-untyped-call]
    http = AuthorizedHttp(credentials, http=_http(seconds), refresh_status_codes=())
    try:
        return request.execute(http=http, num_retries=0)
    except HttpError as error:
        raise _refused(error, missing) from None
    except (GoogleAuthError, HttpLib2Error, HTTPException, OSError, ValueError) as error:
        raise _no_answer(error) from None
    finally:
        http.close()


def _refused(error: HttpError, missing: type[CalendarError]) -> CalendarError:
    try:
        reason = str(json.loads(error.content)["error"]["errors"][0]["reason"])
    except (ValueError, LookupError, TypeError):
        reason = ""
    is_rate = error.resp.status == 403 and reason in RATE_REASONS
    waits = error.resp.get("retry-after")
    return refusal(VENDOR, error.resp.status, reason, retry_after=waits, is_rate=is_rate, missing=missing)


def _no_answer(error: Exception) -> Unavailable:
    return Unavailable(f"Google did not answer: {type(error).__name__}")


def _http(seconds: float) -> Http:
    http = Http(timeout=seconds, proxy_info=None)
    http.follow_redirects = False
    return http


@cache
def _api(name: str, base: str) -> Any:
    """The description that comes with the package: nothing is fetched. It asks nobody by itself."""
    version, path = {"calendar": ("v3", "/calendar/v3/"), "oauth2": ("v2", "/")}[name]
    options = {"api_endpoint": base + path} if base else None
    return build(name, version, http=_http(0), client_options=options, cache_discovery=False, static_discovery=True)
