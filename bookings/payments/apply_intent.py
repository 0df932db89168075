"""One way to learn about money: whatever the vendor says of an intent ends here.

The inline answer, the follow-up job, the sweep and the webhook all call `apply_intent`. It decides from the intent's own
state, under the booking's lock, and never moves backwards: whoever comes first wins, and hearing it twice, late or out
of order changes nothing. A booking that has ended is never resurrected: what came back is released or refunded.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bookings import policies
from bookings.actors import Actor
from bookings.changes import Change, ChangeKind
from bookings.effects import owe
from bookings.holds import free_undecided_time
from bookings.models import Booking, Payment, PaymentOperation
from bookings.models.booking import Decision
from bookings.payments.gateway import Intent
from bookings.payments.operations import open_operation
from bookings.payments.reversals import cancel_intent, refund, release
from bookings.payments.rules import RULES, News, usable_until
from bookings.payments.secured import is_capture_abandoned
from bookings.states import ANSWERABLE, CHECKOUT, ENDED, PaymentState, State
from bookings.transitions import fail, move, move_payment, record
from findr import clock
from findr.money import dollars
from findr.saving import save

logger = logging.getLogger(__name__)

# Columns of the payment that are saved with its next change.
Fields = dict[str, Any]

NOT_CHARGED = "The payment hold is no longer available."
_OVER = (PaymentState.RELEASED, PaymentState.FAILED)


def apply_intent(booking: Booking, intent: Intent, actor: Actor, *, is_fresh: bool = True) -> bool:
    """Apply what the vendor says. Runs in the caller's transaction, under the booking's lock.

    Args:
        is_fresh: our payment did not change since the vendor was asked.

    Returns:
        False, and nothing was applied, if this may be stale: ask the vendor again.
    """
    payment, rule = booking.payment, RULES[intent.status]
    for duplicate in intent.duplicates:
        if duplicate.id != payment.intent_id:
            _undo_unexpected(payment, duplicate)
    if payment.amount_cents and payment.intent_id not in (None, intent.id):
        _undo_unexpected(payment, intent)
        return True
    if not is_fresh and rule.may_pass:
        return False
    # The id of an intent that is new to us is saved with the payment's move, or below if it makes none.
    learned: Fields = {"intent_id": intent.id} if payment.amount_cents and payment.intent_id is None else {}
    if handle := _HANDLERS.get(rule.news):
        handle(booking, intent, actor, learned)
    if learned and payment.intent_id is None:
        save(payment, **learned)
    return True


def _undo_unexpected(payment: Payment, intent: Intent) -> None:
    """An unexpected, second intent of one booking: at most one may live (lesson 13)."""
    if 0 < intent.amount_received <= intent.amount_refunded:
        return  # It has been, and is only told of again.
    logger.error("Payment %s has a second intent %s: undone.", payment.id, intent.id)
    kind = RULES[intent.status].undo
    known = payment.operations.filter(intent_id=intent.id, kind=kind, state=PaymentOperation.Status.PENDING)
    if kind and not known.exists():
        amount = intent.amount_received or payment.amount_cents
        open_operation(payment, kind, amount_cents=amount, intent_id=intent.id, lease_now=False)


def _authorized(booking: Booking, intent: Intent, actor: Actor, learned: Fields) -> None:
    payment = booking.payment
    if booking.state == State.PENDING_PAYMENT:
        if booking.is_instant:  # Was to be charged at once, and was not: no such visit.
            fail(booking, actor, code="payment_failed", message="The card was not charged.", **learned)
            release(booking, actor, lease_now=False)
        else:
            _secure_request(booking, intent, actor, learned)
    elif booking.state in ENDED and payment.state in (*CHECKOUT, *_OVER):
        release(booking, actor, lease_now=False, **learned)


def _secure_request(booking: Booking, intent: Intent, actor: Actor, learned: Fields) -> None:
    """The money is held: from now on the provider sees the request and has to answer it."""
    now, provider, payment = clock.now(), booking.provider, booking.payment
    hold_ends = usable_until(intent.capture_before)
    if hold_ends and hold_ends - now < policies.SHORTEST_WINDOW:
        fail(booking, actor, code="payment_failed", message="The card holds money for too short a time.", **learned)
        release(booking, actor, lease_now=False)
        return
    deadline = policies.request_deadline(
        requested_at=now,
        response=timedelta(hours=provider.response_hours),
        start=booking.start,
        lead=policies.notice_of(provider).lead,
        hold_ends=hold_ends,
    )
    move_payment(payment, PaymentState.HELD, capture_before=intent.capture_before, **learned)
    move(
        booking,
        State.PENDING_CONFIRMATION,
        "payment_held",
        actor.as_system(),
        data={"amount": dollars(payment.amount_cents)},
        requested_at=now,
        secured_at=now,
        expires_at=deadline,
    )


def _captured(booking: Booking, intent: Intent, actor: Actor, learned: Fields) -> None:
    payment = booking.payment
    received = intent.amount_received
    whole = received >= payment.amount_cents  # Less than that was not captured by us: findr asks for all of it.
    if whole and booking.state == State.PENDING_PAYMENT and booking.is_instant:
        move(
            booking,
            State.CONFIRMING,
            "confirm_started",
            actor.as_system(),
            decision=Decision.CHECKOUT,
            decided_from=State.PENDING_PAYMENT,
            secured_at=clock.now(),
        )
        _confirm(booking, received, actor, learned)
    elif whole and booking.state == State.CONFIRMING and not is_capture_abandoned(payment):
        _confirm(booking, received, actor, learned)
    elif booking.state in (State.PENDING_PAYMENT, *ANSWERABLE, State.CONFIRMING):
        # Captured by nobody of ours, or only after the visit's start: the patient gets it back (contract 6.5).
        logger.error("Booking %s was captured out of turn: refunded.", booking.id)
        fail(booking, actor, code="payment_failed", message=NOT_CHARGED, **learned)
        _refund_all(booking, received, actor, learned)
    elif booking.state in ENDED and payment.state in (*CHECKOUT, *_OVER, PaymentState.RELEASING):
        logger.error("Booking %s had ended when its money was captured: refunded.", booking.id)
        _refund_all(booking, received, actor, learned)


def _confirm(booking: Booking, received: int, actor: Actor, learned: Fields) -> None:
    system = actor.as_system()
    move_payment(booking.payment, PaymentState.PAID, captured_cents=received, **learned)
    record(booking, "payment_captured", system, data={"amount": dollars(received)})
    move(
        booking,
        State.CONFIRMED,
        "confirmed",
        system,
        confirmed_at=clock.now(),
        confirmed_start=booking.start,
        confirmed_end=booking.end,
    )
    free_undecided_time(booking)


def _refund_all(booking: Booking, received: int, actor: Actor, learned: Fields) -> None:
    save(booking.payment, captured_cents=received, **learned)
    refund(booking, actor, amount_cents=received, lease_now=False)


def _gone(booking: Booking, intent: Intent, actor: Actor, learned: Fields) -> None:
    """Canceled, or lapsed: nothing is held and nothing was charged."""
    payment = booking.payment
    if booking.state in (State.PENDING_PAYMENT, *ANSWERABLE, State.CONFIRMING):
        fail(booking, actor, code="payment_failed", message=NOT_CHARGED, **learned)
        move_payment(payment, PaymentState.FAILED)
    elif booking.state in ENDED and payment.state in (*CHECKOUT, PaymentState.RELEASING):
        if booking.state == State.PAYMENT_FAILED:
            move_payment(payment, PaymentState.FAILED, **learned)
        else:
            move_payment(payment, PaymentState.RELEASED, **learned)
            record(booking, "payment_released", actor.as_system(), data={"amount": dollars(payment.amount_cents)})


def _needs_action(booking: Booking, intent: Intent, actor: Actor, learned: Fields) -> None:
    payment = booking.payment
    if booking.state == State.PENDING_PAYMENT and payment.state == PaymentState.AUTHORIZING:
        move_payment(payment, PaymentState.REQUIRES_ACTION, **learned)
        record(booking, "payment_authentication_required", actor.as_system())
        state = State(booking.state)
        owe(booking, Change(state, state, actor, beside_moves=ChangeKind.AUTHENTICATION_REQUIRED))
    elif booking.state in ENDED and payment.state in (*CHECKOUT, *_OVER):
        cancel_intent(payment, intent.id, lease_now=False)  # It holds nothing, so there is nothing to release.


def _refused(booking: Booking, intent: Intent, actor: Actor, learned: Fields) -> None:
    """The card was refused, or the card holder failed to authenticate: over, and the intent is closed."""
    payment = booking.payment
    if booking.state == State.PENDING_PAYMENT:
        fail(
            booking,
            actor,
            code="card_declined" if intent.declined else "payment_failed",
            message=intent.declined or "The card was not authenticated.",
            decline_code=intent.decline_code,
            **learned,
        )
        cancel_intent(payment, intent.id, lease_now=False)
    elif booking.state in (*ANSWERABLE, State.CONFIRMING):
        fail(booking, actor, code="payment_failed", message=NOT_CHARGED, **learned)
        release(booking, actor, lease_now=False)
    elif booking.state in ENDED and payment.state in (*CHECKOUT, *_OVER):
        # Over, too, is what was looked for at the vendor while it was still at work on it.
        cancel_intent(payment, intent.id, lease_now=False)


_HANDLERS: dict[News, Callable[[Booking, Intent, Actor, Fields], None]] = {
    News.AUTHORIZED: _authorized,
    News.CAPTURED: _captured,
    News.GONE: _gone,
    News.NEEDS_ACTION: _needs_action,
    News.REFUSED: _refused,
}
