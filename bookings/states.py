"""The state machines, as data. Nothing here touches a database; a trigger and a test hold the database to it.

A booking and its payment are two machines (contract 6.1, 6.2). Which pairs of their states may stand beside
each other at commit is `LEGAL_PAIRS`; what the wire calls such a pair is `payment_word`.
"""

from enum import StrEnum


class State(StrEnum):
    """The stored words of a booking."""

    PENDING_PAYMENT = "pending_payment"
    PENDING_CONFIRMATION = "pending_confirmation"
    RESCHEDULE_PROPOSED = "reschedule_proposed"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED_PATIENT = "cancelled_patient"
    CANCELLED_PROVIDER = "cancelled_provider"
    CANCELLED_ADMIN = "cancelled_admin"
    EXPIRED = "expired"
    PAYMENT_FAILED = "payment_failed"


class PaymentState(StrEnum):
    """The stored words of a payment."""

    AUTHORIZING = "authorizing"
    REQUIRES_ACTION = "requires_action"
    HELD = "held"
    CAPTURING = "capturing"
    PAID = "paid"
    RELEASING = "releasing"
    RELEASED = "released"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"
    FAILED = "failed"


class Role(StrEnum):
    """Who makes a move."""

    PATIENT = "patient"
    PROVIDER = "provider"
    STAFF = "staff"
    SYSTEM = "system"


class BookingType(StrEnum):
    """How a booking came about (contract 6.6); it never changes later."""

    INSTANT = "instant"
    AUTO_REQUEST = "auto-request"
    REQUEST = "request"


_P, _V, _S, _SYS = (frozenset({role}) for role in (Role.PATIENT, Role.PROVIDER, Role.STAFF, Role.SYSTEM))

INITIAL = State.PENDING_PAYMENT

# From, to, and who may. The order of the targets is the order of `allowedTransitions` on the wire.
MOVES: dict[State, dict[State, frozenset[Role]]] = {
    State.PENDING_PAYMENT: {
        State.PENDING_CONFIRMATION: _SYS,
        State.CONFIRMING: _SYS,
        State.PAYMENT_FAILED: _SYS,
        State.CANCELLED_PATIENT: _P,
        State.CANCELLED_ADMIN: _S,
    },
    State.PENDING_CONFIRMATION: {
        State.CONFIRMING: _V | _S,
        State.RESCHEDULE_PROPOSED: _V | _S,
        State.CANCELLED_PATIENT: _P,
        State.CANCELLED_PROVIDER: _V | _S,
        State.CANCELLED_ADMIN: _S,
        State.EXPIRED: _SYS | _S,
        State.PAYMENT_FAILED: _SYS,
    },
    State.RESCHEDULE_PROPOSED: {
        State.CONFIRMING: _P | _V | _S,
        State.RESCHEDULE_PROPOSED: _V | _S,
        State.CANCELLED_PATIENT: _P,
        State.CANCELLED_PROVIDER: _V | _S,
        State.CANCELLED_ADMIN: _S,
        State.EXPIRED: _SYS | _S,
        State.PAYMENT_FAILED: _SYS,
    },
    State.CONFIRMING: {
        State.CONFIRMED: _SYS,
        State.PENDING_CONFIRMATION: _SYS,
        State.RESCHEDULE_PROPOSED: _SYS,
        State.PAYMENT_FAILED: _SYS,
    },
    State.CONFIRMED: {
        State.CHECKED_IN: _V | _S,
        State.IN_PROGRESS: _V | _S,
        State.COMPLETED: _V | _S,
        State.NO_SHOW: _V | _S,
        State.CANCELLED_PATIENT: _P,
        State.CANCELLED_PROVIDER: _V,
        State.CANCELLED_ADMIN: _S,
    },
    State.CHECKED_IN: {
        State.IN_PROGRESS: _V | _S,
        State.COMPLETED: _V | _S,
        State.NO_SHOW: _V | _S,
        State.CANCELLED_PROVIDER: _V,
        State.CANCELLED_ADMIN: _S,
    },
    State.IN_PROGRESS: {
        State.COMPLETED: _V | _S,
        State.CANCELLED_ADMIN: _S,
    },
    State.PAYMENT_FAILED: {},
    State.COMPLETED: {},
    State.NO_SHOW: {},
    State.CANCELLED_PATIENT: {},
    State.CANCELLED_PROVIDER: {},
    State.CANCELLED_ADMIN: {},
    State.EXPIRED: {},
}

# What a vendor may still tell us about a payment that we thought over: it is undone, never kept.
_UNDO = {PaymentState.RELEASING, PaymentState.REFUNDING}

PAYMENT_MOVES: dict[PaymentState, set[PaymentState]] = {
    PaymentState.AUTHORIZING: {
        PaymentState.REQUIRES_ACTION,
        PaymentState.HELD,
        PaymentState.PAID,
        PaymentState.RELEASED,
        PaymentState.FAILED,
        *_UNDO,
    },
    PaymentState.REQUIRES_ACTION: {
        PaymentState.HELD,
        PaymentState.PAID,
        PaymentState.RELEASED,
        PaymentState.FAILED,
        *_UNDO,
    },
    PaymentState.HELD: {PaymentState.CAPTURING, PaymentState.FAILED, *_UNDO},
    PaymentState.CAPTURING: {PaymentState.PAID, PaymentState.HELD, PaymentState.FAILED, *_UNDO},
    PaymentState.PAID: {PaymentState.REFUNDING},
    PaymentState.RELEASING: {PaymentState.RELEASED, PaymentState.FAILED, PaymentState.REFUNDING},
    PaymentState.REFUNDING: {PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED},
    PaymentState.PARTIALLY_REFUNDED: {PaymentState.REFUNDING},
    PaymentState.REFUNDED: {PaymentState.REFUNDING},
    PaymentState.RELEASED: _UNDO,
    PaymentState.FAILED: _UNDO,
}

WAITING = (State.PENDING_PAYMENT, State.PENDING_CONFIRMATION, State.RESCHEDULE_PROPOSED, State.CONFIRMING)
ANSWERABLE = (State.PENDING_CONFIRMATION, State.RESCHEDULE_PROPOSED)
VISITS = (State.CONFIRMED, State.CHECKED_IN, State.IN_PROGRESS)
ENDED = tuple(state for state, moves in MOVES.items() if not moves)
CANCELLED = (State.CANCELLED_PATIENT, State.CANCELLED_PROVIDER, State.CANCELLED_ADMIN)
# A payment of which nobody knows yet whether it will hold anything.
CHECKOUT = (PaymentState.AUTHORIZING, PaymentState.REQUIRES_ACTION)
# "Live" for the rule against two bookings of one patient at one time (contract 6.4).
LIVE = (*WAITING, *VISITS)

_GIVEN_BACK = {PaymentState.REFUNDING, PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED}
_PAID_FOR = {PaymentState.PAID, *_GIVEN_BACK}
_UNDONE = {*CHECKOUT, PaymentState.RELEASING, PaymentState.RELEASED, *_GIVEN_BACK}

_BESIDE: dict[State, set[PaymentState]] = {
    State.PENDING_PAYMENT: set(CHECKOUT),
    State.PENDING_CONFIRMATION: {PaymentState.HELD},
    State.RESCHEDULE_PROPOSED: {PaymentState.HELD},
    State.CONFIRMING: {PaymentState.CAPTURING},
    State.CONFIRMED: _PAID_FOR,
    State.CHECKED_IN: _PAID_FOR,
    State.IN_PROGRESS: _PAID_FOR,
    State.COMPLETED: _PAID_FOR,
    State.NO_SHOW: _PAID_FOR,
    State.CANCELLED_PATIENT: _UNDONE,
    State.CANCELLED_PROVIDER: _UNDONE,
    State.CANCELLED_ADMIN: _UNDONE,
    State.EXPIRED: _UNDONE,
    State.PAYMENT_FAILED: {*_UNDONE, PaymentState.FAILED},
}
LEGAL_PAIRS: frozenset[tuple[State, PaymentState]] = frozenset(
    (state, payment) for state, payments in _BESIDE.items() for payment in payments
)


_STATUS_WORDS: dict[Role, dict[State, str]] = {
    Role.PATIENT: {
        **dict.fromkeys(WAITING, "pending"),
        **dict.fromkeys(CANCELLED, "cancelled"),
    },
    Role.PROVIDER: {State.CONFIRMING: "pending_confirmation"},
    Role.STAFF: {
        **dict.fromkeys(WAITING, "pending"),
        **dict.fromkeys((*CANCELLED, State.EXPIRED, State.PAYMENT_FAILED), "cancelled"),
        State.CHECKED_IN: "in_progress",
    },
}


def status_word(state: State, audience: Role) -> str:
    """The wire's `status`: the state in the audience's own word (contract 6.1)."""
    return _STATUS_WORDS[audience].get(state, state.value)


def may_move(old: State, new: State, role: Role) -> bool:
    """Whether `role` may take a booking from `old` to `new`."""
    return role in MOVES[old].get(new, frozenset())


def payment_word(state: State, payment: PaymentState, *, refunded_cents: int) -> str:
    """The wire's `paymentStatus` of a legal pair (contract 6.7)."""
    if state == State.PAYMENT_FAILED:
        return "failed"
    match payment:
        case PaymentState.AUTHORIZING | PaymentState.CAPTURING:
            return "processing"
        case PaymentState.REQUIRES_ACTION:
            return "requires_action" if state == State.PENDING_PAYMENT else "processing"
        case PaymentState.RELEASING:
            return "held"
        case PaymentState.REFUNDING:
            return "partially_refunded" if refunded_cents else "paid"
        case _:
            return payment.value
