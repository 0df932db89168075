"""What every answer carries: the id of its request (contract 2.6), whether it may be kept, what a page may load."""

from collections.abc import Callable

from corsheaders.middleware import CorsMiddleware
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from findr.api.http import header
from findr.errors import FindrError, Forbidden, Invalid, MethodNotAllowed, NotFound, body_of
from findr.logs import request_id
from findr.refusals import NOT_KEPT, PAGE_POLICY, identifier_for, is_of_the_console, is_of_the_wire, page

GetResponse = Callable[[HttpRequest], HttpResponse]

_REFUSALS: dict[int, FindrError] = {403: Forbidden(), 404: NotFound(), 405: MethodNotAllowed()}
_NUL = ("\0", "%00", "\\000")


class RequestId:
    """Echoes `X-Request-ID`, or makes one; log lines of the request carry it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = identifier_for(header(request, "X-Request-ID") or "")
        token = request_id.set(identifier)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = identifier
        return response


class Wire:
    """Under `/api` everything is JSON (contract 2.1), Django's own pages about errors included; nothing is kept."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_of_the_wire(request.path):
            response["Cache-Control"] = NOT_KEPT
            if response.status_code >= 400 and not response.get("Content-Type", "").startswith("application/json"):
                _make_json(response)
        return response


def _make_json(response: HttpResponse) -> None:
    """In place: what other layers have added to the answer stays."""
    broken = FindrError() if response.status_code >= 500 else Invalid("request is invalid")
    response.content = JsonResponse(body_of(_REFUSALS.get(response.status_code, broken))).content
    response["Content-Type"] = "application/json"
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))


class Cors(CorsMiddleware):
    """corsheaders': what pages of other origins may read. Apps name no origin, and get what is said without one."""

    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """As its own does, which makes a table of all headers for that."""
        if header(request, "Origin"):
            return super().add_response_headers(request, response)
        if self.is_enabled(request):
            patch_vary_headers(response, ("origin",))
        return response


class Console:
    """The pages of the staff console: what they may load, and what no page of it can be asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_of_the_console(request.path):
            return self.get_response(request)
        response = _nonsense() if _has_nul(request) else self.get_response(request)
        response["Content-Security-Policy"] = PAGE_POLICY
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A filter, a page or a choice that no database could look for is the asker's mistake, not ours."""
        is_nonsense = is_of_the_console(request.path) and isinstance(exception, (DataError, ValidationError))
        return _nonsense() if is_nonsense else None


def _has_nul(request: HttpRequest) -> bool:
    """PostgreSQL knows no text with U+0000, and no address or cookie of ours has one."""
    parts = (request.path, request.META.get("QUERY_STRING", ""), request.META.get("HTTP_COOKIE", ""))
    return any(nul in part for part in parts for nul in _NUL)


def _nonsense() -> HttpResponse:
    return HttpResponse(page("There is no such page", "The address names something that cannot be."), status=400)
