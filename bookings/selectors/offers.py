"""What a patient may ask for (contract 10.1)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from calendars.models import CalendarConnection
from calendars.models.connection import CONNECTED
from findr.postgresql.compiled_queries import compiled
from providers.models import Service
from providers.selectors import bookable_service, offered


@dataclass(frozen=True)
class Offer:
    """A service that can be booked now.

    Attributes:
        has_calendar: whether anybody of the practice may have a calendar connected.
    """

    service: Service
    has_calendar: bool


def offer_of(provider_id: UUID, service_id: UUID) -> Offer:
    """The active service of an approved practice, the practice, and whether there are calendars, in one statement.

    Raises:
        ProviderNotFound, ServiceNotFound
    """
    found: list[Any] = _offered(provider_id, service_id)
    if not found:
        return Offer(bookable_service(provider_id, service_id), has_calendar=True)
    return Offer(found[0], has_calendar=found[0].any_calendar is not None)


@compiled
def _offered(provider_id: UUID, service_id: UUID) -> QuerySet[Service, Service]:
    connected = CalendarConnection.objects.filter(provider_id=OuterRef("provider_id"), status__in=CONNECTED)
    # The id of one. Of EXISTS PostgreSQL may make a table of all that there are, and look into that.
    return offered(provider_id, service_id).annotate(any_calendar=Subquery(connected.values("id")[:1]))
