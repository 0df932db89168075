"""Every role at every endpoint: route -> who gets which answer, sent with an empty object. A new endpoint needs a row here."""

from contract.refusals import NO_TOKEN

BAD = (401, "Invalid token")
EXPIRED = (401, "Token expired")
FORBIDDEN = (403, "Unauthorized")
CALLERS = ("nobody", "forger", "late", "disabled", "patient", "provider", "staff")
STRANGERS = {"nobody": NO_TOKEN, "forger": BAD, "late": EXPIRED, "disabled": BAD}


def everybody(status, error=None):
    """A public endpoint: no token, a bad token, any token, all alike."""
    return dict.fromkeys(CALLERS, (status, error))


def only(*kinds, answer=(200, None)):
    """An endpoint for these kinds of token."""
    rest = dict.fromkeys(("patient", "provider", "staff"), FORBIDDEN)
    return {**STRANGERS, **rest, **dict.fromkeys(kinds, answer)}


NO_ENTRY = (404, "Notification not found")
NO_EMAIL = (400, "email is required")
MATRIX = {
    "POST /api/users/register": everybody(*NO_EMAIL),
    "POST /api/auth/register": everybody(*NO_EMAIL),
    "POST /api/users/login": everybody(*NO_EMAIL),
    "POST /api/auth/login": everybody(*NO_EMAIL),
    "POST /api/providers/login": everybody(*NO_EMAIL),
    "POST /api/admin/auth/login": everybody(*NO_EMAIL),
    "GET /api/users/me": only("patient"),
    "GET /api/providers/:provider_id": everybody(200),
    "POST /api/bookings": only("patient", answer=(400, "providerId is required")),
    "GET /api/users/me/bookings": only("patient"),
    "GET /api/bookings/user": only("patient"),
    "GET /api/bookings/user/:user_id": only("patient"),
    "GET /api/bookings/provider": only("provider"),
    "GET /api/bookings/provider/pending": only("provider"),
    "GET /api/bookings/provider/:provider_id": only("provider"),
    "GET /api/bookings/provider/:provider_id/pending": only("provider"),
    "GET /api/bookings/:booking_id": only("patient", "provider"),
    "GET /api/bookings/:booking_id/history": only("patient", "provider"),
    "POST /api/bookings/:booking_id/confirm": only("provider"),
    "POST /api/bookings/:booking_id/decline": only("provider", answer=(400, "Decline reason is required")),
    "POST /api/bookings/:booking_id/suggest-times": only(
        "provider", answer=(400, "At least one alternative time is required")
    ),
    "POST /api/bookings/:booking_id/reschedule": only("provider", answer=(400, "proposedStart is required")),
    "POST /api/bookings/:booking_id/cancel-provider": only("provider", answer=(400, "Cancellation reason is required")),
    "POST /api/bookings/:booking_id/accept-suggested-time": only(
        "patient", answer=(400, "suggestedTimeId is required")
    ),
    "POST /api/bookings/:booking_id/decline-suggested-times": only("patient"),
    "POST /api/bookings/:booking_id/accept-reschedule": only("patient", answer=(400, "No pending reschedule")),
    "POST /api/bookings/:booking_id/decline-reschedule": only("patient", answer=(400, "No pending reschedule")),
    "POST /api/bookings/:booking_id/cancel": only("patient"),
    "PUT /api/bookings/:booking_id/cancel": only("patient"),
    "POST /api/bookings/:booking_id/cancel-patient": only("patient"),
    "GET /api/bookings/:booking_id/cancellation-quote": only("patient"),
    "GET /api/availability/:provider_id": everybody(200),
    "GET /api/availability/:provider_id/explain": only("provider", "staff"),
    "POST /api/availability/verify-slot": everybody(400, "providerId is required"),
    "POST /api/bookings/reserve-slot": only("patient", answer=(400, "providerId is required")),
    "DELETE /api/bookings/reserve-slot/:reservation_id": only("patient", answer=(404, "Reservation not found")),
    "POST /api/calendar/google/notifications": everybody(404, "Not found"),
    "POST /api/calendar/microsoft/notifications": everybody(400, "value is invalid"),
    "POST /api/users/fcm-token": only("patient", "provider", answer=(400, "token is required")),
    "POST /api/users/devices": only("patient", "provider", answer=(400, "token is required")),
    "DELETE /api/users/devices/:address": only("patient", "provider"),
    "GET /api/notifications": only("patient", "provider"),
    "GET /api/notifications/user/:user_id": only("patient"),
    "GET /api/notifications/provider/:provider_id": only("provider"),
    "GET /api/notifications/unread-count/user/:user_id": only("patient"),
    "GET /api/notifications/unread-count/provider/:provider_id": only("provider"),
    "PATCH /api/notifications/read-all/user/:user_id": only("patient"),
    "PATCH /api/notifications/read-all/provider/:provider_id": only("provider"),
    "PATCH /api/notifications/:notification_id/read": only("patient", "provider", answer=NO_ENTRY),
    "DELETE /api/notifications/:notification_id": only("patient", "provider", answer=NO_ENTRY),
    "POST /api/payments/setup-intent": only("patient"),
    "GET /api/payments/methods": only("patient"),
    "DELETE /api/payments/methods/:method_id": only("patient", answer=(404, "Payment method not found")),
    "POST /api/payments/methods/:method_id/default": only("patient", answer=(404, "Payment method not found")),
    "POST /api/payments/webhook": everybody(400, "Invalid signature"),
    "GET /api/calendar/status/:provider_id": only("provider"),
    "GET /api/calendar/google/auth/:provider_id": only("provider"),
    "GET /api/calendar/microsoft/auth/:provider_id": only("provider"),
    # To the portal, whoever comes and with whatever.
    "GET /api/calendar/google/callback": everybody(302),
    "GET /api/calendar/microsoft/callback": everybody(302),
    "GET /api/calendar/calendars/:provider_id": only("provider"),
    "PUT /api/calendar/calendars/:provider_id": only("provider", answer=(400, "targetId is required")),
    "POST /api/calendar/disconnect/:provider_id": only("provider"),
    "POST /api/test-calendar-availability": only("staff", answer=(400, "providerId is required")),
    "POST /api/test-notification": only("staff", answer=(400, "userId is required")),
}
