"""Each move has its one line of history and its frames in the feed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from bookings.changes import ChangeKind, change_of
from bookings.effects import effects_of
from bookings.models import Booking, BookingEvent
from bookings.reconciliation.booking_page import BookingPage, about, payment_of
from bookings.reconciliation.finding import Finding
from bookings.states import MOVES, Role, State
from bookings.wire.times import span_view
from findr import clock
from findr.api.times import instant
from findr.money import in_cents
from notifications.models import FeedEvent

# A frame is written in the transaction of its line of history, after it.
_ONE_TRANSACTION = timedelta(minutes=1)
# A recipient, a booking, and the type of a frame.
Telling = tuple[UUID, UUID, str]


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


def check_feeds(page: BookingPage) -> Iterator[Finding]:
    """Each side was told of each move once, as long as the feed is kept. Who is owed what, `effects` knows."""
    since = clock.now() - timedelta(days=settings.FEED_DAYS)
    owed: Counter[Telling] = Counter()
    possible: Counter[Telling] = Counter()
    for booking in page.bookings:
        for event in page.events.get(booking.id, []):
            if event.created_at >= since - _ONE_TRANSACTION:
                tellings, is_certain = _tellings(booking, event)
                possible.update(tellings)
                owed.update(tellings if is_certain and event.created_at >= since else [])
    written = _written(set(possible), since)
    for booking in page.bookings:
        for telling in sorted(key for key in {*possible, *written} if key[1] == booking.id):
            number = written[telling]
            side = "the patient" if telling[0] == booking.patient_id else "the provider"
            if number < owed[telling]:
                yield about(booking, "feed", f"{side} was told {telling[2]} {number} of {owed[telling]} times")
            elif number > possible[telling]:
                yield about(booking, "feed", f"{side} was told {telling[2]} {number} times, not {possible[telling]}")


def _tellings(booking: Booking, event: BookingEvent) -> tuple[list[Telling], bool]:
    """What a line of history had to be told, and whether it surely was: of refunds only some are told."""
    change = change_of(event)
    if change is None:
        return [], True
    owed = effects_of(booking, change)
    sides = ((booking.patient_id, owed.patient_frame), (booking.provider_id, owed.provider_frame))
    is_certain = change.beside_moves != ChangeKind.REFUNDED
    return [(side, booking.id, kind) for side, kind in sides if kind], is_certain


def _written(tellings: set[Telling], since: datetime) -> Counter[Telling]:
    """How often each was written; types that no move owes are somebody else's."""
    if not tellings:
        return Counter()
    recipients, bookings, kinds = (set(column) for column in zip(*tellings, strict=True))
    frames = FeedEvent.objects.filter(
        recipient__in=recipients, booking_id__in=bookings, type__in=kinds, created_at__gte=since
    )
    counted = frames.order_by().values_list("recipient", "booking_id", "type").annotate(Count("id"))
    return Counter({(recipient, booking, kind): number for recipient, booking, kind, number in counted})
