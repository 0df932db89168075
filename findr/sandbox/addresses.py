"""Where the sandbox sends, and sends browsers: to this machine only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

LOCAL = ("127.0.0.1", "::1", "localhost")


def is_local(address: Any) -> bool:
    """Whether this is the http address of something on this machine."""
    parts = urlsplit(address) if isinstance(address, str) else None
    return parts is not None and parts.scheme == "http" and parts.hostname in LOCAL
