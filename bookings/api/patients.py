"""What a patient asks and does (contract 10)."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.inputs.choice import read_choice
from bookings.api.inputs.create import given_start, read_create, read_zone, refuse_other_patient
from bookings.api.inputs.remarks import CancelInput
from bookings.api.shared import actor_of, from_cancellation, from_decision, own_id, refund_of
from bookings.models import Booking
from bookings.selectors import lists, visibility
from bookings.selectors.offers import offer_of
from bookings.selectors.views import view_of, views_of
from bookings.services import accepted_suggestions, answers, cancellations, checkouts, declined_suggestions
from bookings.services.booking_request import BookingRequest
from bookings.services.requests import CreateResult, request_booking
from bookings.states import BookingType, Role, State
from bookings.wire.messages import created_message, declined_message
from bookings.wire.patient_view import patient_view
from bookings.wire.refunds import quote_view
from findr.accounts.permissions import PatientOnly
from findr.api.actions import Actions, idempotent
from findr.api.endpoint import EndpointSet
from findr.api.fields import as_id, read
from findr.api.http import body_of, header, success
from findr.api.identity import viewer_of
from findr.api.paging import read_page
from findr.errors import Invalid
from providers.selectors import bookable_team_member


def _view(booking: Booking) -> dict[str, Any]:
    return patient_view(view_of(booking, Role.PATIENT))


def _created(requested: CreateResult) -> Response:
    booking = requested.booking
    if requested.processing:
        status, message = 202, "Your payment is being processed."
    elif booking.state == State.PENDING_PAYMENT:
        status, message = 201, "Please authenticate your card to finish booking."
    else:
        status, message = 201, created_message(booking)
    return success(
        status,
        booking=_view(booking),
        bookingId=str(booking.id),
        isRequest=booking.booking_type != BookingType.INSTANT,
        bookingType=booking.booking_type,
        message=message,
        requiresAction=requested.client_secret is not None,
        clientSecret=requested.client_secret,
        processing=requested.processing,
    )


class CreateBooking(Actions):
    """POST /api/bookings"""

    permission_classes = [PatientOnly]
    failure: ClassVar[str] = "Failed to create booking"
    own_limit: ClassVar[str] = "create_booking"

    def result_of_create(self, request: Request, booking_id: UUID) -> Response:
        """What has come of a request whose maker did not live to answer."""
        booking = visibility.booking_for(viewer_of(request), booking_id)
        return _created(checkouts.result_of(booking, budget=self.budget))

    @idempotent(replay=result_of_create)
    def create(self, request: Request) -> Response:
        """Ask for a visit."""
        patient, body = viewer_of(request), body_of(request)
        self.refuse_too_many()
        refuse_other_patient(body, patient.user_id)
        given = read_create(body)
        offer = offer_of(given["providerId"], given["serviceId"])
        service, provider = offer.service, offer.service.provider
        member_id = given["teamMemberId"]
        member = bookable_team_member(provider, member_id) if member_id else None
        if service.price_cents and not given["paymentMethodId"]:
            raise Invalid("paymentMethodId is required", paymentMethodId="paymentMethodId is required")
        asked = BookingRequest(
            patient_id=patient.user_id,
            provider=provider,
            service=service,
            team_member=member,
            start=given_start(given["times"], provider.zone),
            payment_method_id=given["paymentMethodId"] or "",
            notes=given["notes"] or given["patientNotes"] or "",
            timezone=read_zone(header(request, "x-timezone") or ""),
            reservation_id=given["reservationId"],
            has_calendar=offer.has_calendar,
        )
        return _created(request_booking(asked, actor=actor_of(request), budget=self.budget))


class PatientBookings(EndpointSet):
    """GET /api/bookings/user/:userId"""

    permission_classes = [PatientOnly]

    def list(self, request: Request, user_id: str | None = None) -> Response:
        """The patient's bookings."""
        patient_id = own_id(request, user_id)
        page, words = read_page(request.query_params), request.query_params.get("status", "").strip()
        is_upcoming = request.query_params.get("upcoming") == "true"
        found, total = lists.list_of_patient(patient_id, words, page, is_upcoming=is_upcoming)
        shown = views_of(found, Role.PATIENT)
        return success(bookings=[patient_view(one) for one in shown], total=total, pagination=page.describe(total))


def _cancelled(cancelled: cancellations.CancelResult) -> Response:
    refund = refund_of(cancelled)
    return success(
        message="Booking cancelled",
        booking=_view(cancelled.booking),
        feeCharged=refund["feeAmount"],
        refundAmount=refund["amount"],
        refund=refund,
    )


def _times_declined(declined: cancellations.CancelResult) -> Response:
    return _declined(declined, declined_message(released=declined.settled))


def _reschedule_declined(declined: cancellations.CancelResult) -> Response:
    return _declined(declined, "Reschedule declined, booking cancelled")


def _declined(declined: cancellations.CancelResult, message: str) -> Response:
    return success(booking=_view(declined.booking), message=message, refundAmount=0)


def _time_accepted(answered: answers.DecisionResult) -> Response:
    return _accepted(answered, "Time accepted! Booking confirmed.")


def _reschedule_accepted(answered: answers.DecisionResult) -> Response:
    return _accepted(answered, "Reschedule accepted")


def _accepted(answered: answers.DecisionResult, message: str) -> Response:
    view = _view(answered.booking)
    if answered.processing:
        return success(202, booking=view, message="Your payment is being processed.", processing=True)
    return success(booking=view, message=message)


class PatientActions(Actions):
    """What a patient does to a booking of theirs (contract 10.3-10.7)."""

    permission_classes = [PatientOnly]

    @idempotent(replay=from_decision(_reschedule_accepted))
    def accept_reschedule(self, request: Request, booking_id: str) -> Response:
        """Accept the one open suggestion."""
        booking = visibility.own_booking(viewer_of(request), as_id(booking_id))
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        answered = accepted_suggestions.accept_reschedule(
            booking_id=booking.id, actor=actor_of(request), budget=self.budget
        )
        return _reschedule_accepted(answered)

    @idempotent(replay=from_cancellation(_reschedule_declined))
    def decline_reschedule(self, request: Request, booking_id: str) -> Response:
        """Decline the one open suggestion: the request is over."""
        return _reschedule_declined(self._decline(request, booking_id, only_open=True))

    def _decline(self, request: Request, booking_id: str, *, only_open: bool) -> cancellations.CancelResult:
        booking = visibility.own_booking(viewer_of(request), as_id(booking_id))
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        return declined_suggestions.decline_suggested_times(
            booking_id=booking.id, actor=actor_of(request), budget=self.budget, only_open=only_open
        )

    @idempotent(replay=from_cancellation(_cancelled))
    def cancel(self, request: Request, booking_id: str) -> Response:
        """Call it off, for a fee if it is late."""
        booking = visibility.own_booking(viewer_of(request), as_id(booking_id))
        cancelled = cancellations.cancel_booking(
            booking_id=booking.id,
            to=State.CANCELLED_PATIENT,
            reason=read(CancelInput, body_of(request))["reason"] or "",
            actor=actor_of(request),
            budget=self.budget,
        )
        return _cancelled(cancelled)

    def quote(self, request: Request, booking_id: str) -> Response:
        """What cancelling would cost now. A question, not an action: another patient's booking is 404."""
        booking = visibility.booking_for(viewer_of(request), as_id(booking_id))
        return success(**quote_view(booking, cancellations.quote(booking)))


class AcceptSuggestedTime(PatientActions):
    """POST /api/bookings/:id/accept-suggested-time"""

    failure: ClassVar[str] = "Failed to accept suggested time"

    @idempotent(replay=from_decision(_time_accepted))
    def accept(self, request: Request, booking_id: str) -> Response:
        """Accept one of the suggested times."""
        booking = visibility.own_booking(viewer_of(request), as_id(booking_id))
        suggestion_id, start = read_choice(body_of(request), booking.provider.zone)
        answered = accepted_suggestions.accept_suggested_time(
            booking_id=booking.id,
            suggestion_id=suggestion_id,
            start=start,
            actor=actor_of(request),
            budget=self.budget,
        )
        return _time_accepted(answered)


class DeclineSuggestedTimes(PatientActions):
    """POST /api/bookings/:id/decline-suggested-times"""

    failure: ClassVar[str] = "Failed to decline suggested times"

    @idempotent(replay=from_cancellation(_times_declined))
    def decline(self, request: Request, booking_id: str) -> Response:
        """None of them suits: the request is over."""
        return _times_declined(self._decline(request, booking_id, only_open=False))
