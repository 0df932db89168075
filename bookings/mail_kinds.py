"""The mails that tell of a booking: to whom, and about what."""

from enum import StrEnum

from bookings.states import Role


class MailKind(StrEnum):
    """Each has a letter in `bookings/mails`; the first word is whose mail it is."""

    REQUEST_SENT = "patient_request_sent"
    CONFIRMED = "patient_confirmed"
    MOVED = "patient_moved"
    DECLINED = "patient_declined"
    TIMES_SUGGESTED = "patient_times_suggested"
    CANCELLED = "patient_cancelled"
    EXPIRED = "patient_expired"
    PAYMENT_FAILED = "patient_payment_failed"
    REMINDER_DAY = "patient_reminder_24h"
    REMINDER_HOUR = "patient_reminder_1h"

    NEW_REQUEST = "practice_new_request"
    EXPIRING = "practice_request_expiring"
    REQUEST_EXPIRED = "practice_request_expired"
    VISIT_BOOKED = "practice_visit_booked"
    VISIT_MOVED = "practice_visit_moved"
    CALLED_OFF = "practice_called_off"
    NOT_PAID = "practice_not_paid"

    @property
    def reader(self) -> Role:
        """Who gets it."""
        return Role.PATIENT if self.value.startswith("patient_") else Role.PROVIDER
