"""What a practice asks and does (contract 11)."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import selectors, wire
from bookings.api.inputs import (
    NoteInput,
    read_day_bound,
    read_reason,
    read_reschedule,
    read_suggestions,
)
from bookings.api.shared import BookingActions, actor_of, own_id, page_of, refund_of, status_asked
from bookings.models import Booking
from bookings.services import answers, cancellations, suggestions
from bookings.states import State
from calendars.selectors import is_connected
from findr.accounts.permissions import ProviderOnly
from findr.api.endpoint import EndpointSet
from findr.api.fields import read
from findr.api.http import body_of, success
from findr.api.paging import read_page
from providers.models import Provider


class ProviderBookings(EndpointSet):
    """GET /api/bookings/provider/:providerId and /pending"""

    permission_classes = [ProviderOnly]

    def list(self, request: Request, provider_id: str | None = None) -> Response:
        """The practice's bookings."""
        own = own_id(request, provider_id)
        provider = Provider.objects.only("timezone").get(id=own)
        page, words = read_page(request.query_params), request.query_params.get("status", "").strip()
        found = selectors.bookings_of_provider(own).filter(status_asked(words, "provider"), _dates(request, provider))
        rows, total = page_of(found, words, page)
        return success(
            bookings=[wire.provider_view(booking) for booking in rows],
            totalCount=total,
            urgentCount=selectors.urgent_count(own),
            metadata={
                "timezone": provider.timezone,
                "calendarIntegrated": is_connected(own),
                "notificationsEnabled": True,
            },
            pagination=page.describe(total),
        )

    def pending(self, request: Request, provider_id: str | None = None) -> Response:
        """What the practice has to answer."""
        rows = [wire.queued_view(booking) for booking in selectors.answer_queue(own_id(request, provider_id))]
        return success(bookings=rows, count=len(rows))


def _dates(request: Request, provider: Provider) -> Q:
    query, condition = request.query_params, Q()
    if first := read_day_bound(query, "startDate", provider.zone, whole_day=False):
        condition &= Q(start__gte=first)
    if last := read_day_bound(query, "endDate", provider.zone, whole_day=True):
        condition &= Q(start__lte=last)
    return condition


class ProviderActions(BookingActions):
    """POST /api/bookings/:id/confirm, /decline, /suggest-times, /reschedule and /cancel-provider"""

    permission_classes = [ProviderOnly]

    def confirm(self, request: Request, booking_id: str) -> Response:
        """Say yes."""
        booking = self.booking_of(request, booking_id)
        note = read(NoteInput, body_of(request))["note"] or ""
        answered = answers.confirm_booking(
            booking_id=booking.id, note=note, actor=actor_of(request), budget=self.budget
        )
        return _confirmed(answered)

    def confirm_again(self, request: Request, booking_id: UUID) -> Response:
        """As `confirm`."""
        return _confirmed(answers.standing(self.standing(request, booking_id), actor_of(request)))

    def decline(self, request: Request, booking_id: str) -> Response:
        """Say no."""
        booking = self.booking_of(request, booking_id)
        reason = read_reason(body_of(request), "Decline reason is required")
        declined = answers.decline_booking(
            booking_id=booking.id, reason=reason, actor=actor_of(request), budget=self.budget
        )
        return success(booking=wire.provider_view(declined), message="Booking declined")

    def decline_again(self, request: Request, booking_id: UUID) -> Response:
        """As `decline`."""
        return success(booking=wire.provider_view(self.standing(request, booking_id)), message="Booking declined")

    def suggest_times(self, request: Request, booking_id: str) -> Response:
        """Say: at another time."""
        booking = self.booking_of(request, booking_id)
        starts, message = read_suggestions(body_of(request), booking.provider.zone)
        return self._suggest(request, booking, starts, message, told="Alternative times suggested")

    def suggest_times_again(self, request: Request, booking_id: UUID) -> Response:
        """As `suggest_times`."""
        view = wire.provider_view(self.standing(request, booking_id))
        return success(booking=view, message="Alternative times suggested")

    def reschedule(self, request: Request, booking_id: str) -> Response:
        """Suggest one other time."""
        booking = self.booking_of(request, booking_id)
        starts, message = read_reschedule(body_of(request), booking.provider.zone)
        return self._suggest(request, booking, starts, message, told="Reschedule proposed")

    def reschedule_again(self, request: Request, booking_id: UUID) -> Response:
        """As `reschedule`."""
        return success(booking=wire.provider_view(self.standing(request, booking_id)), message="Reschedule proposed")

    def _suggest(
        self, request: Request, booking: Booking, starts: list[datetime], message: str, *, told: str
    ) -> Response:
        suggested = suggestions.suggest_times(
            booking_id=booking.id, starts=starts, message=message, actor=actor_of(request)
        )
        return success(booking=wire.provider_view(suggested), message=told)

    def cancel(self, request: Request, booking_id: str) -> Response:
        """Call it off; the patient gets everything back."""
        booking = self.booking_of(request, booking_id)
        cancelled = cancellations.cancel_booking(
            booking_id=booking.id,
            to=State.CANCELLED_PROVIDER,
            reason=read_reason(body_of(request), "Cancellation reason is required"),
            actor=actor_of(request),
            budget=self.budget,
        )
        return _called_off(cancelled)

    def cancel_again(self, request: Request, booking_id: UUID) -> Response:
        """As `cancel`."""
        return _called_off(cancellations.standing(self.standing(request, booking_id)))


def _confirmed(answered: answers.Answered) -> Response:
    view = wire.provider_view(answered.booking)
    if answered.processing:
        return success(202, booking=view, message="Payment is being processed", processing=True)
    return success(booking=view, message="Booking confirmed")


def _called_off(cancelled: cancellations.Cancelled) -> Response:
    return success(
        booking=wire.provider_view(cancelled.booking),
        message="Booking cancelled successfully",
        refund=refund_of(cancelled),
    )
