"""The money of each booking against its state, its price, its fee and its operations."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from bookings import deadlines
from bookings.models import Booking, Payment, PaymentOperation
from bookings.payments.operations import KIND_AT_WORK
from bookings.reconciliation.booking_page import BookingPage, about, payment_of
from bookings.reconciliation.finding import Finding, Remedy
from bookings.selectors import attention
from bookings.states import CANCELLED, LEGAL_PAIRS, VISITS, WAITING, PaymentState, State
from findr import clock

_STANDING = (*VISITS, State.COMPLETED, State.NO_SHOW)


def check_money(page: BookingPage) -> Iterator[Finding]:
    """Pairs, amounts, fees, deadlines, and whether somebody is at work where somebody must be. No statement."""
    overdue = clock.now() - timedelta(seconds=settings.BOOKS_OVERDUE_SECONDS)
    for booking in page.bookings:
        payment = payment_of(booking)
        if payment is None:
            yield about(booking, "pair", f"{booking.state} without a payment")
            continue
        yield from _amounts(booking, payment)
        if payment.state in KIND_AT_WORK and not booking.is_at_work:
            yield about(booking, "operation", f"is {payment.state}, and nobody is at work on it", Remedy.REOPEN)
        # Since its deadline, or since it came back to waiting after it: a capture that was refused hours later.
        if deadlines.has_run_out(booking, overdue) and booking.updated_at <= overdue:
            since = f"{booking.expires_at:%Y-%m-%d %H:%M:%S}"
            yield about(booking, "deadline", f"is {booking.state}, and should have ended at {since}", Remedy.EXPIRE)


def _amounts(booking: Booking, payment: Payment) -> Iterator[Finding]:
    if (State(booking.state), PaymentState(payment.state)) not in LEGAL_PAIRS:
        yield about(booking, "pair", f"{booking.state} beside {payment.state}")
    elif wrong := _wrong_sums(booking, payment):
        yield about(booking, "capture", wrong)
    elif wrong := _wrong_fee(booking, payment):
        yield about(booking, "fee", wrong)
    if payment.amount_cents != booking.price_cents:
        price = f"is about {payment.amount_cents} cents, its booking costs {booking.price_cents}"
        yield about(booking, "amount", price)


def _wrong_sums(booking: Booking, payment: Payment) -> str:
    """Captured and not wholly given back, if and only if the visit stands or a fee is kept. What is wrong with that.

    A visit that stands may be given back, by staff or at the vendor: its history says so (`stories`).
    """
    captured, kept = payment.captured_cents, payment.kept_cents
    if booking.state in _STANDING and captured != payment.amount_cents:
        return f"is {booking.state}, and {captured} of {payment.amount_cents} cents were captured"
    if booking.state in WAITING and captured:
        return f"is {booking.state}, and {captured} cents were captured"
    if booking.state in (State.EXPIRED, State.PAYMENT_FAILED) and kept and payment.state != PaymentState.REFUNDING:
        return f"is {booking.state}, and {kept} cents are kept"
    match payment.state:
        case PaymentState.PAID if payment.refunded_cents:
            return f"is paid, and {payment.refunded_cents} cents were given back"
        case PaymentState.REFUNDED if kept:
            return f"is refunded, and {kept} cents are kept"
        case PaymentState.PARTIALLY_REFUNDED if not 0 < payment.refunded_cents < captured:
            return f"is partially refunded, and {payment.refunded_cents} of {captured} cents were given back"
        case PaymentState.RELEASING | PaymentState.RELEASED | PaymentState.FAILED if captured:
            return f"is {payment.state}, and {captured} cents were captured"
        case _:
            return ""


def _wrong_fee(booking: Booking, payment: Payment) -> str:
    """Of a visit that was called off, the fee is kept, and nothing else. What is wrong with that."""
    if payment.state == PaymentState.REFUNDING:
        return ""
    if booking.state in CANCELLED and payment.kept_cents != booking.fee_cents:
        return f"was called off for {booking.fee_cents} cents, and keeps {payment.kept_cents}"
    if booking.state not in CANCELLED and booking.fee_cents:
        return f"is {booking.state}, and a fee of {booking.fee_cents} cents is kept"
    return ""


def check_operations(page: BookingPage) -> Iterator[Finding]:
    """None is stuck, but for a checkout that ended a moment ago, a disputed charge, an intent that may yet appear."""
    since = attention.stuck_since()
    old = attention.stuck_operations().filter(payment__booking__in=page.ids)
    ended_just_now = Q(
        kind=PaymentOperation.Kind.AUTHORIZE,
        payment__state=PaymentState.REQUIRES_ACTION,
        payment__booking__updated_at__gte=since,
    )
    waits_for_a_dispute = Q(reason=PaymentOperation.Reason.DISPUTED, claimed_until__gt=clock.now())
    checkout = timedelta(minutes=settings.CHECKOUT_MINUTES, seconds=settings.LOST_INTENT_SECONDS)
    looks_for_its_intent = Q(kind=PaymentOperation.Kind.AUTHORIZE, created_at__gte=since - checkout)
    old = old.exclude(ended_just_now).exclude(waits_for_a_dispute).exclude(looks_for_its_intent)
    for operation in old.select_related("payment__booking").order_by("created_at", "id"):
        unfinished = f"{operation.kind} is unfinished since {operation.created_at:%Y-%m-%d %H:%M:%S}"
        yield about(operation.payment.booking, "operation", unfinished, Remedy.TRY_AGAIN)
