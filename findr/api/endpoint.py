"""The base of every endpoint: it runs the checks in the order of contract 4."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from findr.api import limits
from findr.api.http import address_of, header
from findr.api.identity import Identity, known_viewer_of
from findr.api.tokens import Claims, peek
from findr.errors import Forbidden, MethodNotAllowed


class Endpoint(APIView):
    """Route, rate limit, token, token type, identity headers; the view does the rest.

    Attributes:
        failure: the endpoint's own sentence for a 500, where the contract has one.
        own_limit: the name of a limit that its calls are counted against as well: `refuse_too_many` refuses them.
    """

    failure: ClassVar[str] = ""
    own_limit: ClassVar[str] = ""
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
        """Against the limit of this kind of call, and the endpoint's own."""
        kind = "read" if request.method in {"GET", "HEAD"} else "write"
        counted_against = [kind, self.own_limit] if self.own_limit else [kind]
        self.refusals = limits.count_each(counted_against, self.caller_of(request))
        if kind in self.refusals:
            raise self.refusals[kind]

    def refuse_too_many(self) -> None:
        """For an action that is made, and not answered from what it came to before: refuse it if it is one too many.

        Raises:
            RateLimited
        """
        if self.own_limit in self.refusals:
            raise self.refusals[self.own_limit]

    def caller_of(self, request: Request) -> str:
        """Whose calls are counted: the token's identity, else the address. The signature is checked, nothing asked."""
        claims: Claims | None = peek(header(request, "Authorization") or "")
        return claims.identity.limit_key if claims else address_key(request)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> Any:
        """Refuse with 403: who has no token at all has been answered 401 by then."""
        raise Forbidden


class EndpointSet(Endpoint, ViewSet):
    """An endpoint whose methods are actions of one thing, such as a booking."""

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """REST framework's own, typed."""
        return ViewSet.initialize_request(self, request, *args, **kwargs)


def address_key(request: Request) -> str:
    """The name under which the calls of an address are counted."""
    return f"address:{address_of(request)}"


def _check_identity_headers(request: Request, identity: Identity) -> None:
    """Identity headers may narrow, never authorise (contract 3.3)."""
    names = {"provider": ["x-provider-id"], "patient": ["x-user-id", "x-patient-id"]}.get(identity.kind, [])
    for name in names:
        given = header(request, name)
        if given is not None and given.lower() != str(identity.id):
            raise Forbidden
