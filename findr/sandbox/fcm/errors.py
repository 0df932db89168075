"""FCM's errors (https://firebase.google.com/docs/cloud-messaging/error-codes, https://google.aip.dev/193)."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Answer, json_answer
from findr.sandbox.limits import TooManyCalls
from findr.sandbox.misbehaviour import UNKNOWN_ERROR, CallRule
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.routes import Refusal, UnknownParameter, UnknownPath

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
# What a status is called, and the error code that it has unless another is named.
STATUSES = {
    400: ("INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    401: ("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
    403: ("PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    404: ("NOT_FOUND", "UNREGISTERED"),
    429: ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    500: ("INTERNAL", "INTERNAL"),
    503: ("UNAVAILABLE", "UNAVAILABLE"),
}
NO_CREDENTIALS = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential."
)


class FcmRefusal(Refusal):
    """A call that FCM refuses.

    Args:
        code: FCM's own error code; blank if the refusal comes from in front of FCM.
        field: the field of the body that is to blame, such as ``message.android.ttl``.
    """

    def __init__(self, status: int, message: str, code: str = "", field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.field = field


def invalid(field: str, message: str) -> FcmRefusal:
    """400 for the value of one field."""
    return FcmRefusal(400, message, "INVALID_ARGUMENT", field)


def as_fcms(refusal: Refusal) -> FcmRefusal:
    """A refusal of the shared parts in FCM's words."""
    if isinstance(refusal, FcmRefusal):
        return refusal
    if isinstance(refusal, TooManyCalls):
        return FcmRefusal(429, "Quota exceeded for quota metric 'Messages sent'.", "QUOTA_EXCEEDED")
    if isinstance(refusal, OAuthError):
        return FcmRefusal(401, NO_CREDENTIALS)
    if isinstance(refusal, UnknownParameter):
        place, _, name = refusal.name.rpartition(".")
        said = f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."
        return FcmRefusal(400, said, field=place)
    return FcmRefusal(404 if isinstance(refusal, UnknownPath) else 400, str(refusal))


def render(refusal: Refusal) -> Answer:
    """The error as FCM answers it."""
    said = as_fcms(refusal)
    headers = {"Retry-After": str(refusal.retry_after)} if isinstance(refusal, TooManyCalls) else {}
    return json_answer(said.status, body_of(said), headers)


def render_rule(rule: CallRule) -> Answer:
    """What a rule of misbehaviour says instead; its code is FCM's error code."""
    usual = STATUSES.get(rule.status, ("", "UNSPECIFIED_ERROR"))[1]
    message = "Internal error encountered." if rule.message == UNKNOWN_ERROR else rule.message
    return json_answer(rule.status, body_of(FcmRefusal(rule.status, message, rule.code or usual)), rule.headers)


def body_of(said: FcmRefusal) -> dict[str, Any]:
    """The error's JSON; clients read what kind it is from the details."""
    details: list[dict[str, Any]] = []
    if said.code:
        details.append({"@type": FCM_ERROR, "errorCode": said.code})
    if said.field:
        details.append({"@type": BAD_REQUEST, "fieldViolations": [{"field": said.field, "description": said.message}]})
    status = STATUSES.get(said.status, ("UNKNOWN", ""))[0]
    error: dict[str, Any] = {"code": said.status, "message": said.message, "status": status}
    return {"error": error | ({"details": details} if details else {})}
