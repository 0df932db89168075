"""One way to learn about money: whatever the vendor says of an intent ends here (ARCHITECTURE.md, "Money").

The inline answer, the follow-up job, the sweep and the webhook all call `learn`. It decides from the intent's own
state, under the booking's lock, and never moves backwards: whoever comes first wins, and hearing it twice, late or out
of order changes nothing. A booking that has ended is never resurrected: what came back is released or refunded.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from bookings import policies
from bookings.actors import Actor
from bookings.models import Booking, Payment, PaymentOperation
from bookings.models.booking import Decision
from bookings.payments.base import Intent, IntentStatus
from bookings.services import steps
from bookings.services.announcements import AUTHENTICATION_REQUIRED, Change, announce
from bookings.states import ANSWERABLE, ENDED, PaymentState, State
from findr import clock
from findr.money import dollars

logger = logging.getLogger(__name__)

# The error code of a capture that was called off at the visit's start.
TOO_LATE = "too_late"
NOT_CHARGED = "The payment hold is no longer available."
_CHECKOUT = (PaymentState.AUTHORIZING, PaymentState.REQUIRES_ACTION)
_OVER = (PaymentState.RELEASED, PaymentState.FAILED)
# What an intent may leave again: said before our payment moved on, it may not be true any more.
_PASSING = (
    IntentStatus.REQUIRES_ACTION,
    IntentStatus.REQUIRES_CONFIRMATION,
    IntentStatus.REQUIRES_PAYMENT_METHOD,
)


def learn(booking: Booking, intent: Intent, actor: Actor, *, is_fresh: bool = True) -> bool:
    """Apply what the vendor says. Runs in the caller's transaction, under the booking's lock.

    Args:
        is_fresh: our payment did not change since the vendor was asked.

    Returns:
        False, and nothing was applied, if this may be old news: ask the vendor again.
    """
    payment = booking.payment
    for twin in intent.twins:
        if twin.id != payment.intent_id:
            _undo_stray(payment, twin)
    if payment.amount_cents and payment.intent_id not in (None, intent.id):
        _undo_stray(payment, intent)
        return True
    if not is_fresh and intent.status in _PASSING:
        return False
    is_news, state = payment.amount_cents and payment.intent_id is None, payment.state
    if is_news:
        payment.intent_id = intent.id  # Saved with the payment's next move, or below if there is none.
    # PROCESSING tells nothing: the vendor does not know yet, and will be asked again.
    if hear := _HEARD.get(intent.status):
        hear(booking, intent, actor)
    if is_news and payment.state == state:
        steps.save(payment, intent_id=intent.id)
    return True


def _undo_stray(payment: Payment, intent: Intent) -> None:
    """A second intent of one booking: at most one may live (lesson 13)."""
    if 0 < intent.amount_received <= intent.amount_refunded:
        return  # It has been, and is only told of again.
    logger.error("Payment %s has a second intent %s: undone.", payment.id, intent.id)
    kinds = {IntentStatus.SUCCEEDED: PaymentOperation.Kind.REFUND, IntentStatus.CANCELED: None}
    kind = kinds.get(intent.status, PaymentOperation.Kind.CANCEL)
    known = payment.operations.filter(intent_id=intent.id, kind=kind, state="pending")
    if kind and not known.exists():
        amount = intent.amount_received or payment.amount_cents
        steps.open_operation(payment, kind, amount_cents=amount, intent_id=intent.id, mine=False)


def _authorized(booking: Booking, intent: Intent, actor: Actor) -> None:
    payment = booking.payment
    if booking.state == State.PENDING_PAYMENT:
        if booking.is_instant:  # Was to be charged at once, and was not: no such visit.
            steps.fail(booking, actor, code="payment_failed", message="The card was not charged.")
            steps.release(booking, actor, mine=False)
        else:
            _secure_request(booking, intent, actor)
    elif booking.state in ENDED and payment.state in (*_CHECKOUT, *_OVER):
        steps.release(booking, actor, mine=False)


def _secure_request(booking: Booking, intent: Intent, actor: Actor) -> None:
    """The money is held: from now on the provider sees the request and has to answer it."""
    now, provider, payment = clock.now(), booking.provider, booking.payment
    hold_ends = steps.hold_ends(intent.capture_before)
    if hold_ends and hold_ends - now < policies.SHORTEST_WINDOW:
        steps.fail(booking, actor, code="payment_failed", message="The card holds money for too short a time.")
        steps.release(booking, actor, mine=False)
        return
    deadline = policies.request_deadline(
        requested_at=now,
        response=timedelta(hours=provider.response_hours),
        start=booking.start,
        lead=timedelta(minutes=provider.minimum_lead_minutes),
        hold_ends=hold_ends,
    )
    steps.move_payment(payment, PaymentState.HELD, capture_before=intent.capture_before)
    steps.move(
        booking,
        State.PENDING_CONFIRMATION,
        "payment_held",
        actor.as_system(),
        data={"amount": dollars(payment.amount_cents)},
        requested_at=now,
        secured_at=now,
        expires_at=deadline,
    )


def _captured(booking: Booking, intent: Intent, actor: Actor) -> None:
    payment = booking.payment
    received = intent.amount_received
    whole = received >= payment.amount_cents  # Less than that was not captured by us: findr asks for all of it.
    if whole and booking.state == State.PENDING_PAYMENT and booking.is_instant:
        steps.move(
            booking,
            State.CONFIRMING,
            "confirm_started",
            actor.as_system(),
            decision=Decision.CHECKOUT,
            decided_from=State.PENDING_PAYMENT,
            secured_at=clock.now(),
        )
        _confirm(booking, received, actor)
    elif whole and booking.state == State.CONFIRMING and not given_up(payment):
        _confirm(booking, received, actor)
    elif booking.state in (State.PENDING_PAYMENT, *ANSWERABLE, State.CONFIRMING):
        # Captured by nobody of ours, or only after the visit's start: the patient gets it back (contract 6.5).
        logger.error("Booking %s was captured out of turn: refunded.", booking.id)
        steps.fail(booking, actor, code="payment_failed", message=NOT_CHARGED)
        _refund_all(booking, received, actor)
    elif booking.state in ENDED and payment.state in (*_CHECKOUT, *_OVER, PaymentState.RELEASING):
        logger.error("Booking %s had ended when its money was captured: refunded.", booking.id)
        _refund_all(booking, received, actor)


def _confirm(booking: Booking, received: int, actor: Actor) -> None:
    system = actor.as_system()
    steps.move_payment(booking.payment, PaymentState.PAID, captured_cents=received)
    steps.record(booking, "payment_captured", system, data={"amount": dollars(received)})
    steps.move(
        booking,
        State.CONFIRMED,
        "confirmed",
        system,
        confirmed_at=clock.now(),
        confirmed_start=booking.start,
        confirmed_end=booking.end,
    )
    steps.free_undecided_time(booking)


def given_up(payment: Payment) -> bool:
    """Whether the capture was called off, as it is at the visit's start."""
    if clock.now() < payment.booking.start:
        return False
    return payment.operations.filter(kind=PaymentOperation.Kind.CAPTURE, error_code=TOO_LATE).exists()


def is_secured(payment: Payment) -> bool:
    """Whether a booking lives on this payment's hold, except one that is called off at its start."""
    if payment.state == PaymentState.CAPTURING:
        return not given_up(payment)
    return payment.state in (PaymentState.HELD, PaymentState.PAID)


def _refund_all(booking: Booking, received: int, actor: Actor) -> None:
    steps.save(booking.payment, captured_cents=received)
    steps.refund(booking, actor, amount_cents=received, mine=False)


def _gone(booking: Booking, intent: Intent, actor: Actor) -> None:
    """Canceled, or lapsed: nothing is held and nothing was charged."""
    payment = booking.payment
    if booking.state in (State.PENDING_PAYMENT, *ANSWERABLE, State.CONFIRMING):
        steps.fail(booking, actor, code="payment_failed", message=NOT_CHARGED)
        steps.move_payment(payment, PaymentState.FAILED)
    elif booking.state in ENDED and payment.state in (*_CHECKOUT, PaymentState.RELEASING):
        if booking.state == State.PAYMENT_FAILED:
            steps.move_payment(payment, PaymentState.FAILED)
        else:
            steps.move_payment(payment, PaymentState.RELEASED)
            steps.record(booking, "payment_released", actor.as_system(), data={"amount": dollars(payment.amount_cents)})


def _needs_action(booking: Booking, intent: Intent, actor: Actor) -> None:
    payment = booking.payment
    if booking.state == State.PENDING_PAYMENT and payment.state == PaymentState.AUTHORIZING:
        steps.move_payment(payment, PaymentState.REQUIRES_ACTION)
        steps.record(booking, "payment_authentication_required", actor.as_system())
        state = State(booking.state)
        announce(booking, Change(state, state, actor, what=AUTHENTICATION_REQUIRED))
    elif booking.state in ENDED and payment.state in (*_CHECKOUT, *_OVER):
        steps.cancel_intent(payment, intent.id, mine=False)  # It holds nothing, so there is nothing to release.


def _refused(booking: Booking, intent: Intent, actor: Actor) -> None:
    """The card was refused, or the card holder failed to authenticate: over, and the intent is closed."""
    payment = booking.payment
    if booking.state == State.PENDING_PAYMENT:
        steps.fail(
            booking,
            actor,
            code="card_declined" if intent.declined else "payment_failed",
            message=intent.declined or "The card was not authenticated.",
            decline_code=intent.decline_code,
        )
        steps.cancel_intent(payment, intent.id, mine=False)
    elif booking.state in (*ANSWERABLE, State.CONFIRMING):
        steps.fail(booking, actor, code="payment_failed", message=NOT_CHARGED)
        steps.release(booking, actor, mine=False)
    elif booking.state in ENDED and payment.state in _CHECKOUT:
        steps.cancel_intent(payment, intent.id, mine=False)


_HEARD: dict[IntentStatus, Callable[[Booking, Intent, Actor], None]] = {
    IntentStatus.REQUIRES_CAPTURE: _authorized,
    IntentStatus.SUCCEEDED: _captured,
    IntentStatus.CANCELED: _gone,
    IntentStatus.REQUIRES_ACTION: _needs_action,
    IntentStatus.REQUIRES_PAYMENT_METHOD: _refused,
    IntentStatus.REQUIRES_CONFIRMATION: _refused,
}
