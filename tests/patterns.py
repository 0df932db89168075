"""One booking of each kind, made by the product itself: what `grown` makes millions of. The product's own rows are the truth."""

from dataclasses import dataclass
from uuid import UUID

from acts import accept as accept_time
from acts import call_off, cancel, confirm, open_ones, suggest
from cast import booking_of, fresh, run_jobs, wish_at
from stripe_events import tell

from bookings import holds
from bookings.services.expiry import expire_overdue

# How long an ended one takes from its request until nothing moves any more.
DAYS = 11
# Of a thousand bookings of years gone by. A visit that has been stays `confirmed`.
SHARES = {
    "visited": 700,
    "accepted": 40,
    "cancelled": 70,
    "called off": 30,
    "declined": 70,
    "expired": 60,
    "withdrawn": 20,
    "card refused": 10,
}


@dataclass(frozen=True)
class Patterns:
    """Bookings to copy, all of one patient at one practice.

    Attributes:
        ended: by kind, with all that the product left of them; made some days ago.
        to_come, waiting: a confirmed visit a week ahead and a request, both made just now.
    """

    ended: dict[str, UUID]
    to_come: UUID
    waiting: UUID


def made(patient, practice, time):
    """Play each kind through; the clock is then some days further."""
    visits = {
        kind: _visit(patient, practice, hour) for hour, kind in enumerate(("visited", "cancelled", "called off"), 8)
    }
    requests = {
        kind: patient.has_asked(appointmentTime=f"{hour}:00")
        for hour, kind in enumerate(("accepted", "declined", "withdrawn", "expired"), 12)
    }
    refused = patient.asks(appointmentTime="16:00", paymentMethodId="pm_card_visa_chargeDeclined")
    assert refused.status == 402, refused.body
    for booking in (*visits.values(), *requests.values()):
        _hear(booking, time)
    time.passes(hours=1)
    done = [
        cancel(patient, visits["cancelled"]),
        call_off(practice, visits["called off"]),
        practice.post(f"/api/bookings/{requests['declined'].id}/decline", {"reason": "fully booked"}),
        cancel(patient, requests["withdrawn"]),
        suggest(practice, requests["accepted"]),
        accept_time(patient, requests["accepted"], open_ones(requests["accepted"])[0]),
    ]
    assert {answer.status for answer in done} == {200}, [answer.body for answer in done]
    run_jobs()
    time.passes(hours=24)
    assert expire_overdue().expired == [requests["expired"].id]
    run_jobs()
    time.passes(days=DAYS - 1)
    holds.delete_past_holds()
    ended = {kind: booking.id for kind, booking in (visits | requests).items()}
    ended["card refused"] = booking_of(refused).id
    to_come, waiting = _visit(patient, practice, 8), patient.has_asked(appointmentTime="09:00")
    for booking in (to_come, waiting):
        _hear(booking, time)
    run_jobs()
    return Patterns(ended, to_come.id, waiting.id)


def _hear(booking, time):
    """Stripe tells of its intent, once."""
    intent_id = fresh(booking.id).payment.intent_id
    tell("payment_intent.amount_capturable_updated", time.sandbox.stripe.intent(intent_id))


def _visit(patient, practice, hour):
    booking = patient.has_asked(**wish_at(hour=hour))
    assert confirm(practice, booking).status == 200
    return booking
