"""Every answer carries the id of its request (contract 2.6)."""

import re
from collections.abc import Callable
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from findr.logs import request_id

_ACCEPTABLE = re.compile(r"[\x21-\x7e]{1,128}")


def identifier_for(given: str) -> str:
    """The id of a request: the one that came with it, unless it could break a log line."""
    return given if _ACCEPTABLE.fullmatch(given) else str(uuid4())


class RequestId:
    """Echoes `X-Request-ID`, or makes one; log lines of the request carry it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = identifier_for(request.headers.get("X-Request-ID", ""))
        token = request_id.set(identifier)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = identifier
        return response
