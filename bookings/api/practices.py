"""What a practice asks and does (contract 11)."""

from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.inputs.dates import read_day_bound
from bookings.api.inputs.remarks import NoteInput, read_reason
from bookings.api.inputs.suggested_times import read_reschedule, read_suggestions
from bookings.api.shared import (
    actor_of,
    from_booking,
    from_cancellation,
    from_decision,
    own_id,
    refund_of,
)
from bookings.models import Booking
from bookings.policies import refuse_unless_approved
from bookings.selectors import lists, queues, visibility
from bookings.selectors.views import view_of, views_of
from bookings.services import answers, cancellations, suggestions
from bookings.states import Role, State
from bookings.wire.provider_view import provider_view, queued_view
from calendars.selectors import is_connected
from findr.accounts.permissions import ProviderOnly
from findr.api.actions import Actions, idempotent
from findr.api.endpoint import EndpointSet
from findr.api.fields import as_id, read
from findr.api.http import body_of, success
from findr.api.identity import viewer_of
from findr.api.paging import read_page
from providers.models import Provider
from providers.selectors import own_practice


class ProviderBookings(EndpointSet):
    """GET /api/bookings/provider/:providerId and /pending"""

    permission_classes = [ProviderOnly]

    def list(self, request: Request, provider_id: str | None = None) -> Response:
        """The practice's bookings."""
        own = own_id(request, provider_id)
        provider = own_practice(own)
        page, words = read_page(request.query_params), request.query_params.get("status", "").strip()
        found, total, urgent = lists.list_of_provider(own, words, page, **_dates(request, provider))
        for booking in found:
            booking.provider = provider
        shown = views_of(found, Role.PROVIDER)
        return success(
            bookings=[provider_view(one) for one in shown],
            totalCount=total,
            urgentCount=urgent,
            metadata={
                "timezone": provider.timezone,
                "calendarIntegrated": is_connected(own),
                "notificationsEnabled": True,
            },
            pagination=page.describe(total),
        )

    def pending(self, request: Request, provider_id: str | None = None) -> Response:
        """What the practice has to answer."""
        queue = queues.answer_queue(own_id(request, provider_id))
        rows = [queued_view(one) for one in views_of(queue, Role.PROVIDER)]
        return success(bookings=rows, count=len(rows))


def _dates(request: Request, provider: Provider) -> dict[str, datetime | None]:
    query, zone = request.query_params, provider.zone
    return {
        "first": read_day_bound(query, "startDate", zone, whole_day=False),
        "last": read_day_bound(query, "endDate", zone, whole_day=True),
    }


def _view(booking: Booking) -> dict[str, Any]:
    return provider_view(view_of(booking, Role.PROVIDER))


def _confirmed(answered: answers.DecisionResult) -> Response:
    view = _view(answered.booking)
    if answered.processing:
        return success(202, booking=view, message="Payment is being processed", processing=True)
    return success(booking=view, message="Booking confirmed")


def _declined(booking: Booking) -> Response:
    return success(booking=_view(booking), message="Booking declined")


def _times_suggested(booking: Booking) -> Response:
    return success(booking=_view(booking), message="Alternative times suggested")


def _reschedule_proposed(booking: Booking) -> Response:
    return success(booking=_view(booking), message="Reschedule proposed")


def _called_off(cancelled: cancellations.CancelResult) -> Response:
    return success(
        booking=_view(cancelled.booking),
        message="Booking cancelled successfully",
        refund=refund_of(cancelled),
    )


class ProviderActions(Actions):
    """POST /api/bookings/:id/confirm, /decline, /suggest-times, /reschedule and /cancel-provider"""

    permission_classes = [ProviderOnly]

    @idempotent(replay=from_decision(_confirmed))
    def confirm(self, request: Request, booking_id: str) -> Response:
        """Say yes."""
        booking = _booking_to_fill(request, booking_id)
        note = read(NoteInput, body_of(request))["note"] or ""
        answered = answers.confirm_booking(
            booking_id=booking.id, note=note, actor=actor_of(request), budget=self.budget
        )
        return _confirmed(answered)

    @idempotent(replay=from_booking(_declined))
    def decline(self, request: Request, booking_id: str) -> Response:
        """Say no."""
        booking = visibility.booking_for(viewer_of(request), as_id(booking_id))
        reason = read_reason(body_of(request), "Decline reason is required")
        declined = answers.decline_booking(
            booking_id=booking.id, reason=reason, actor=actor_of(request), budget=self.budget
        )
        return _declined(declined)

    @idempotent(replay=from_booking(_times_suggested))
    def suggest_times(self, request: Request, booking_id: str) -> Response:
        """Say: at another time."""
        booking = _booking_to_fill(request, booking_id)
        starts, message = read_suggestions(body_of(request), booking.provider.zone)
        return _times_suggested(_suggest(request, booking, starts, message))

    @idempotent(replay=from_booking(_reschedule_proposed))
    def reschedule(self, request: Request, booking_id: str) -> Response:
        """Suggest one other time."""
        booking = _booking_to_fill(request, booking_id)
        starts, message = read_reschedule(body_of(request), booking.provider.zone)
        return _reschedule_proposed(_suggest(request, booking, starts, message))

    @idempotent(replay=from_cancellation(_called_off))
    def cancel(self, request: Request, booking_id: str) -> Response:
        """Call it off; the patient gets everything back."""
        booking = visibility.booking_for(viewer_of(request), as_id(booking_id))
        cancelled = cancellations.cancel_booking(
            booking_id=booking.id,
            to=State.CANCELLED_PROVIDER,
            reason=read_reason(body_of(request), "Cancellation reason is required"),
            actor=actor_of(request),
            budget=self.budget,
        )
        return _called_off(cancelled)


def _booking_to_fill(request: Request, booking_id: str) -> Booking:
    """One of its bookings, for a practice that may still give patients a time; said before the body is read."""
    booking = visibility.booking_for(viewer_of(request), as_id(booking_id))
    refuse_unless_approved(booking.provider)
    return booking


def _suggest(request: Request, booking: Booking, starts: list[datetime], message: str) -> Booking:
    return suggestions.suggest_times(booking_id=booking.id, starts=starts, message=message, actor=actor_of(request))
