"""Everything that matters of a situation, free of ids and moments, so that two runs can be held against each other."""

from calendar_accounts import CAL
from django.db import connection
from reliability import times_told

from bookings.models import Booking, PaymentOperation, TimeHold
from calendars.models import CalendarEvent
from notifications.models import Delivery, FeedEvent, Notification


def told(sandbox):
    """Bookings, money on both sides, history, feeds and holds; what is still to be done closes it."""
    intents = sandbox.stripe.ledger()["payment_intents"].values()
    events = [one for vendor in (sandbox.google, sandbox.microsoft) for one in vendor.events(CAL)]
    return {
        "bookings": [
            _booking(booking, intents, events)
            for booking in Booking.objects.select_related("payment").order_by("created_at")
        ],
        "to do": [
            *sorted(PaymentOperation.objects.filter(state="pending").values_list("kind", flat=True)),
            *CalendarEvent.objects.exclude(state="synced").values_list("state", flat=True),
            *Delivery.objects.filter(transport="mail", state="waiting").values_list("kind", flat=True),
            *times_told.to_do(sandbox),
            *jobs_to_do(),
        ],
        "times": times_told.kept(),
        "strays": sum(not Booking.objects.filter(id=intent["metadata"].get("booking")).exists() for intent in intents),
    }


def _booking(booking, intents, events):
    payment = booking.payment
    mine = [one for one in intents if one["metadata"].get("booking") == str(booking.id)]
    return {
        "state": booking.state,
        "payment": payment.state,
        "cents": (payment.captured_cents, payment.refunded_cents, booking.fee_cents),
        "Stripe": [(one["status"], one["amount_capturable"], one["amount_received"], _refunded(one)) for one in mine],
        "history": list(booking.events.values_list("event_type", "new_state", "actor_role")),
        "patient's feed": _feed(booking.patient_id, booking),
        "practice's feed": _feed(booking.provider_id, booking),
        "patient's notifications": _notified(booking.patient_id, booking),
        "practice's notifications": _notified(booking.provider_id, booking),
        "mails": sorted(Delivery.objects.filter(booking_id=booking.id, transport="mail").values_list("kind", "state")),
        "in calendars": [_standing(one) for one in events if booking.number in one["description"]],
        "holds": sorted(TimeHold.objects.filter(owner=booking.id).values_list("kind", flat=True)),
    }


def _standing(event):
    return "gone" if event["status"] == "cancelled" else "stands"


def _refunded(intent):
    charge = intent.get("latest_charge")
    return charge["amount_refunded"] if isinstance(charge, dict) else intent.get("amount_refunded", 0)


def _feed(recipient, booking):
    events = FeedEvent.objects.filter(recipient=recipient, booking_id=booking.id)
    return [(one.type, one.frame.get("status"), one.frame.get("paymentStatus")) for one in events]


def _notified(recipient, booking):
    told = Notification.objects.filter(recipient=recipient, booking_id=booking.id)
    return sorted(told.values_list("type", flat=True))


def jobs_to_do():
    """The names of the jobs that wait or are being run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status IN ('todo', 'doing') ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def differences(one, other):
    """Where two stories part, for a failing test's message."""
    found = {name: (one[name], other[name]) for name in ("to do", "times", "strays") if one[name] != other[name]}
    if len(one["bookings"]) != len(other["bookings"]):
        return {**found, "number of bookings": (len(one["bookings"]), len(other["bookings"]))}
    for mine, its in zip(one["bookings"], other["bookings"], strict=True):
        found |= {name: (mine[name], its[name]) for name in mine if mine[name] != its[name]}
    return found
