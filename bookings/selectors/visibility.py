"""Whose booking it is: what each viewer may open (contract 1, 3.2)."""

from uuid import UUID

from django.db.models import Q, QuerySet

from bookings.errors import BookingNotFound
from bookings.models import Booking
from bookings.states import CANCELLED, State
from findr.api.identity import Identity
from findr.errors import Forbidden
from findr.postgresql.compiled_queries import compiled


def with_parties(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Whose booking it is, at which practice, and its money, in the same statement."""
    return bookings.select_related("provider", "patient", "team_member", "payment")


def bookings_of_patient(patient_id: UUID) -> QuerySet[Booking]:
    """The patient's list: without those that were never secured and came to nothing."""
    came_to_nothing = Q(secured_at=None, state__in=[State.PAYMENT_FAILED, *CANCELLED])
    return Booking.objects.filter(patient_id=patient_id).exclude(came_to_nothing)


def bookings_of_provider(provider_id: UUID) -> QuerySet[Booking]:
    """What a practice may see: bookings secured by money, ever."""
    return Booking.objects.filter(provider_id=provider_id, secured_at__isnull=False)


def booking_for(viewer: Identity, booking_id: UUID) -> Booking:
    """One booking, for whoever may open it.

    Raises:
        BookingNotFound: it does not exist, or not for this viewer.
    """
    found: list[Booking] = []
    if viewer.kind == "patient":
        found = _of_patient(booking_id, viewer.user_id)
    elif viewer.kind == "provider" and viewer.provider_id:
        found = _of_provider(booking_id, viewer.provider_id)
    if not found:
        raise BookingNotFound
    return found[0]


@compiled
def _of_patient(booking_id: UUID, patient_id: UUID) -> QuerySet[Booking, Booking]:
    return with_parties(Booking.objects.filter(id=booking_id, patient_id=patient_id))


@compiled
def _of_provider(booking_id: UUID, provider_id: UUID) -> QuerySet[Booking, Booking]:
    return with_parties(bookings_of_provider(provider_id).filter(id=booking_id))


def own_booking(patient: Identity, booking_id: UUID) -> Booking:
    """One booking, for its patient to act on. That another patient has it is told, unlike what it is (contract 3.2).

    Raises:
        BookingNotFound: it does not exist. Forbidden: it is another patient's.
    """
    try:
        return booking_for(patient, booking_id)
    except BookingNotFound:
        if Booking.objects.filter(id=booking_id).exists():
            raise Forbidden from None
        raise
