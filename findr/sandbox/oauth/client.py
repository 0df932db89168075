"""A vendor's grants as tests and commands control them, and a person who clicks through its consent page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from findr.sandbox.vendor_client import ControlCall, Object

SCOPE = re.compile(r'name="scope" value="([^"]*)"')
ACCOUNT = re.compile(r'name="account" value="([^"]*)"')
FIELD = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')
ACTION = re.compile(r'action="([^"]*)"')


class NoConsentPage(Exception):
    """The link led to no question; the text is what the page said."""


@dataclass(frozen=True, slots=True)
class SentBack:
    """Where the browser was sent, and with what (``code``, ``state``, ``error``)."""

    url: str
    fields: dict[str, str]


class OAuthClient:
    """The accounts that people connected."""

    def __init__(self, control: ControlCall) -> None:
        self._control = control

    def grants(self) -> list[Object]:
        """Every grant: account, scopes, and whether it is dead."""
        return cast("list[Object]", self._control("GET", "oauth/grants")["grants"])

    def kill(self, account: str, *, only_refresh: bool = False) -> None:
        """The person takes everything back at the vendor; or only the refresh token dies, of age perhaps."""
        self._control("POST", "oauth/kill", {"account": account, "only_refresh": only_refresh})

    def expire(self, account: str) -> None:
        """The access tokens of an account that are out are too old now; refresh tokens are not."""
        self._control("POST", "oauth/expire", {"account": account})

    def refreshes(self, account: str) -> int:
        """How many times a refresh token of this account was turned into an access token."""
        return sum(grant["refreshes"] for grant in self.grants() if grant["account"] == account)

    def allow(self, url: str, account: str = "", scopes: Iterable[str] | None = None) -> SentBack:
        """Allow what the page of an authorize link asks, or these scopes only, as the account it names or as this one."""
        page = _ask(url)
        chosen = SCOPE.findall(page) if scopes is None else scopes
        filled_in = [unescape(value) for value in ACCOUNT.findall(page)]
        form = [("outcome", "allow"), ("account", account or filled_in[0])]
        return _click(url, [*form, *(("scope", unescape(scope)) for scope in chosen)])

    def deny(self, url: str) -> SentBack:
        """Press the other button."""
        _ask(url)
        return _click(url, [("outcome", "deny")])


def _ask(url: str) -> str:
    status, location, page = _browse("GET", url)
    if status != 200:
        raise NoConsentPage(location or page)
    return page


def _click(url: str, form: list[tuple[str, str]]) -> SentBack:
    status, location, page = _browse("POST", url, urlencode(form))
    if status == 303:
        address, _, query = location.partition("?")
        return SentBack(address, dict(parse_qsl(query)))
    action = ACTION.search(page)
    if action is None:
        raise NoConsentPage(page)
    return SentBack(unescape(action[1]), {name: unescape(value) for name, value in FIELD.findall(page)})


def _browse(method: str, url: str, form: str = "") -> tuple[int, str, str]:
    """Status, where to go on, and page; redirects are not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, f"{parts.path}?{parts.query}", form, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    finally:
        connection.close()
