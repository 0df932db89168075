"""Every refusal as the JSON of contract 4, whatever raised it."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from findr.errors import (
    FindrError,
    Invalid,
    MethodNotAllowed,
    NotFound,
    TemporarilyUnavailable,
    TooLarge,
    body_of,
    headers_of,
)
from findr.refusals import NOTHING_SAVED, is_of_the_console, page

logger = logging.getLogger(__name__)

_TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def answer_error(exc: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception handler: nothing leaves as HTML, nothing leaks its details."""
    view = context.get("view")
    error = as_findr_error(exc, failure=getattr(view, "failure", ""))
    return Response(body_of(error), status=error.status, headers=headers_of(error))


def as_findr_error(exc: Exception, *, failure: str = "") -> FindrError:
    """The refusal that an exception means. `failure` is the endpoint's own sentence for a 500 (contract 4)."""
    match exc:
        case FindrError():
            return exc
        case OperationalError() | InterfaceError() | InternalError():
            # Nothing was changed.
            logger.warning("The database is busy, away or out of room: %s", exc)
            return TemporarilyUnavailable()
        case Http404() | exceptions.NotFound():
            return NotFound()
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed()
        case RequestDataTooBig():
            return TooLarge()
        case exceptions.ParseError() | exceptions.UnsupportedMediaType():
            return Invalid("body is invalid")
        case SuspiciousOperation():  # A thousand query parameters, a forged header: Django's own limits.
            return Invalid("request is invalid")
        case _:
            return _unforeseen(exc, failure)


def _unforeseen(exc: Exception, failure: str) -> FindrError:
    logger.error("An endpoint failed.", exc_info=exc)
    if isinstance(
        exc, DataError
    ):  # A text or a number that no column takes: it should have been refused where it came in.
        return Invalid("request is invalid")
    error = FindrError()
    error.message = error.error = failure or error.error
    return error


def _plain(error: FindrError) -> JsonResponse:
    return JsonResponse(body_of(error), status=error.status, headers=headers_of(error))


def unknown_route(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler404: a path that no route knows."""
    return _plain(NotFound())


def broken(request: HttpRequest) -> JsonResponse:
    """Django's handler500: whatever failed outside an API view."""
    return _plain(FindrError())


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's handler400: a request that Django itself refuses, such as a forged Host header or an endless form."""
    if is_of_the_console(request.path) and isinstance(exception, _TOO_MUCH):
        return HttpResponse(page("This is too much at once", NOTHING_SAVED), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    error = Invalid("request is invalid")
    error.status = HTTPStatus.BAD_REQUEST
    return _plain(error)
