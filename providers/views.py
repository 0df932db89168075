"""The practice's sign-in and its public page (contract 9.4, 9.5)."""

from collections.abc import Callable
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from findr.accounts.models import AccountRole
from findr.accounts.views import Door, PublicEndpoint, sign_in
from findr.accounts.wire import identity_of
from findr.api import tokens
from findr.api.fields import as_id
from findr.api.http import success
from findr.api.identity import known_viewer_of
from findr.errors import InvalidCredentials
from providers.models import Provider
from providers.selectors import public_provider
from providers.wire import desk_object, public_object


class ProviderSignIn(Door):
    """POST /api/providers/login: a practice of any status may sign in."""

    def post(self, request: Request) -> Response:
        user = sign_in(request, AccountRole.PROVIDER)
        provider = Provider.objects.filter(account=user).first()
        if provider is None:  # An account whose practice staff have not entered yet.
            raise InvalidCredentials
        token = tokens.issue(identity_of(user, provider.id), generation=user.token_generation)
        return success(token=token, providerId=str(provider.id), provider=desk_object(provider))


class ProviderDetail(PublicEndpoint):
    """GET /api/providers/:id: the bare object, without an envelope.

    Attributes:
        calendar_connected: answers for a practice whether its calendar is; given by the URLs, since calendars are
            above practices.
    """

    calendar_connected: Callable[[UUID], bool] | None = None

    def get(self, request: Request, provider_id: str) -> Response:
        identifier = as_id(provider_id)
        viewer = known_viewer_of(request)
        own = viewer is not None and viewer.provider_id == identifier
        provider = public_provider(identifier, own=own)
        connected = self.calendar_connected is not None and self.calendar_connected(provider.id)
        return Response(public_object(provider, calendar_connected=connected))
