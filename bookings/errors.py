"""Refusals of the booking domain (contract 4)."""

from typing import Any

from bookings.states import MOVES, State
from findr.errors import FindrError, NotFound


class BookingNotFound(NotFound):
    code, error = "booking_not_found", "Booking not found"


class ReservationExpired(FindrError):
    """The reservation that a request names has ended, or was never of this time (contract 10.1)."""

    status, code, error = 409, "reservation_expired", "Reservation is no longer valid"


class SlotTaken(FindrError):
    """The lane is taken by somebody else."""

    status, code, error = 409, "slot_taken", "Slot not available"


class DuplicateBooking(FindrError):
    """The patient has a live booking with this provider at this time; `bookingId` names it."""

    status, code, error = 409, "duplicate_booking", "You already have a booking at this time"


class TooManyOpenRequests(FindrError):
    status, code, error = 409, "too_many_open_requests", "Too many open booking requests"


class DecisionInProgress(FindrError):
    """The booking is `confirming`: somebody's decision waits for the money."""

    status, code, error = 409, "decision_in_progress", "A decision is already being processed"

    def __init__(self) -> None:
        super().__init__(retryAfter=2)


class ChangedMeanwhile(FindrError):
    """It is not the booking any more about which somebody decided, as it was shown to them. Never on the wire: only the console
    says which version it had shown.
    """

    status, code, error = 409, "changed_meanwhile", "The booking has changed meanwhile"


class WrongState(FindrError):
    """The booking's state does not allow this; carries the state and what it would allow.

    Args:
        word: the state in the caller's own words.
    """

    status, code, error = 400, "booking_not_pending", "Booking is not pending"

    def __init__(self, *, state: State, word: str, message: str = "") -> None:
        super().__init__(
            message,
            currentStatus=word,
            currentState=state.value,
            allowedTransitions=[target.value for target in MOVES[state]],
        )


class BookingNotPending(WrongState):
    """It no longer waits for an answer, or its deadline has passed."""


class NotConfirmed(WrongState):
    """Only a confirmed visit is moved to another time. Never on the wire: only staff move visits."""

    code, error = "booking_not_confirmed", "Booking is not confirmed"


class NoPendingReschedule(WrongState):
    code, error = "no_pending_reschedule", "No pending reschedule"


class BookingNotCancellable(WrongState):
    code, error = "booking_not_cancellable", "Booking cannot be cancelled"


class NotRefundable(FindrError):
    """There is not so much captured money left to give back."""

    status, code, error = 400, "not_refundable", "This amount cannot be refunded"


class RescheduleLimit(FindrError):
    """Both rounds of suggestions are used up."""

    status, code, error = 400, "reschedule_limit", "Reschedule limit reached"

    def __init__(self) -> None:
        super().__init__("Maximum 2 reschedule attempts allowed")


class SuggestedTimeNotFound(NotFound):
    code, error = "suggested_time_not_found", "Suggested time not found"


class SuggestedTimeExpired(FindrError):
    """It can no longer be accepted: too little time is left before it starts. The booking stays as it was."""

    status, code, error = 410, "suggested_time_expired", "Suggested time has expired"


class IllegalMove(Exception):
    """A service asked for a move that `MOVES` does not have: a defect, never a user's mistake."""


class PaymentRefused(FindrError):
    """The money could not be had: the answer is final, and nothing is charged.

    Args:
        decline_code: the bank's reason for refusing the card, blank if it gave none; None: not for this reader.
    """

    status, code, error = 402, "payment_failed", "Payment failed"
    CARD_DECLINED = "card_declined"

    def __init__(self, message: str = "", *, code: str = "", decline_code: str | None = None, booking_id: Any) -> None:
        extra: dict[str, Any] = {"bookingId": str(booking_id)}
        if code:
            self.code = code
        if self.code == self.CARD_DECLINED and decline_code is not None:
            extra["declineCode"] = decline_code or None
        super().__init__(message, **extra)


class PaymentUnavailable(FindrError):
    """The payment vendor does not answer, or none is configured. Nothing is known to have changed."""

    status, code, error = 503, "payment_unavailable", "Payments are temporarily unavailable"


class PaymentMethodNotFound(NotFound):
    """Unknown, removed, or somebody else's."""

    code, error = "payment_method_not_found", "Payment method not found"


class BadSignature(FindrError):
    """A webhook that the payment vendor did not sign, or not lately."""

    status, code, error = 400, "bad_signature", "Invalid signature"
