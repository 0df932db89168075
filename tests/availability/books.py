"""A practice's book filled at will: copies of a booking, wherever one wants them."""

from itertools import count
from uuid import uuid4

from cast import fresh
from django.db import transaction

from bookings.models import Booking, Payment

NUMBERS = count(1)


def copies(booking, times, **fields):
    """Bookings like this one, one for each (start, end); they hold no time, so that they may lie anywhere."""
    payment, made = fresh(booking.id).payment, []
    for start, end in times:
        copy = Booking.objects.get(id=booking.id)
        copy.id, copy.start, copy.end = uuid4(), start, end
        copy.number = f"FH-20260101-{next(NUMBERS):05d}"
        copy._state.adding = True
        for name, value in fields.items():
            setattr(copy, name, value)
        made.append(copy)
    own = {field.attname: getattr(payment, field.attname) for field in Payment._meta.concrete_fields}
    payments = [Payment(**{**own, "id": uuid4(), "booking_id": one.id, "intent_id": None}) for one in made]
    with transaction.atomic():
        Booking.objects.bulk_create(made)
        Payment.objects.bulk_create(payments)
    return made
