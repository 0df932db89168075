"""What somebody has to look into: work that takes too long, disputed charges, books that do not balance."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from bookings.models import BookFinding, Payment, PaymentOperation, StripeEvent
from bookings.states import PaymentState, State
from findr import clock

# Of a dispute: there is none, or nothing is left to be done about it.
_NO_DISPUTE = ("", "won", "warning_closed")


def stuck_since() -> datetime:
    """Whatever has been unfinished since before this moment takes too long."""
    return clock.now() - timedelta(seconds=settings.BOOKS_GRACE_SECONDS)


def stuck_operations() -> QuerySet[PaymentOperation]:
    """Calls to the payment vendor that take too long; a card holder who is still busy with the bank is not one.

    Once the checkout is over nobody is busy with it: what the card still holds has to be given back.
    """
    at_the_bank = Q(
        kind=PaymentOperation.Kind.AUTHORIZE,
        payment__state=PaymentState.REQUIRES_ACTION,
        payment__booking__state=State.PENDING_PAYMENT,
    )
    unfinished = PaymentOperation.objects.filter(state=PaymentOperation.Status.PENDING, created_at__lt=stuck_since())
    return unfinished.exclude(at_the_bank)


def stuck_events() -> QuerySet[StripeEvent]:
    """Reports of the payment vendor that have been waiting to be processed for too long."""
    return StripeEvent.objects.filter(processed_at=None, received_at__lt=stuck_since())


def disputed_payments() -> QuerySet[Payment]:
    """Charges that the card holder's bank wants back, or has taken back."""
    return Payment.objects.filter(disputed_at__isnull=False).exclude(dispute_status__in=_NO_DISPUTE)


def open_findings() -> QuerySet[BookFinding]:
    """What does not balance, as far as the last check of the books knows."""
    return BookFinding.objects.filter(resolved_at=None)
