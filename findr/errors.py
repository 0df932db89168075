"""What can go wrong, in the words of the wire contract (contract 4).

Every refusal is a `FindrError` with a stable `code`, its HTTP status and its fixed `error` sentence; the exception
handler of `findr.api` turns it into JSON, the admin shows its message.
"""

from typing import Any


class FindrError(Exception):
    """A refusal with a machine code.

    Args:
        message: a sentence for people; `error`, the fixed sentence of the code, if there is nothing to add.
        extra: further keys of the JSON answer (`fields`, `currentState`, `bookingId`, ...).
    """

    status = 500
    code = "internal_error"
    error = "Internal server error"

    def __init__(self, message: str = "", **extra: Any) -> None:
        self.message = message or self.error
        self.extra = extra
        super().__init__(self.message)


class Invalid(FindrError):
    """Malformed or missing input. `fields` maps each bad field to its sentence; the first one is the `error`."""

    status, code = 400, "validation"

    def __init__(self, error: str, **fields: str) -> None:
        self.error = error
        super().__init__(error, **({"fields": fields} if fields else {}))


class Unauthorized(FindrError):
    """No token, a bad one, or an expired one; the sentence says which (contract 3.1)."""

    status, code = 401, "unauthorized"

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


class InvalidCredentials(FindrError):
    """Unknown e-mail and wrong password alike."""

    status, code, error = 401, "invalid_credentials", "Invalid email or password"


class Forbidden(FindrError):
    """The token is good, but not for this."""

    status, code, error = 403, "forbidden", "Unauthorized"


class NotFound(FindrError):
    """No such route, or (in the subclasses) no such object for this viewer."""

    status, code, error = 404, "not_found", "Not found"


class MethodNotAllowed(FindrError):
    status, code, error = 405, "method_not_allowed", "Method not allowed"


class TooLarge(FindrError):
    status, code, error = 413, "too_large", "Request is too large"


class RateLimited(FindrError):
    """Too many requests; `retryAfter` is in whole seconds."""

    status, code, error = 429, "rate_limited", "Too many requests"

    def __init__(self, *, retry_after: int, message: str = "") -> None:
        super().__init__(message, retryAfter=max(1, retry_after))


class TemporarilyUnavailable(FindrError):
    """The database is busy or briefly away, or too many requests wait for a vendor. Nothing was changed."""

    status, code, error = 503, "temporarily_unavailable", "Please try again"

    def __init__(self) -> None:
        super().__init__("", retryAfter=1)


def body_of(error: FindrError) -> dict[str, Any]:
    """The JSON object of a refusal."""
    return {"success": False, "error": error.error, "message": error.message, "code": error.code, **error.extra}


def headers_of(error: FindrError) -> dict[str, str]:
    """`Retry-After`, where the body has `retryAfter`."""
    return {"Retry-After": str(error.extra["retryAfter"])} if "retryAfter" in error.extra else {}
