"""The books must balance at any moment: bookings, payments, time holds and the vendor, held against each other (design 6).

Each check yields findings, one for each broken invariant. An open operation younger than its grace is a legal state of
its own: somebody is at work on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from bookings.models import Booking, BookingEvent, Payment, PaymentOperation, SuggestedTime, TimeHold
from bookings.payments.base import Intent, IntentStatus
from bookings.services.payments import CLOCK_SKEW, gateway
from bookings.states import CANCELLED, LEGAL_PAIRS, VISITS, WAITING, BookingType, PaymentState, State
from findr import clock

_HELD = (PaymentState.HELD, PaymentState.CAPTURING)
_SUGGESTED = Q(state__in=[State.RESCHEDULE_PROPOSED, State.CONFIRMING])
_NOTHING_LEFT = (IntentStatus.CANCELED, IntentStatus.REQUIRES_PAYMENT_METHOD)


@dataclass(frozen=True)
class Finding:
    """One broken invariant: which, of what, and what is wrong with it."""

    invariant: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject}: {self.detail}"


def check_books(*, with_vendor: bool = True) -> list[Finding]:
    """Every broken invariant; empty when the books balance.

    Args:
        with_vendor: also hold the payments against what Stripe knows.

    Raises:
        VendorError: the vendor does not answer.
    """
    findings = [
        *_pairs(),
        *_histories(),
        *_overlaps(),
        *_holds_without_reason(),
        *_visits_without_hold(),
        *_suggestions(),
        *_amounts(),
        *_fees(),
        *_feeds(),
        *_unfinished_operations(),
    ]
    return [*findings, *_vendor()] if with_vendor else findings


def _pairs() -> Iterator[Finding]:
    for number, state in Booking.objects.filter(payment=None).values_list("number", "state"):
        yield Finding("pair", number, f"{state} without a payment")
    pairs = Payment.objects.values_list("booking__number", "booking__state", "state")
    for number, state, payment in pairs.iterator():
        if (State(state), PaymentState(payment)) not in LEGAL_PAIRS:
            yield Finding("pair", number, f"{state} beside {payment}")


def _histories() -> Iterator[Finding]:
    """Each move has its one history row: the rows form a chain from nothing to the present state."""
    last: dict[UUID, str] = {}
    events = BookingEvent.objects.order_by("id").values_list("booking_id", "booking__number", "old_state", "new_state")
    for booking_id, number, old, new in events.iterator():
        if old != last.get(booking_id, ""):
            yield Finding("history", number, f"an event leaves {old}, the one before it arrived at {last[booking_id]}")
        last[booking_id] = new
    for booking_id, number, state in Booking.objects.values_list("id", "number", "state").iterator():
        if last.get(booking_id) != state:
            yield Finding("history", number, f"is {state}, its history ends at {last.get(booking_id)}")


def _overlaps() -> Iterator[Finding]:
    """No two strangers share a time. The constraint says so too; this asks without trusting it."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT a.owner, b.owner, a.during FROM bookings_timehold a JOIN bookings_timehold b
            ON a.lane = b.lane AND a.owner < b.owner AND a.during && b.during
        """)
        for one, other, during in cursor.fetchall():
            yield Finding("overlap", str(one), f"shares {during} with {other}")


def _reasons() -> dict[TimeHold.Kind, Q]:
    """Which bookings may hold time of each kind."""
    instant = Q(state=State.PENDING_PAYMENT, booking_type=BookingType.INSTANT)
    visits = Q(state__in=[State.CONFIRMING, *VISITS, State.COMPLETED, State.NO_SHOW])
    return {
        TimeHold.Kind.BOOKING: instant | visits,
        TimeHold.Kind.REQUEST: Q(state__in=WAITING, holds_time=True),
        TimeHold.Kind.SUGGESTION: _SUGGESTED & Q(suggestions__closed_at=None, suggestions__start=OuterRef("starts")),
    }


def _holds_without_reason() -> Iterator[Finding]:
    for kind, may_hold in _reasons().items():
        holds = TimeHold.objects.filter(kind=kind).annotate(starts=F("during__startswith"))
        reason = Booking.objects.filter(may_hold, id=OuterRef("owner"))
        for hold in holds.filter(~Exists(reason)):
            yield Finding("hold", str(hold.owner), f"holds {hold.during} as a {kind} without a reason")


def _visits_without_hold() -> Iterator[Finding]:
    held = TimeHold.objects.filter(owner=OuterRef("id"), during__startswith__lte=OuterRef("start"))
    occupying = Q(state__in=[State.CONFIRMING, *VISITS])
    coming = Booking.objects.filter(occupying, end__gt=clock.now())
    for number in coming.filter(~Exists(held)).values_list("number", flat=True):
        yield Finding("hold", number, "occupies its time and does not hold it")


def _suggestions() -> Iterator[Finding]:
    """What a patient may accept is kept for that patient, and nothing can be accepted once a booking waits no more."""
    open_ones = SuggestedTime.objects.filter(closed_at=None).select_related("booking")
    answered = ~Q(booking__state__in=[State.RESCHEDULE_PROPOSED, State.CONFIRMING])
    for suggested in open_ones.filter(answered):
        yield Finding("suggestion", suggested.booking.number, f"can be accepted, and is {suggested.booking.state}")
    held = TimeHold.objects.filter(
        owner=OuterRef("booking"), during__startswith=OuterRef("start"), during__endswith__gte=OuterRef("end")
    )
    for suggested in open_ones.exclude(answered).filter(~Exists(held), start__gt=clock.now()):
        yield Finding("suggestion", suggested.booking.number, f"{suggested.start} is suggested, and not kept")


def _fees() -> Iterator[Finding]:
    """Of a visit that was called off, the fee is kept, and nothing else."""
    settled = Payment.objects.filter(
        booking__state__in=CANCELLED,
        state__in=[PaymentState.PAID, PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED],
    )
    for payment in settled.select_related("booking").iterator():
        kept, fee = payment.captured_cents - payment.refunded_cents, payment.booking.fee_cents
        if kept != fee:
            yield Finding("fee", payment.booking.number, f"was called off for {fee} cents, and keeps {kept}")


def _feeds() -> Iterator[Finding]:
    """Each recipient's events are numbered without a gap up to the last; only the oldest may have been deleted."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT coalesce(e.recipient, c.recipient), e.first, e.last, e.number, coalesce(c.last_seq, 0)
            FROM notifications_feedcounter c FULL JOIN (
                SELECT recipient, min(seq) AS first, max(seq) AS last, count(*) AS number
                FROM notifications_feedevent GROUP BY recipient
            ) e ON e.recipient = c.recipient
            WHERE e.last IS DISTINCT FROM c.last_seq OR e.number <> e.last - e.first + 1
        """)
        for recipient, first, last, number, counted in cursor.fetchall():
            if number is not None:  # Else all of them were old, and are deleted.
                yield Finding("feed", str(recipient), f"{number} events from {first} to {last}, {counted} were counted")


def _amounts() -> Iterator[Finding]:
    """Captured and not wholly given back, if and only if the visit stands or a fee was kept."""
    for payment in Payment.objects.select_related("booking").iterator():
        number, kept = payment.booking.number, payment.captured_cents - payment.refunded_cents
        if payment.amount_cents != payment.booking.price_cents:
            yield Finding(
                "amount",
                number,
                f"is about {payment.amount_cents} cents, its booking costs {payment.booking.price_cents}",
            )
        called_off = payment.booking.state in CANCELLED  # Then `_fees` says how much is kept.
        if payment.state == PaymentState.PAID and not called_off and kept != payment.amount_cents:
            yield Finding("amount", number, f"is paid, and keeps {kept} of {payment.amount_cents} cents")
        elif payment.state == PaymentState.REFUNDED and kept:
            yield Finding("amount", number, f"is refunded, and keeps {kept} cents")
        elif payment.state in (*_HELD, PaymentState.RELEASED, PaymentState.FAILED) and payment.captured_cents:
            yield Finding("amount", number, f"is {payment.state}, and {payment.captured_cents} cents were captured")


def _unfinished_operations() -> Iterator[Finding]:
    """Every undoing or doing has an operation at work on it, and none is at work for long."""
    at_work = PaymentOperation.objects.filter(payment=OuterRef("pk"), state="pending")
    moving = [
        PaymentState.AUTHORIZING,
        PaymentState.REQUIRES_ACTION,
        PaymentState.CAPTURING,
        PaymentState.RELEASING,
        PaymentState.REFUNDING,
    ]
    for payment in Payment.objects.filter(~Exists(at_work), state__in=moving).select_related("booking"):
        yield Finding("operation", payment.booking.number, f"is {payment.state}, and nobody is at work on it")
    old = PaymentOperation.objects.filter(state="pending", created_at__lt=clock.now() - _grace())
    # A card holder may take longer over it than a call; what closes such a checkout may not.
    old = old.exclude(payment__state=PaymentState.REQUIRES_ACTION, kind=PaymentOperation.Kind.AUTHORIZE)
    for operation in old.select_related("payment__booking"):
        number, since = operation.payment.booking.number, operation.created_at
        yield Finding("operation", number, f"{operation.kind} is unfinished since {since:%Y-%m-%d %H:%M:%S}")


def _grace() -> timedelta:
    return timedelta(seconds=settings.BOOKS_GRACE_SECONDS)


def _vendor() -> Iterator[Finding]:
    """What we believe of each payment, against the vendor's truth; at most one live intent for each booking."""
    first = Payment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return
    intents = gateway().intents_between(
        first - CLOCK_SKEW, clock.now() + CLOCK_SKEW, seconds=settings.BOOKS_CALL_SECONDS
    )
    by_booking: dict[str, list[Intent]] = defaultdict(list)
    for intent in intents:
        if booking_id := intent.metadata.get("booking"):
            by_booking[booking_id].append(intent)
    busy = set(PaymentOperation.objects.filter(state="pending").values_list("payment_id", flat=True))
    for payment in Payment.objects.filter(amount_cents__gt=0).select_related("booking"):
        found = by_booking.pop(str(payment.booking_id), [])
        yield from _strays(payment, found)
        if payment.id not in busy:
            yield from _disagreements(payment, [intent for intent in found if intent.id == payment.intent_id])
    for booking_id, found in by_booking.items():
        yield from (Finding("vendor", intent.id, f"names booking {booking_id}, which is not ours") for intent in found)


def _strays(payment: Payment, found: Iterable[Intent]) -> Iterator[Finding]:
    live = [intent.id for intent in found if intent.status not in _NOTHING_LEFT]
    if len(live) > 1:
        yield Finding("vendor", payment.booking.number, f"has {len(live)} live intents: {', '.join(live)}")


def _disagreements(payment: Payment, found: list[Intent]) -> Iterator[Finding]:
    number, state = payment.booking.number, PaymentState(payment.state)
    if not found:
        if state not in (PaymentState.FAILED, PaymentState.RELEASED):
            yield Finding("vendor", number, f"is {state}, and the vendor has no intent of it")
        return
    intent = found[0]
    if intent.status not in _EXPECTED[state]:
        yield Finding("vendor", number, f"is {state}, its intent is {intent.status}")
    ours, theirs = (payment.captured_cents, payment.refunded_cents), (intent.amount_received, intent.amount_refunded)
    if ours != theirs:
        yield Finding("vendor", number, f"captured and refunded {ours} cents, at the vendor {theirs}")


_CAPTURED = (IntentStatus.SUCCEEDED,)
_EXPECTED: dict[PaymentState, tuple[IntentStatus, ...]] = {
    PaymentState.AUTHORIZING: tuple(IntentStatus),
    PaymentState.REQUIRES_ACTION: (IntentStatus.REQUIRES_ACTION, IntentStatus.PROCESSING),
    PaymentState.HELD: (IntentStatus.REQUIRES_CAPTURE,),
    PaymentState.CAPTURING: (IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED),
    PaymentState.PAID: _CAPTURED,
    PaymentState.RELEASING: tuple(IntentStatus),
    PaymentState.RELEASED: (IntentStatus.CANCELED,),
    PaymentState.REFUNDING: _CAPTURED,
    PaymentState.REFUNDED: _CAPTURED,
    PaymentState.PARTIALLY_REFUNDED: _CAPTURED,
    PaymentState.FAILED: (IntentStatus.CANCELED,),
}


def summary() -> dict[str, Any]:
    """How much was looked at."""
    return {"bookings": Booking.objects.count(), "payments": Payment.objects.count(), "holds": TimeHold.objects.count()}
