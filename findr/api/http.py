"""The edges of a request: whose address it comes from, what a success looks like."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

_UNREADABLE = "_findr_unreadable"


def address_of(request: Request) -> str:
    """The client's address; behind `NUM_PROXIES` trusted proxies, the one that the outermost of them saw."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    proxies = api_settings.NUM_PROXIES or 0
    if proxies and hops:
        return hops[-min(proxies, len(hops))]
    return str(request.META.get("REMOTE_ADDR", ""))


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
