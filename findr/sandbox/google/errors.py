"""Google's errors (https://developers.google.com/workspace/calendar/api/guides/errors)."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Answer, json_answer
from findr.sandbox.limits import TooManyCalls
from findr.sandbox.misbehaviour import UNKNOWN_ERROR, CallRule
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.routes import Refusal, UnknownParameter, UnknownPath

# What each reason says, and whose it is.
MESSAGES = {
    "authError": "Invalid Credentials",
    "backendError": "Backend Error",
    "conditionNotMet": "Precondition Failed",
    "deleted": "Resource has been deleted",
    "duplicate": "The requested identifier already exists.",
    "forbidden": "Forbidden",
    "fullSyncRequired": "Sync token is no longer valid, a full sync is required.",
    "insufficientPermissions": "Request had insufficient authentication scopes.",
    "notFound": "Not Found",
    "quotaExceeded": "Calendar usage limits exceeded.",
    "rateLimitExceeded": "Rate Limit Exceeded",
    "requiredAccessLevel": "You need to have writer access to this calendar.",
    "timeRangeEmpty": "The specified time range is empty.",
    "timeRangeTooLong": "The requested time range is too long.",
    "userRateLimitExceeded": "User Rate Limit Exceeded",
}
USAGE = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded")
CALENDAR = ("fullSyncRequired", "requiredAccessLevel", "timeRangeEmpty", "timeRangeTooLong")
# The reason that a status has unless another is named.
REASONS = {
    400: "badRequest",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    409: "duplicate",
    410: "deleted",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
}


class GoogleRefusal(Refusal):
    """A call that Google refuses: HTTP status, reason, and which parameter or header is to blame."""

    def __init__(self, status: int, reason: str, message: str = "", location: tuple[str, str] | None = None) -> None:
        self.status = status
        self.reason = reason
        self.message = message or MESSAGES.get(reason, reason)
        # Its kind (``parameter`` or ``header``) and its name.
        self.location = location
        super().__init__(self.message)


def invalid(name: str, message: str = "", reason: str = "invalid") -> GoogleRefusal:
    """400 for the value of one parameter or field."""
    return GoogleRefusal(400, reason, message or f"Invalid value for: {name}", ("parameter", name))


def as_googles(refusal: Refusal) -> GoogleRefusal:
    """A refusal of the shared parts in Google's words."""
    if isinstance(refusal, GoogleRefusal):
        return refusal
    if isinstance(refusal, TooManyCalls):
        return GoogleRefusal(429, "rateLimitExceeded")
    if isinstance(refusal, OAuthError) and refusal.status == 403:
        return GoogleRefusal(403, "insufficientPermissions")
    if isinstance(refusal, OAuthError):
        return GoogleRefusal(401, "authError", location=("header", "Authorization"))
    if isinstance(refusal, UnknownParameter):
        message = f'Invalid JSON payload received. Unknown name "{refusal.name}": Cannot find field.'
        return GoogleRefusal(400, "badRequest", message)
    return GoogleRefusal(404 if isinstance(refusal, UnknownPath) else 400, "notFound", str(refusal))


def render(refusal: Refusal) -> Answer:
    """The error as Google answers it."""
    said = as_googles(refusal)
    headers = {}
    if isinstance(refusal, TooManyCalls):
        headers["Retry-After"] = str(refusal.retry_after)
    if said.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return json_answer(said.status, _body(said), headers)


def render_rule(rule: CallRule) -> Answer:
    """What a rule of misbehaviour says instead; its code is the reason."""
    reason = rule.code or REASONS.get(rule.status, "backendError")
    message = "" if rule.message == UNKNOWN_ERROR else rule.message
    return json_answer(rule.status, _body(GoogleRefusal(rule.status, reason, message)), rule.headers)


def _body(said: GoogleRefusal) -> dict[str, Any]:
    domain = "usageLimits" if said.reason in USAGE else "calendar" if said.reason in CALENDAR else "global"
    error: dict[str, Any] = {"domain": domain, "reason": said.reason, "message": said.message}
    if said.location:
        error["locationType"], error["location"] = said.location
    return {"error": {"errors": [error], "code": said.status, "message": said.message}}
