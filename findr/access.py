"""One line for each request, without its query string and without whoever it is about: that is personal data.

A segment of the path that is no word, number or id of ours could be anything, an e-mail address or a token, and is not
written down either.
"""

import logging
import re

logger = logging.getLogger(__name__)

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{0,40}")
_LONGEST = 12


def plain_path(uri: str) -> str:
    """What may be written of a request's address."""
    segments = uri.split("?", 1)[0].split("#", 1)[0].split("/")
    kept = [one if _PLAIN.fullmatch(one) else "*" for one in segments[:_LONGEST]]
    return "/".join(kept if len(segments) <= _LONGEST else [*kept, "*"])


def write(method: str, uri: str, *, status: int, size: int, seconds: float, identifier: str) -> None:
    """The line of one answer; status 0 if whoever asked did not wait for it."""
    told = {
        "method": method if method in _METHODS else "*",
        "path": plain_path(uri),
        "status": status,
        "bytes": size,
        "milliseconds": round(seconds * 1000, 1),
    }
    extra = {"facts": told, "request_id": identifier}
    logger.info("%s %s %s", told["method"], told["path"], status, extra=extra)


def write_socket(protocol: str, action: str, details: dict[str, str]) -> None:
    """Daphne's own hook: what became of a WebSocket. Of HTTP it knows no request id, and `write` does."""
    if protocol == "websocket":
        logger.info("WebSocket %s %s", plain_path(str(details["path"])), action)
