"""The base of every endpoint: it runs the checks in the order of contract 4."""

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.db import DatabaseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from findr import faults
from findr.api import idempotency, limits
from findr.api.errors import as_findr_error
from findr.api.errors import body_of as body_of_error
from findr.api.http import address_of, body_of, has_readable_body
from findr.api.identity import Identity, known_viewer_of, viewer_of
from findr.api.tokens import Claims, peek
from findr.errors import Forbidden, Invalid, MethodNotAllowed
from findr.vendor_time import Budget

logger = logging.getLogger(__name__)

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class Endpoint(APIView):
    """Route, rate limit, token, token type, identity headers; the view does the rest.

    Attributes:
        failure: the endpoint's own sentence for a 500, where the contract has one.
    """

    failure: ClassVar[str] = ""
    # No OPTIONS of our own: a preflight is answered by the CORS middleware.
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything that is checked before the endpoint itself runs."""
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed
        self.format_kwarg = None
        request.accepted_renderer = self.renderer_classes[0]()
        request.accepted_media_type = "application/json"
        self.count_call(request)
        self.perform_authentication(request)
        self.check_permissions(request)
        if viewer := known_viewer_of(request):
            _check_identity_headers(request, viewer)

    def count_call(self, request: Request) -> None:
        """Against the limit of this kind of call; endpoints with a limit of their own extend it."""
        limits.count("read" if request.method in {"GET", "HEAD"} else "write", caller_of(request))

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        """Refuse with 403: who has no token at all has been answered 401 by then."""
        raise Forbidden


class EndpointSet(Endpoint, ViewSet):
    """An endpoint whose methods are actions of one thing, such as a booking."""

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """REST framework's own, typed."""
        return ViewSet.initialize_request(self, request, *args, **kwargs)


class Actions(EndpointSet):
    """The base of what people do: the whole call has one budget of time, and an idempotency key makes it happen once.

    A subclass answers in `<action>_again` for a call that died after its change: from what stands.
    """

    def count_call(self, request: Request) -> None:
        """The budget begins with the call."""
        self.budget = Budget()
        super().count_call(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything that is checked before, and then the key: it stands between the checks and the action."""
        super().initial(request, *args, **kwargs)
        # A body that cannot be read has no fingerprint: it is refused in its turn, after the lookup (contract 4).
        if request.method != "GET" and has_readable_body(request) and (key := _key_of(request)):
            method = (request.method or "").lower()
            setattr(self, method, partial(self._once, getattr(self, method), key))

    def _once(self, act: Callable[..., Response], key: str, request: Request, **kwargs: Any) -> Response:
        body = {name: value for name, value in body_of(request).items() if name != "idempotencyKey"}
        begun = idempotency.begin(
            identity=viewer_of(request).limit_key, method=request.method or "", path=request.path, key=key, body=body
        )
        faults.reach("the key is taken")
        if isinstance(begun, idempotency.Stored):
            return Response(begun.body, status=begun.status, headers={"Idempotency-Replayed": "true"})
        try:
            with idempotency.answering(begun):
                if begun.subject_id:
                    response: Response = getattr(self, f"{self.action}_again")(request, begun.subject_id)
                else:
                    response = act(request, **kwargs)
        except Exception as problem:
            error = as_findr_error(problem, failure=self.failure)
            self._keep(begun, error.status, body_of_error(error), code=error.code)
            raise error from problem
        faults.reach("the answer is known")
        self._keep(begun, response.status_code, response.data)
        faults.reach("the answer is kept")
        return response

    def _keep(self, begun: idempotency.Begun, status: int, body: dict[str, Any], *, code: str = "") -> None:
        """Definite answers are kept, unless they carry a secret: that one is asked of the vendor anew.

        What cannot be kept now is answered all the same, since what it tells of has happened; the key is answered from
        what stands, once its lease is over.
        """
        passing = status in (401, 403, 429) or status >= 500 or code == "decision_in_progress"
        try:
            if passing or body.get("clientSecret"):
                idempotency.give_up(begun)
            else:
                idempotency.finish(begun, status, body)
        except DatabaseError as error:
            logger.warning("An answer could not be kept under its key: %s", error)


def _key_of(request: Request) -> str | None:
    """The idempotency key: header, older header, or body (contract 5)."""
    given: Any = request.headers.get("Idempotency-Key", request.headers.get("X-Idempotency-Key"))
    if given is None:
        given = body_of(request).get("idempotencyKey")
    if given is None:
        return None
    if not isinstance(given, str) or not _KEY.fullmatch(given):
        raise Invalid("idempotencyKey is invalid", idempotencyKey="idempotencyKey is invalid")
    return given


def caller_of(request: Request) -> str:
    """Whose calls are counted: the token's identity, else the address. The signature is checked, no database asked."""
    claims: Claims | None = peek(request.headers.get("Authorization", ""))
    return claims.identity.limit_key if claims else f"address:{address_of(request)}"


def _check_identity_headers(request: Request, identity: Identity) -> None:
    """Identity headers may narrow, never authorise (contract 3.3)."""
    names = {"provider": ["x-provider-id"], "patient": ["x-user-id", "x-patient-id"]}.get(identity.kind, [])
    for name in names:
        given = request.headers.get(name)
        if given is not None and given.lower() != str(identity.id):
            raise Forbidden
