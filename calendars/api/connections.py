"""What a practice asks and does about its own calendars, or those of its team (contract 17)."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from calendars.api.inputs import read_choice
from calendars.api.wire import calendar_view, status_view
from calendars.models import VendorName
from calendars.services import choosing, consents, disconnecting
from calendars.services.lanes import Lane
from findr.accounts.permissions import ProviderOnly
from findr.api.endpoint import Endpoint
from findr.api.fields import as_id
from findr.api.http import body_of, success
from findr.api.identity import viewer_of
from findr.errors import Forbidden
from findr.vendors.budget import Budget
from providers.models import TeamMember
from providers.selectors import TeamMemberNotFound


class CalendarEndpoint(Endpoint):
    """The whole call has one budget of time."""

    permission_classes = [ProviderOnly]
    budget: Budget

    def count_call(self, request: Request) -> None:
        """The budget begins with the call."""
        self.budget = Budget()
        super().count_call(request)


class CalendarStatus(CalendarEndpoint):
    """GET /api/calendar/status/:providerId"""

    def get(self, request: Request, provider_id: str) -> Response:
        """What is connected."""
        return success(**status_view(_lane(request, provider_id).connected()))


class CalendarConsent(CalendarEndpoint):
    """GET /api/calendar/google/auth/:providerId and /microsoft: the one GET that writes, for its answer is good once."""

    http_method_names = ["get"]
    vendor: VendorName = VendorName.GOOGLE  # The URLs say which.

    def get(self, request: Request, provider_id: str) -> Response:
        """Where to give consent."""
        lane = _lane(request, provider_id)
        url = consents.begin_consent(lane=lane, user_id=viewer_of(request).user_id, vendor=self.vendor)
        return success(authUrl=url)


class Calendars(CalendarEndpoint):
    """GET and PUT /api/calendar/calendars/:providerId"""

    def get(self, request: Request, provider_id: str) -> Response:
        """The account's calendars."""
        found = choosing.chosen_calendars(lane=_lane(request, provider_id), budget=self.budget)
        return success(calendars=[calendar_view(one) for one in found])

    def put(self, request: Request, provider_id: str) -> Response:
        """Choose among them."""
        lane = _lane(request, provider_id)
        target, conflicts = read_choice(body_of(request))
        found = choosing.choose_calendars(lane=lane, target=target, conflicts=conflicts, budget=self.budget)
        return success(calendars=[calendar_view(one) for one in found])


class Disconnect(CalendarEndpoint):
    """POST /api/calendar/disconnect/:providerId"""

    def post(self, request: Request, provider_id: str) -> Response:
        """Disconnect what is connected, if anything is."""
        lane = _lane(request, provider_id)
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        disconnecting.disconnect(lane=lane, budget=self.budget)
        return success(message="Calendar disconnected")


def _lane(request: Request, provider_id: str) -> Lane:
    """Whose calendar is meant: the token's own practice, or with `?memberId=` one of its team (contract 17)."""
    own = viewer_of(request).id
    if as_id(provider_id) != own:
        raise Forbidden
    given = request.query_params.get("memberId", "").strip()
    return Lane(own, _member_of(own, given) if given else None)


def _member_of(provider_id: UUID, text: str) -> UUID:
    member_id = as_id(text)
    if not TeamMember.objects.filter(id=member_id, provider_id=provider_id).exists():
        raise TeamMemberNotFound
    return member_id
