"""The booking endpoints: read the input, call a service, show the result (contract 10.1, 10.2, 11.1-11.3, 12)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import selectors, wire
from bookings.actors import Actor
from bookings.api.inputs import (
    CancelInput,
    NoteInput,
    given_start,
    read_choice,
    read_create,
    read_day_bound,
    read_reason,
    read_reschedule,
    read_suggestions,
    read_zone,
    refuse_other_patient,
)
from bookings.errors import BookingNotFound
from bookings.models import Booking
from bookings.services import answers, asking, cancellations, suggestions
from bookings.services.requests import Requested, Wish, refuse_if_it_came_to_nothing, request_booking
from bookings.states import BookingType, Role, State
from calendars.selectors import is_connected
from findr import clock
from findr.accounts.permissions import PatientOnly, PatientOrProvider, ProviderOnly
from findr.api import limits
from findr.api.endpoint import Actions, EndpointSet
from findr.api.fields import as_id, read
from findr.api.http import body_of, success
from findr.api.identity import viewer_of
from findr.api.paging import Page, read_page
from findr.errors import Forbidden, Invalid, TemporarilyUnavailable, VendorError
from findr.vendor_time import Budget, place
from providers.models import Provider
from providers.selectors import bookable_service, bookable_team_member


def actor_of(request: Request) -> Actor:
    """Who acts, and through which door: the mobile app or the portal."""
    identity = viewer_of(request)
    return Actor(Role(identity.kind), identity.user_id, "app" if identity.kind == "patient" else "web")


def own_id(request: Request, given: str | None) -> Any:
    """The token's own id; an id in the path must be the same (contract 3.2)."""
    if given is not None and as_id(given) != viewer_of(request).id:
        raise Forbidden
    return viewer_of(request).id


class CreateBooking(Actions):
    """POST /api/bookings"""

    permission_classes = [PatientOnly]
    failure: ClassVar[str] = "Failed to create booking"

    def create(self, request: Request) -> Response:
        """Ask for a visit."""
        patient, body = viewer_of(request), body_of(request)
        limits.count("create_booking", patient.limit_key)
        refuse_other_patient(body, patient.user_id)
        given = read_create(body)
        service = bookable_service(given["providerId"], given["serviceId"])
        provider = service.provider
        member_id = given["teamMemberId"]
        member = bookable_team_member(provider, member_id) if member_id else None
        if service.price_cents and not given["paymentMethodId"]:
            raise Invalid("paymentMethodId is required", paymentMethodId="paymentMethodId is required")
        wish = Wish(
            patient_id=patient.user_id,
            provider=provider,
            service=service,
            team_member=member,
            start=given_start(given["times"], provider.zone),
            payment_method_id=given["paymentMethodId"] or "",
            notes=given["notes"] or given["patientNotes"] or "",
            timezone=read_zone(request.headers.get("x-timezone", "")),
        )
        return _created(request_booking(wish, actor=actor_of(request), budget=self.budget))

    def create_again(self, request: Request, booking_id: UUID) -> Response:
        """The booking was made, and its maker did not live to say so."""
        booking = selectors.booking_for(viewer_of(request), booking_id)
        refuse_if_it_came_to_nothing(booking)
        waits = wire.payment_status(booking) == "requires_action"
        secret = _client_secret(booking) if waits else None
        processing = booking.state == State.PENDING_PAYMENT and not secret
        return _created(Requested(booking, client_secret=secret, processing=processing))


def _created(requested: Requested) -> Response:
    booking = requested.booking
    if requested.processing:
        status, message = 202, "Your payment is being processed."
    elif booking.state == State.PENDING_PAYMENT:
        status, message = 201, "Please authenticate your card to finish booking."
    else:
        status, message = 201, wire.created_message(booking)
    return success(
        status,
        booking=wire.patient_view(booking),
        bookingId=str(booking.id),
        isRequest=booking.booking_type != BookingType.INSTANT,
        bookingType=booking.booking_type,
        message=message,
        requiresAction=requested.client_secret is not None,
        clientSecret=requested.client_secret,
        processing=requested.processing,
    )


class PatientBookings(EndpointSet):
    """GET /api/bookings/user/:userId"""

    permission_classes = [PatientOnly]

    def list(self, request: Request, user_id: str | None = None) -> Response:
        """The patient's bookings."""
        patient_id = own_id(request, user_id)
        page, words = read_page(request.query_params), request.query_params.get("status", "").strip()
        found = selectors.bookings_of_patient(patient_id).filter(_status(words, "patient"))
        if request.query_params.get("upcoming") == "true":
            found = found.filter(selectors.with_status("upcoming", "patient", now=clock.now()))
        rows, total = _page_of(found, words, page)
        return success(
            bookings=[wire.patient_view(booking) for booking in rows], total=total, pagination=page.describe(total)
        )


class ProviderBookings(EndpointSet):
    """GET /api/bookings/provider/:providerId and /pending"""

    permission_classes = [ProviderOnly]

    def list(self, request: Request, provider_id: str | None = None) -> Response:
        """The practice's bookings."""
        own = own_id(request, provider_id)
        provider = Provider.objects.only("timezone").get(id=own)
        page, words = read_page(request.query_params), request.query_params.get("status", "").strip()
        found = selectors.bookings_of_provider(own).filter(_status(words, "provider"), _dates(request, provider))
        rows, total = _page_of(found, words, page)
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


def _status(words: str, audience: str) -> Q:
    return selectors.with_status(words, audience, now=clock.now()) if words else Q()


def _dates(request: Request, provider: Provider) -> Q:
    query, condition = request.query_params, Q()
    if first := read_day_bound(query, "startDate", provider.zone, whole_day=False):
        condition &= Q(start__gte=first)
    if last := read_day_bound(query, "endDate", provider.zone, whole_day=True):
        condition &= Q(start__lte=last)
    return condition


def _page_of(found: QuerySet[Booking], words: str, page: Page) -> tuple[list[Booking], int]:
    rows = selectors.in_order(selectors.with_everything(found), words)[page.offset : page.offset + page.limit]
    return list(rows), found.count()


class OneBooking(EndpointSet):
    """GET /api/bookings/:id and its history, for both sides of it."""

    permission_classes = [PatientOrProvider]

    def retrieve(self, request: Request, booking_id: str) -> Response:
        """The booking in the caller's view; the patient also gets what authentication needs."""
        booking = selectors.booking_for(viewer_of(request), as_id(booking_id))
        if viewer_of(request).kind == "provider":
            return success(booking=wire.provider_view(booking))
        waits = wire.payment_status(booking) == "requires_action"
        secret = _client_secret(booking) if waits else None
        return success(booking=wire.patient_view(booking), requiresAction=waits, clientSecret=secret)

    def history(self, request: Request, booking_id: str) -> Response:
        """What happened to the booking, oldest first."""
        events = selectors.history_for(viewer_of(request), as_id(booking_id))
        return success(events=[wire.event_view(event) for event in events])


def _client_secret(booking: Booking) -> str | None:
    """What the card holder authenticates with, asked of the vendor at this moment; None if it does not answer."""
    seconds = Budget().for_call(settings.MONEY_CALL_SECONDS)
    try:
        with place():
            return asking.gateway().retrieve(booking.payment.intent_id or "", seconds=seconds).client_secret
    except (VendorError, TemporarilyUnavailable):
        return None


class BookingActions(Actions):
    """The base of what people do to a booking."""

    def booking_of(self, request: Request, booking_id: str) -> Booking:
        """The booking that the call is about, if the caller may open it."""
        return selectors.booking_for(viewer_of(request), as_id(booking_id))

    def standing(self, request: Request, booking_id: UUID) -> Booking:
        """The booking as it stands, for a call that died after its change."""
        return selectors.booking_for(viewer_of(request), booking_id)


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
        refund=_refund_of(cancelled),
    )


def _refund_of(cancelled: cancellations.Cancelled) -> dict[str, Any]:
    return wire.refund_view(cancelled.booking, refund_cents=cancelled.refund_cents, settled=cancelled.settled)


class PatientActions(BookingActions):
    """What a patient does to a booking of theirs (contract 10.3-10.7)."""

    permission_classes = [PatientOnly]

    def booking_of(self, request: Request, booking_id: str) -> Booking:
        """The patient's own booking; another patient's is 403, not 404 (contract 3.2)."""
        try:
            return super().booking_of(request, booking_id)
        except BookingNotFound:
            if Booking.objects.filter(id=as_id(booking_id)).exists():
                raise Forbidden from None
            raise

    def accept_reschedule(self, request: Request, booking_id: str) -> Response:
        """Accept the one open suggestion."""
        booking = self.booking_of(request, booking_id)
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        answered = suggestions.accept_reschedule(booking_id=booking.id, actor=actor_of(request), budget=self.budget)
        return _accepted(answered, "Reschedule accepted")

    def accept_reschedule_again(self, request: Request, booking_id: UUID) -> Response:
        """As `accept_reschedule`."""
        return _accepted(self._stands(request, booking_id), "Reschedule accepted")

    def _stands(self, request: Request, booking_id: UUID) -> answers.Answered:
        return answers.standing(self.standing(request, booking_id), actor_of(request))

    def decline_reschedule(self, request: Request, booking_id: str) -> Response:
        """Decline the one open suggestion: the request is over."""
        return self._decline(request, booking_id, "Reschedule declined, booking cancelled", only_open=True)

    def decline_reschedule_again(self, request: Request, booking_id: UUID) -> Response:
        """As `decline_reschedule`."""
        declined = cancellations.standing(self.standing(request, booking_id))
        return _declined(declined, "Reschedule declined, booking cancelled")

    def _decline(self, request: Request, booking_id: str, message: str, *, only_open: bool) -> Response:
        booking = self.booking_of(request, booking_id)
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        declined = suggestions.decline_suggested_times(
            booking_id=booking.id, actor=actor_of(request), budget=self.budget, only_open=only_open
        )
        return _declined(declined, message)

    def cancel(self, request: Request, booking_id: str) -> Response:
        """Call it off, for a fee if it is late."""
        booking = self.booking_of(request, booking_id)
        cancelled = cancellations.cancel_booking(
            booking_id=booking.id,
            to=State.CANCELLED_PATIENT,
            reason=read(CancelInput, body_of(request))["reason"] or "",
            actor=actor_of(request),
            budget=self.budget,
        )
        return _cancelled(cancelled)

    def cancel_again(self, request: Request, booking_id: UUID) -> Response:
        """As `cancel`."""
        return _cancelled(cancellations.standing(self.standing(request, booking_id)))

    def quote(self, request: Request, booking_id: str) -> Response:
        """What cancelling would cost now. A question, not an action: another patient's booking is 404."""
        booking = super().booking_of(request, booking_id)
        return success(**wire.quote_view(booking, cancellations.quote(booking)))


def _cancelled(cancelled: cancellations.Cancelled) -> Response:
    refund = _refund_of(cancelled)
    return success(
        message="Booking cancelled",
        booking=wire.patient_view(cancelled.booking),
        feeCharged=refund["feeAmount"],
        refundAmount=refund["amount"],
        refund=refund,
    )


def _declined(declined: cancellations.Cancelled, message: str) -> Response:
    if not declined.settled:
        message = message.replace("hold released", "hold will be released")
    return success(booking=wire.patient_view(declined.booking), message=message, refundAmount=0)


def _accepted(answered: answers.Answered, message: str) -> Response:
    view = wire.patient_view(answered.booking)
    if answered.processing:
        return success(202, booking=view, message="Your payment is being processed.", processing=True)
    return success(booking=view, message=message)


class AcceptSuggestedTime(PatientActions):
    """POST /api/bookings/:id/accept-suggested-time"""

    failure: ClassVar[str] = "Failed to accept suggested time"

    def accept(self, request: Request, booking_id: str) -> Response:
        """Accept one of the suggested times."""
        booking = self.booking_of(request, booking_id)
        suggestion_id, start = read_choice(body_of(request), booking.provider.zone)
        answered = suggestions.accept_suggested_time(
            booking_id=booking.id,
            suggestion_id=suggestion_id,
            start=start,
            actor=actor_of(request),
            budget=self.budget,
        )
        return _accepted(answered, "Time accepted! Booking confirmed.")

    def accept_again(self, request: Request, booking_id: UUID) -> Response:
        """As `accept`."""
        return _accepted(self._stands(request, booking_id), "Time accepted! Booking confirmed.")


NONE_SUITS = "Booking request cancelled. Payment hold released."


class DeclineSuggestedTimes(PatientActions):
    """POST /api/bookings/:id/decline-suggested-times"""

    failure: ClassVar[str] = "Failed to decline suggested times"

    def decline(self, request: Request, booking_id: str) -> Response:
        """None of them suits: the request is over."""
        return self._decline(request, booking_id, NONE_SUITS, only_open=False)

    def decline_again(self, request: Request, booking_id: UUID) -> Response:
        """As `decline`."""
        return _declined(cancellations.standing(self.standing(request, booking_id)), NONE_SUITS)
