"""Events in the practices' calendars."""

from django.db.models import Q

from calendars.models import CalendarConnection, SyncState
from findr import clock
from findr.outbox.leases import handed_back


def lose_events(connection: CalendarConnection) -> None:
    """Inside the caller's transaction: what is still to come, or to be written, cannot be reached any more."""
    now = clock.now()
    still_matters = Q(end__gt=now) | Q(state__in=(SyncState.PENDING, SyncState.FAILED))
    connection.events.filter(still_matters).exclude(wanted=False, state=SyncState.SYNCED).update(
        state=SyncState.LOST, updated_at=now, **handed_back(now)
    )


def resume_events(connection: CalendarConnection) -> None:
    """Inside the caller's transaction: it works again, and what waits for it is due now."""
    waiting = connection.events.filter(state__in=(SyncState.PENDING, SyncState.FAILED))
    waiting.update(**handed_back(clock.now()), backoff_step=0)
