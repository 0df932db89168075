"""One booking and its history, for both sides of it (contract 12)."""

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.selectors import history, visibility
from bookings.selectors.views import view_of
from bookings.services import checkouts
from bookings.states import Role
from bookings.wire.history import event_view
from bookings.wire.patient_view import patient_view
from bookings.wire.provider_view import provider_view
from findr.accounts.permissions import PatientOrProvider
from findr.api.endpoint import EndpointSet
from findr.api.fields import as_id
from findr.api.http import success
from findr.api.identity import viewer_of
from findr.vendors.budget import Budget


class OneBooking(EndpointSet):
    """GET /api/bookings/:id and its history, for both sides of it."""

    permission_classes = [PatientOrProvider]

    def retrieve(self, request: Request, booking_id: str) -> Response:
        """The booking in the caller's view; the patient also gets what authentication needs."""
        booking = visibility.booking_for(viewer_of(request), as_id(booking_id))
        if viewer_of(request).kind == "provider":
            return success(booking=provider_view(view_of(booking, Role.PROVIDER)))
        return success(
            booking=patient_view(view_of(booking, Role.PATIENT)),
            requiresAction=checkouts.waits_for_card_holder(booking),
            clientSecret=checkouts.client_secret_of(booking, budget=Budget()),
        )

    def history(self, request: Request, booking_id: str) -> Response:
        """What happened to the booking, oldest first."""
        events = history.history_for(viewer_of(request), as_id(booking_id))
        return success(events=[event_view(event) for event in events])
