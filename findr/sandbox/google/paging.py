"""Lists by pages: ``maxResults``, ``pageToken`` and ``nextPageToken``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from findr.sandbox.google.errors import invalid
from findr.sandbox.ledger import Object


def page(items: Sequence[Object], size: int, token: str | None) -> Object:
    """``items`` of one page and, if there is more, the token of the next."""
    start = _offset(token) if token else 0
    answer: Object = {"items": list(items[start : start + size])}
    if start + size < len(items):
        answer["nextPageToken"] = base64.urlsafe_b64encode(f"from {start + size}".encode()).decode()
    return answer


def _offset(token: str) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(token).decode().partition(" ")
    except (binascii.Error, ValueError) as error:
        raise invalid("pageToken", "Invalid page token value.") from error
    if word != "from" or not number.isdecimal():
        raise invalid("pageToken", "Invalid page token value.")
    return int(number)
