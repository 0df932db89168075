"""View P: a booking as its patient sees it (contract 7)."""

from typing import Any

from bookings.selectors.views import BookingView
from bookings.states import Role
from bookings.wire.booking import shared_fields
from bookings.wire.both_sides import fields_of_both_sides
from bookings.wire.times import time_views
from providers.wire import address_object


def patient_view(shown: BookingView) -> dict[str, Any]:
    """View P."""
    booking, provider = shown.booking, shown.booking.provider
    return {
        **shared_fields(booking, Role.PATIENT),
        **fields_of_both_sides(shown),
        "userId": str(booking.patient_id),
        "providerId": str(booking.provider_id),
        "provider": {
            "_id": str(provider.id),
            "id": str(provider.id),
            "practiceName": provider.practice_name,
            "email": provider.email,
            "phone": provider.phone or None,
            "address": address_object(provider),
            "photos": provider.photos,
        },
        "paymentIntentId": booking.payment.intent_id,
        "suggestedTimes": time_views(shown.open_suggestions),
        "notes": booking.notes or None,
    }
