"""What the vendor says, to whoever carries an operation out."""

from bookings.actors import JOB
from bookings.models import PaymentOperation
from bookings.payments import results
from bookings.payments.gateway import Intent, Refund
from bookings.payments.rules import Failure
from bookings.payments.vendor_calls import CallResult
from findr.outbox import leases


def settle(operation, said):
    """What the vendor says now to whoever has this operation now."""
    PaymentOperation.objects.filter(id=operation.id).update(**leases.taken(seconds=30))
    operation = PaymentOperation.objects.select_related("payment__booking__provider").get(id=operation.id)
    kind = {Intent: "intent", Refund: "refund", Failure: "failure"}[type(said)]
    return results.record_result(operation, CallResult(**{kind: said}), actor=JOB).booking
