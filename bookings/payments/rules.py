"""What an intent's status means, and how a call ended: one table each, which everything else looks up.

A row says what is true of an intent with this status: what it is to its booking, what it is to an operation about it, and
how it is undone. https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings

from bookings.models import PaymentOperation
from bookings.payments.gateway import Intent, IntentStatus
from bookings.states import PaymentState

Kind = PaymentOperation.Kind


class News(Enum):
    """What an intent is to its booking."""

    AUTHORIZED = auto()
    CAPTURED = auto()
    GONE = auto()
    NEEDS_ACTION = auto()
    REFUSED = auto()
    NONE = auto()  # The vendor does not know yet, and will be asked again.


class Next(Enum):
    """What becomes of an operation after a call."""

    SUCCEED = auto()
    FAIL = auto()
    AWAIT_CARD_HOLDER = auto()
    UNDO_UNLESS_SECURED = auto()
    REFUSE_CHECKOUT = auto()
    BACK_TO_WAITING = auto()
    WAIT_FOR_BANK = auto()
    TRY_AGAIN = auto()
    # The vendor keeps its no under the old key. A new one is safe: its state is read before it is asked again.
    TRY_WITH_NEW_KEY = auto()


class FailureKind(Enum):
    """How a call failed. UNCLEAR: nobody knows whether it was done, or it may work later. All others are definite."""

    UNCLEAR = auto()
    CARD_REFUSED = auto()
    METHOD_REFUSED = auto()
    NEVER_MADE = auto()
    DISPUTED = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class StatusRule:
    """What is true of an intent with one status.

    Attributes:
        news: what it is to its booking.
        operations: what becomes of an open operation of each kind that is answered with it.
        beside: the states of our payment that may stand beside it once nobody is at work on the payment.
        may_pass: the intent may leave it again, so said before our payment moved on it may not be true any more.
        answers_patient: what the patient's own call is about to answer, if it is running.
        undo: how a second intent of one booking is undone; None if nothing is left of it.
        is_over: nothing is held, and nothing can come to be.
    """

    news: News
    operations: Mapping[Kind, Next]
    beside: frozenset[PaymentState] = frozenset()
    may_pass: bool = False
    answers_patient: bool = False
    undo: Kind | None = Kind.CANCEL
    is_over: bool = False


# Until the vendor has answered, our payment says nothing of its intent.
_ANY_TIME = frozenset({PaymentState.AUTHORIZING, PaymentState.RELEASING})
_REFUSED = StatusRule(
    news=News.REFUSED,
    operations={Kind.AUTHORIZE: Next.FAIL, Kind.CAPTURE: Next.FAIL, Kind.CANCEL: Next.UNDO_UNLESS_SECURED},
    may_pass=True,
    answers_patient=True,
)
_AWAITED: Mapping[Kind, Next] = {
    Kind.AUTHORIZE: Next.AWAIT_CARD_HOLDER,
    Kind.CAPTURE: Next.TRY_WITH_NEW_KEY,
    Kind.CANCEL: Next.UNDO_UNLESS_SECURED,
}

RULES: dict[IntentStatus, StatusRule] = {
    IntentStatus.REQUIRES_PAYMENT_METHOD: replace(_REFUSED, is_over=True),
    IntentStatus.REQUIRES_CONFIRMATION: _REFUSED,
    IntentStatus.REQUIRES_ACTION: StatusRule(
        news=News.NEEDS_ACTION,
        operations=_AWAITED,
        beside=frozenset({PaymentState.REQUIRES_ACTION}),
        may_pass=True,
        answers_patient=True,
    ),
    IntentStatus.PROCESSING: StatusRule(
        news=News.NONE, operations=_AWAITED, beside=frozenset({PaymentState.REQUIRES_ACTION})
    ),
    IntentStatus.REQUIRES_CAPTURE: StatusRule(
        news=News.AUTHORIZED,
        operations={
            Kind.AUTHORIZE: Next.SUCCEED,
            Kind.CAPTURE: Next.TRY_WITH_NEW_KEY,
            Kind.CANCEL: Next.UNDO_UNLESS_SECURED,
        },
        beside=frozenset({PaymentState.HELD, PaymentState.CAPTURING}),
    ),
    IntentStatus.SUCCEEDED: StatusRule(
        news=News.CAPTURED,
        operations={Kind.AUTHORIZE: Next.SUCCEED, Kind.CAPTURE: Next.SUCCEED, Kind.CANCEL: Next.FAIL},
        beside=frozenset(
            {
                PaymentState.CAPTURING,
                PaymentState.PAID,
                PaymentState.REFUNDING,
                PaymentState.REFUNDED,
                PaymentState.PARTIALLY_REFUNDED,
            }
        ),
        undo=Kind.REFUND,
    ),
    IntentStatus.CANCELED: StatusRule(
        news=News.GONE,
        operations={Kind.AUTHORIZE: Next.FAIL, Kind.CAPTURE: Next.FAIL, Kind.CANCEL: Next.SUCCEED},
        beside=frozenset({PaymentState.RELEASED, PaymentState.FAILED}),
        undo=None,
        is_over=True,
    ),
}

# What becomes of an operation whose call failed in this way; all else is tried under a new key, and what has been done
# is found before.
_AFTER_FAILURE: dict[tuple[Kind, FailureKind], Next] = {
    (Kind.CAPTURE, FailureKind.CARD_REFUSED): Next.BACK_TO_WAITING,
    (Kind.REFUND, FailureKind.DISPUTED): Next.WAIT_FOR_BANK,
}


@dataclass(frozen=True)
class Failure:
    """How a call failed.

    Attributes:
        message: the vendor's; about cards for the card holder, else for the log.
        code, decline_code: the vendor's, and the bank's, for a refused card.
        intent_id: the intent that a refused card left behind, if the vendor said so.
        key_is_spent: the vendor keeps this failure under the idempotency key.
    """

    kind: FailureKind
    message: str
    code: str = ""
    decline_code: str = field(default="", repr=False)
    intent_id: str = ""
    key_is_spent: bool = False


def after_intent(kind: Kind, intent: Intent) -> Next:
    """What becomes of an operation that is answered with this intent."""
    return RULES[intent.status].operations[kind]


def after_failure(kind: Kind, failure: Failure) -> Next:
    """What becomes of an operation whose call failed."""
    if failure.kind is FailureKind.UNCLEAR:
        return Next.TRY_AGAIN
    if kind == Kind.AUTHORIZE:
        return Next.REFUSE_CHECKOUT
    return _AFTER_FAILURE.get((kind, failure.kind), Next.TRY_WITH_NEW_KEY)


def may_stand_beside(state: PaymentState, intent: Intent) -> bool:
    """Whether our payment may be in this state while its intent is as it is, and nobody is at work on it."""
    return state in _ANY_TIME or state in RULES[intent.status].beside


def is_live(intent: Intent) -> bool:
    """Whether it holds money, may yet come to hold some, or has kept some."""
    if RULES[intent.status].news is News.CAPTURED:
        return intent.amount_refunded < intent.amount_received
    return not RULES[intent.status].is_over


def usable_until(capture_before: datetime | None) -> datetime | None:
    """Until when a hold that lapses then can be counted on: a capture needs a margin. None if nothing is held."""
    return capture_before - timedelta(minutes=settings.CAPTURE_MARGIN_MINUTES) if capture_before else None
