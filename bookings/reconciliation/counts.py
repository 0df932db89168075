"""How many bookings each practice is said to have, held against those that it has."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from bookings.models import PracticeCount
from bookings.reconciliation.finding import Finding, Remedy
from bookings.selectors.visibility import bookings_of_provider
from findr.transactions import durable

# Practices, of which each may have very many bookings.
AT_ONCE = 20
_WRONG = """
    SELECT p.id FROM unnest(%(keys)s::uuid[]) p (id) LEFT JOIN bookings_practicecount c ON c.provider_id = p.id
    WHERE coalesce(c.bookings, 0) <>
        (SELECT count(*) FROM bookings_booking WHERE provider_id = p.id AND secured_at IS NOT NULL)
"""


def check_counts(keys: Sequence[Any]) -> Iterator[Finding]:
    """What a practice's list says of its length is so. Keys are those of practices."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG, {"keys": list(keys)})
        for (provider_id,) in cursor.fetchall():
            detail = "not as many bookings as its list says"
            yield Finding("count", str(provider_id), detail, key=provider_id, remedy=Remedy.COUNT_ANEW)


@durable("a practice's bookings are counted anew")
def count_anew(provider_id: UUID) -> bool:
    """Write down how many there are; False if that was known."""
    locked = PracticeCount.objects.select_for_update()
    count, _ = locked.get_or_create(provider_id=provider_id, defaults={"bookings": 0})
    # Whoever adds one waits for this lock or has had it: none is counted twice, and none is missed.
    said, count.bookings = count.bookings, bookings_of_provider(provider_id).count()
    count.save()
    return said != count.bookings
