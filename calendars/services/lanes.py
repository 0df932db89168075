"""Whose calendar is meant: the practice's, or one of its team's. Each has at most one connected (contract 17)."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from calendars.models import CalendarConnection
from calendars.models.connection import CONNECTED


@dataclass(frozen=True)
class Lane:
    """A practice, and somebody of its team; None is the practice itself."""

    provider_id: UUID
    member_id: UUID | None = None

    def connections(self) -> QuerySet[CalendarConnection]:
        """Every account that was ever connected here."""
        return CalendarConnection.objects.filter(provider_id=self.provider_id, member_id=self.member_id)

    def connected(self) -> CalendarConnection | None:
        """The one that is connected now, its grant dead or not."""
        return self.connections().filter(status__in=CONNECTED).first()
