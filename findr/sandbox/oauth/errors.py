"""What the issuer refuses (RFC 6749 section 5.2, RFC 6750 section 3.1)."""

from __future__ import annotations

from findr.sandbox.exchange import Answer, json_answer
from findr.sandbox.routes import Refusal

NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
STATUSES = {"invalid_client": 401, "invalid_token": 401, "insufficient_scope": 403}


class OAuthError(Refusal):
    """An error by its registered code, with a sentence for the developer; by default with the status of its code."""

    def __init__(self, code: str, description: str, status: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status or STATUSES.get(code, 400)


def render(error: OAuthError) -> Answer:
    """The error as the RFCs show it. A vendor with more to say renders its own."""
    headers = dict(NOT_KEPT)
    if error.code == "invalid_client":
        headers["WWW-Authenticate"] = "Basic"
    elif error.status in (401, 403):
        headers["WWW-Authenticate"] = f'Bearer error="{error.code}"'
    return json_answer(error.status, {"error": error.code, "error_description": error.description}, headers)
