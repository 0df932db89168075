"""Which times can be had, and keeping one of them for a while (contract 16)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.api.inputs.availability import DayAsked, read_day, read_reservation, read_slot
from bookings.availability.day import LaneDay, Slot, day_of, first_available, verify
from bookings.availability.facts import lane_of, lanes_of, own_lane
from bookings.availability.schedule import Lane
from bookings.models import Reservation
from bookings.services import reservations
from bookings.services.reservations import ReservationRequest
from findr import clock
from findr.accounts.permissions import PatientOnly, ProviderOrStaff
from findr.accounts.views import PublicEndpoint
from findr.api.actions import Actions, idempotent
from findr.api.endpoint import Endpoint
from findr.api.fields import as_id
from findr.api.http import body_of, success
from findr.api.identity import known_viewer_of, viewer_of
from findr.api.times import instant
from findr.errors import Forbidden
from providers.models import Provider
from providers.selectors import bookable_provider, bookable_service, bookable_team_member


class Availability(PublicEndpoint):
    """GET /api/availability/:providerId"""

    def get(self, request: Request, provider_id: str) -> Response:
        """The free times of a day."""
        asked = read_day(request.query_params)
        provider = bookable_provider(as_id(provider_id))
        days = _days(provider, asked)
        if asked.mode == "first_available":
            slots = [{**_slot(slot), **_whose(day)} for slot, day in first_available(days)]
            return success(**_heading(provider, asked), mode=asked.mode, slots=slots)
        lanes = [{**_lane(day), "slots": [_slot(slot) for slot in day.free]} for day in days]
        return success(**_heading(provider, asked), mode=asked.mode, availability=lanes)


class Explanation(Endpoint):
    """GET /api/availability/:providerId/explain: why a time is not offered. Nothing of whose visit or event it is."""

    permission_classes = [ProviderOrStaff]

    def get(self, request: Request, provider_id: str) -> Response:
        """Every grid time of a day, each with its reason."""
        viewer, identifier = viewer_of(request), as_id(provider_id)
        if viewer.kind == "provider" and viewer.provider_id != identifier:
            raise Forbidden
        asked = read_day(request.query_params)
        provider = bookable_provider(identifier)
        lanes = [
            {**_lane(day), "times": [_slot(slot) for slot in day.slots], "counts": _counts(day)}
            for day in _days(provider, asked)
        ]
        return success(**_heading(provider, asked), lanes=lanes)


class VerifySlot(PublicEndpoint):
    """POST /api/availability/verify-slot"""

    def post(self, request: Request) -> Response:
        """Whether one time can be had, on the grid or not."""
        asked = read_slot(body_of(request))
        provider = bookable_provider(asked.provider_id)
        start, length = asked.start_in(provider.zone), timedelta(minutes=asked.minutes)
        viewer = known_viewer_of(request)
        patient_id = viewer.user_id if viewer and viewer.kind == "patient" else None
        lane = _named_lane(provider, asked.member_id)
        if reason := verify(provider, lane, start, length=length, patient_id=patient_id):
            return success(available=False, reason=reason.value)
        ends = (start + length).astimezone(provider.zone)
        return success(
            available=True,
            slot={"startTime": _wall(start.astimezone(provider.zone)), "endTime": _wall(ends), "available": True},
        )


class Reservations(Actions):
    """POST /api/bookings/reserve-slot, DELETE /api/bookings/reserve-slot/:reservationId"""

    permission_classes = [PatientOnly]

    def result_of_reserve(self, request: Request, reservation_id: UUID) -> Response:
        """What a reservation has come to whose maker did not live to answer."""
        return _reserved(reservations.reservation_of(reservation_id, viewer_of(request).user_id))

    @idempotent(replay=result_of_reserve)
    def reserve(self, request: Request) -> Response:
        """Keep a time."""
        asked = read_reservation(body_of(request))
        if asked.service_id:
            service = bookable_service(asked.provider_id, asked.service_id)
            provider, minutes = service.provider, service.duration_minutes
        else:
            provider, minutes = bookable_provider(asked.provider_id), asked.minutes or 0
        reservation = reservations.reserve_time(
            ReservationRequest(
                patient_id=viewer_of(request).user_id,
                provider=provider,
                member=bookable_team_member(provider, asked.member_id) if asked.member_id else None,
                start=asked.start.resolve(provider.zone),
                length=timedelta(minutes=minutes),
            )
        )
        return _reserved(reservation)

    def release(self, request: Request, reservation_id: str) -> Response:
        """Let it go."""
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        reservations.release_reservation(as_id(reservation_id), viewer_of(request).user_id)
        return success(message="Reservation released")


def _reserved(reservation: Reservation) -> Response:
    left = reservation.expires_at - clock.now()
    return success(
        201,
        reservationId=str(reservation.id),
        expiresAt=instant(reservation.expires_at),
        remainingSeconds=max(0, round(left.total_seconds())),
    )


def _days(provider: Provider, asked: DayAsked) -> list[LaneDay]:
    lanes = [_named_lane(provider, asked.member_id)] if asked.member_id else lanes_of(provider)
    return day_of(provider, lanes, asked.day_in(provider.zone), length=asked.length)


def _named_lane(provider: Provider, member_id: UUID | None) -> Lane:
    return lane_of(bookable_team_member(provider, member_id)) if member_id else own_lane(provider)


def _heading(provider: Provider, asked: DayAsked) -> dict[str, Any]:
    return {
        "providerId": str(provider.id),
        "date": asked.day_in(provider.zone).isoformat(),
        "duration": asked.minutes,
        "timezone": provider.timezone,
    }


def _lane(day: LaneDay) -> dict[str, Any]:
    return {**_whose(day), "title": day.schedule.lane.title, "calendarConnected": day.schedule.is_connected}


def _whose(day: LaneDay) -> dict[str, Any]:
    lane = day.schedule.lane
    return {
        "teamMemberId": str(lane.member_id) if lane.member_id else None,
        "teamMemberName": lane.name,
        "bookingMode": day.schedule.booking_mode.value,
    }


def _slot(slot: Slot) -> dict[str, Any]:
    return {
        "startTime": _wall(slot.start),
        "endTime": _wall(slot.end),
        "available": slot.reason is None,
        "reason": slot.reason.value if slot.reason else None,
    }


def _counts(day: LaneDay) -> dict[str, int]:
    return dict(Counter(slot.reason.value for slot in day.slots if slot.reason))


def _wall(local: datetime) -> str:
    return f"{local:%H:%M}"
