"""Graph's refusals (https://learn.microsoft.com/graph/errors) in OData's error shape."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from findr.sandbox.exchange import Answer, json_answer
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.routes import Refusal, UnknownParameter, UnknownPath

# What Graph calls a status, where whoever asks for it says no more.
CODES = {
    400: "ErrorInvalidRequest",
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    409: "ErrorIrresolvableConflict",
    410: "SyncStateNotFound",
    412: "ErrorIrresolvableConflict",
    429: "ApplicationThrottled",
    500: "ErrorInternalServerError",
    502: "BadGateway",
    503: "serviceNotAvailable",
    504: "GatewayTimeout",
}
MESSAGES = {
    401: "Lifetime validation failed, the token is expired.",
    403: "Access is denied. Check credentials and try again.",
    404: "The specified object was not found in the store.",
    429: "Application is over its MailboxConcurrency limit.",
    503: "The service is temporarily unavailable. Please try again later.",
}


class GraphRefusal(Refusal):
    """An error answer of Graph's."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def bad(message: str, code: str = "ErrorInvalidParameter") -> GraphRefusal:
    """The request itself is wrong."""
    return GraphRefusal(400, code, message)


def not_found() -> GraphRefusal:
    """No such calendar or event in this mailbox, or no longer."""
    return GraphRefusal(404, CODES[404], MESSAGES[404])


def malformed() -> GraphRefusal:
    """No id that Graph could have made."""
    return bad("Id is malformed.", "ErrorInvalidIdMalformed")


def throttled(message: str, seconds: int) -> GraphRefusal:
    """Too much at once (https://learn.microsoft.com/graph/throttling)."""
    return GraphRefusal(429, CODES[429], message, {"Retry-After": str(seconds)})


def as_graphs(refusal: Refusal) -> GraphRefusal:
    """Any refusal in Graph's words."""
    if isinstance(refusal, GraphRefusal):
        return refusal
    if isinstance(refusal, OAuthError):
        status = refusal.status if refusal.status in (401, 403) else 400
        return GraphRefusal(status, CODES[status], MESSAGES.get(status, refusal.description))
    if isinstance(refusal, UnknownPath):
        return bad(f"Resource not found for the segment of {refusal.method} {refusal.path}.", "BadRequest")
    if isinstance(refusal, UnknownParameter):
        return bad(f"The property '{refusal.name}' does not exist here.", "RequestBodyRead")
    return bad(str(refusal))


def render(refusal: Refusal) -> Answer:
    """The answer."""
    said = as_graphs(refusal)
    headers = dict(said.headers)
    if said.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common"'
    return error_answer(said.status, said.code, said.message, headers)


def error_answer(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    """An ``ODataError``."""
    request = str(uuid.uuid4())
    inner: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request,
        "client-request-id": request,
    }
    content = {"error": {"code": code, "message": message, "innerError": inner}}
    return json_answer(status, content, {"request-id": request, **(headers or {})})
