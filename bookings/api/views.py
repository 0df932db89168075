"""The booking endpoints: read the input, call a service, show the result (contract 10.1, 10.2, 11.1-11.3, 12)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import selectors, wire
from bookings.actors import Actor
from bookings.api.inputs import (
    NoteInput,
    given_start,
    read_create,
    read_day_bound,
    read_reason,
    read_zone,
    refuse_other_patient,
)
from bookings.models import Booking
from bookings.services import answers, payments
from bookings.services.requests import Requested, Wish, request_booking
from bookings.states import BookingType, Role, State
from calendars.selectors import is_connected
from findr import clock
from findr.accounts.endpoint import EndpointSet
from findr.accounts.identity import viewer_of
from findr.accounts.permissions import PatientOnly, PatientOrProvider, ProviderOnly
from findr.api import limits
from findr.api.fields import as_id, read
from findr.api.http import body_of, success
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


class CreateBooking(EndpointSet):
    """POST /api/bookings"""

    permission_classes = [PatientOnly]
    failure: ClassVar[str] = "Failed to create booking"

    def count_call(self, request: Request) -> None:
        self.budget = Budget()
        super().count_call(request)

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


def _created(requested: Requested) -> Response:
    booking = requested.booking
    if requested.processing:
        status, message = 202, "Your payment is being processed."
    elif booking.state == State.PENDING_PAYMENT:
        status, message = 201, "Please authenticate your card to finish booking."
    elif booking.booking_type == BookingType.INSTANT:
        status, message = 201, "Appointment confirmed!"
    else:
        status, message = 201, wire.request_message(booking)
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
            return payments.gateway().retrieve(booking.payment.intent_id or "", seconds=seconds).client_secret
    except (VendorError, TemporarilyUnavailable):
        return None


class ProviderActions(EndpointSet):
    """POST /api/bookings/:id/confirm and /decline"""

    permission_classes = [ProviderOnly]

    def count_call(self, request: Request) -> None:
        self.budget = Budget()
        super().count_call(request)

    def confirm(self, request: Request, booking_id: str) -> Response:
        """Say yes."""
        booking = selectors.booking_for(viewer_of(request), as_id(booking_id))
        note = read(NoteInput, body_of(request))["note"] or ""
        answered = answers.confirm_booking(
            booking_id=booking.id, note=note, actor=actor_of(request), budget=self.budget
        )
        view = wire.provider_view(answered.booking)
        if answered.processing:
            return success(202, booking=view, message="Payment is being processed", processing=True)
        return success(booking=view, message="Booking confirmed")

    def decline(self, request: Request, booking_id: str) -> Response:
        """Say no."""
        booking = selectors.booking_for(viewer_of(request), as_id(booking_id))
        reason = read_reason(body_of(request), "Decline reason is required")
        declined = answers.decline_booking(
            booking_id=booking.id, reason=reason, actor=actor_of(request), budget=self.budget
        )
        return success(booking=wire.provider_view(declined), message="Booking declined")
