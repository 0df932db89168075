"""The edges of a request: whose address it comes from, what a success looks like."""

import re
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any, cast

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

_UNREADABLE = "_findr_unreadable"
# `[2001:db8::1]:443`, `192.0.2.1:443`, and all eight groups of an IPv6 address with a port for a ninth.
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+|((?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}):[0-9]+")


def header(request: Request | HttpRequest, name: str) -> str | None:
    """What was sent as this header; None if it was not. Django's `headers` makes a table of all of them for that."""
    given: str | None = request.META.get(f"HTTP_{name.upper().replace('-', '_')}")
    return given


def address_of(request: Request) -> str:
    """Whose address a call is counted under; behind `NUM_PROXIES` trusted proxies, the one that the outermost saw.

    An IPv4 address, or the /64 network of an IPv6 one: whoever has one address of it has them all. What is no address
    is not believed: it would be a new one each time.
    """
    return client_address(str(request.META.get("REMOTE_ADDR", "")), header(request, "X-Forwarded-For") or "")


def client_address(peer: str, forwarded: str) -> str:
    """The same, of the connection's own address and the `X-Forwarded-For` header."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    proxies = api_settings.NUM_PROXIES or 0
    seen = hops[-min(proxies, len(hops))] if proxies and hops else peer
    return _client(seen) or _client(peer) or peer


def _client(said: str) -> str:
    """The client behind an address as a proxy writes it, its port left out; blank if it is none."""
    bare = said.strip('"')
    if with_port := _WITH_PORT.fullmatch(bare):
        bare = next(filter(None, with_port.groups()), "")
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; the parser lets nothing else through.

    REST framework takes a body that could not be read for an empty one when it is asked a second time. Here it is
    refused every time.
    """
    problem: Exception | None = getattr(request, _UNREADABLE, None)
    if problem is not None:
        raise problem
    try:
        return cast("dict[str, Any]", request.data)
    except Exception as unreadable:
        setattr(request, _UNREADABLE, unreadable)
        raise


def has_readable_body(request: Request) -> bool:
    """Whether `body_of` would give one."""
    try:
        body_of(request)
    except Exception:
        return False
    return True


def success(status: int = 200, **body: Any) -> Response:
    """A success body: bare keys plus `success` (contract 2.1)."""
    return Response({"success": True, **body}, status=status)
