"""Sessions for the SDKs that insist on their vendor's https addresses: in development these calls go to the sandbox."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS = 3.0


class RewritingAdapter(HTTPAdapter):
    """Sends whatever is asked of a vendor's hosts to `base` instead, path and query unchanged."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = rewritten(request.url or "", self._base)
        return super().send(request, *args, **options)


def rewritten(url: str, base: str) -> str:
    """The same path and query at `base`; as it is without one."""
    parts = urlsplit(url)
    return base + urlunsplit(("", "", parts.path, parts.query, "")) if base else url


def prepare(session: requests.Session, base: str) -> None:
    """No proxies of the environment, no redirects to anywhere, and the sandbox in place of the vendor if `base` is set."""
    session.trust_env = False
    session.max_redirects = 0
    if base:
        session.mount("https://", RewritingAdapter(base))


def time_outs(seconds: float) -> tuple[float, float]:
    """For connecting and for each silence; how long the whole takes is not theirs to say."""
    return min(CONNECT_SECONDS, seconds), seconds
