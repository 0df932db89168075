"""Searching all bookings: each word is looked for where it is indexed, or among people and practices, never in each booking."""

from django.db.models import Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from bookings.models import Booking, Payment
from findr.accounts.models import User
from providers.models import Provider


def search(bookings: QuerySet[Booking], term: str) -> QuerySet[Booking]:
    """Those of the bookings in which every word of the term is found."""
    for word in smart_split(term):
        is_quoted = word[0] == word[-1] and word[0] in "\"'" and len(word) > 1
        bookings = bookings.filter(pk__in=_found(unescape_string_literal(word) if is_quoted else word))
    return bookings


def _found(word: str) -> QuerySet[Booking, tuple[object]]:
    """Of a booking's number the beginning, of an intent all of it, of a person or a practice any part."""
    people = User.objects.filter(
        Q(email__icontains=word)
        | Q(first_name__icontains=word)
        | Q(last_name__icontains=word)
        | Q(phone__icontains=word)
    )
    practices = Provider.objects.filter(practice_name__icontains=word)
    bookings = Booking.objects.order_by()
    return (
        bookings.filter(number__startswith=word.upper())
        .values_list("pk")
        .union(
            Payment.objects.filter(intent_id=word).values_list("booking_id"),
            bookings.filter(patient__in=people.order_by().values("pk")).values_list("pk"),
            bookings.filter(provider__in=practices.order_by().values("pk")).values_list("pk"),
        )
    )
