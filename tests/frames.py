"""The frames of the feed as the contract has them, and what both sides hear (15.3-15.6)."""

import re

from acts import suggest, wall
from cast import fresh

from bookings.selectors.views import view_of
from bookings.states import Role
from bookings.wire.provider_view import provider_view
from findr.api.times import instant

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def feed(person, since=0, **query):
    path = f"/api/notifications?since={since}" + "".join(f"&{name}={value}" for name, value in query.items())
    answer = person.get(path)
    assert answer.status == 200, answer.body
    return answer.body


def bare(frames, since):
    assert [frame["seq"] for frame in frames] == list(range(since + 1, since + 1 + len(frames)))
    for frame in frames:
        assert UUID.fullmatch(frame.pop("eventId"))
        assert INSTANT.fullmatch(frame.pop("timestamp"))
        del frame["seq"]
    return frames


def to_patient(booking, kind, message, /, **data):
    """A flat frame (15.4) of the booking as it is now."""
    now = fresh(booking.id)
    waiting = now.state in ("pending_payment", "pending_confirmation", "reschedule_proposed", "confirming")
    word = "pending" if waiting else "cancelled" if now.state.startswith("cancelled") else now.state
    return {
        "type": kind,
        "bookingId": str(booking.id),
        "status": word,
        "state": now.state,
        "message": message,
        "data": data,
    }


def with_view(booking, kind, **extra):
    """A dotted frame (15.5) with the whole view V of the booking as it is now."""
    return {
        "type": kind,
        "data": {**provider_view(view_of(fresh(booking.id), Role.PROVIDER)), "bookingId": str(booking.id)},
        **extra,
    }


def over(booking, by, reason):
    ids = dict.fromkeys(("_id", "id", "bookingId"), str(booking.id))
    state = fresh(booking.id).state
    about = {"status": state, "state": state, "bookingNumber": booking.number, "cancelledBy": by, "reason": reason}
    return {"type": "booking.cancelled", "data": {**ids, **about}}


def appointment(booking, note=None):
    now = fresh(booking.id)
    return {
        "appointmentDate": instant(now.start),
        "appointmentTime": "10:00 AM",
        "providerTimezone": "America/Denver",
        "providerName": "Ridge Physical Therapy",
        "confirmationNote": note,
    }


def confirmed(booking, note=None):
    message = "Your appointment has been confirmed"
    return [
        [to_patient(booking, "booking_confirmed", message, **appointment(booking, note))],
        [with_view(booking, "booking.confirmed")],
    ]


def needs_payment(booking, reason):
    expires = instant(fresh(booking.id).expires_at)
    return to_patient(booking, "payment_required", "Your payment needs attention", reason=reason, expiresAt=expires)


def path(booking, action):
    return f"/api/bookings/{booking.id}/{action}"


def has_suggested(provider, booking, days=8):
    assert suggest(provider, booking, wall(days), message="later?").status == 200
