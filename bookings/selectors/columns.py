"""The columns that a list of bookings is shown from (contract 7): the rest of a row is read by nobody there.

What a view begins to say is named here as well; a row that has to ask for it later fails the statement tests.
"""

from django.db.models import QuerySet

from bookings.models import Booking

_BOOKING = (
    *("number", "state", "booking_type", "service_id", "service_name", "service_category", "price_cents"),
    *("duration_minutes", "patient_timezone", "notes", "patient_id", "provider_id"),
    *("start", "end", "requested_start", "requested_end", "confirmed_start", "confirmed_end", "requested_at"),
    *("expires_at", "rounds", "suggested_at", "suggestion_message"),
    *("confirmation_note", "confirmed_at", "declined_at", "decline_reason"),
    *("cancelled_at", "cancelled_by", "cancellation_reason"),
    *("checked_in_at", "completed_at", "created_at", "updated_at"),
)
_PAYMENT = ("state", "refunded_cents", "intent_id")
_TEAM_MEMBER = ("name", "title")
_PATIENT = ("email", "first_name", "last_name", "phone", "photo_url")
_PROVIDER = ("practice_name", "email", "phone", "street", "suite", "city", "region", "zip_code", "photos", "timezone")
_BESIDE = {"payment": _PAYMENT, "team_member": _TEAM_MEMBER, "patient": _PATIENT, "provider": _PROVIDER}


def with_columns(bookings: QuerySet[Booking], *sides: str) -> QuerySet[Booking]:
    """These bookings with their money, who was asked for by name, and these sides: whoever asks may know their own."""
    beside = ["payment", "team_member", *sides]
    named = [f"{name}__{column}" for name in beside for column in _BESIDE[name]]
    return bookings.select_related(*beside).only(*_BOOKING, *named)
