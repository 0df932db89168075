"""Each move has its one line of history, and the history tells of all that became of the booking."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bookings.models import Booking, BookingEvent
from bookings.reconciliation.booking_page import BookingPage, about, payment_of
from bookings.reconciliation.finding import Finding
from bookings.states import MOVES, Role, State
from bookings.wire.times import span_view
from findr.api.times import instant
from findr.money import in_cents


def check_histories(page: BookingPage) -> Iterator[Finding]:
    """The lines form a chain of moves from nothing to the present state, and of times to the present one, and tell of all
    money given back.
    """
    for booking in page.bookings:
        events = page.events.get(booking.id, [])
        if wrong := _broken_chain(booking, events) or _broken_times(booking, events):
            yield about(booking, "history", wrong)
        payment, told = payment_of(booking), _given_back(events)
        if payment and payment.refunded_cents != told:
            yield about(booking, "history", f"tells of {told} cents given back, and {payment.refunded_cents} were")


def _broken_chain(booking: Booking, events: Sequence[BookingEvent]) -> str:
    at = ""
    for event in events:
        if event.old_state != at:
            return f"an event leaves {event.old_state}, the one before it arrived at {at}"
        if event.is_move and State(event.new_state) not in MOVES[State(event.old_state)]:
            return f"an event moves from {event.old_state} to {event.new_state}"
        at = event.new_state
    if at != booking.state:
        return f"is {booking.state}, its history ends at {at or 'nothing'}"
    rounds = sum(event.event_type == "reschedule_proposed" for event in events)
    if rounds != booking.rounds:
        return f"was answered with other times {booking.rounds} times, its history says {rounds}"
    return ""


def _broken_times(booking: Booking, events: Sequence[BookingEvent]) -> str:
    """Nothing but a `moved` line gives a visit another time once it is confirmed."""
    moves = [event.data for event in events if event.event_type == "moved"]
    for before, after in pairwise(moves):
        if after["from"] != before["to"]:
            return (
                f"the visit moves from {after['from']['startTime']}, the move before led to {before['to']['startTime']}"
            )
    if moves and moves[-1]["to"] != span_view(booking.start, booking.end):
        return f"begins at {instant(booking.start)}, it was last moved to {moves[-1]['to']['startTime']}"
    return ""


def _given_back(events: Sequence[BookingEvent]) -> int:
    """Cents that went back, less those of refunds that failed in the end."""
    cents = 0
    for event in events:
        if event.event_type == "payment_refunded":
            cents += in_cents(event.data.get("amount", 0))
        elif (event.event_type, event.actor_role, event.data.get("reason")) == ("note", Role.SYSTEM, "refund_failed"):
            cents -= in_cents(event.data.get("amount", 0))
    return cents
