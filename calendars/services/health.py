"""How a connection fares: what is written down of each call, and when its owner is told.

A practice is told once of a grant that died, and once of a row of failures: not again before a call has succeeded in
between, and not more often than once a day.
"""

import logging
from datetime import timedelta

from django.db.models import F, Q

from calendars.models import CalendarConnection, Status
from calendars.services.disconnecting import end_connection
from calendars.vendors.base import CalendarError, GrantDead
from findr import clock
from findr.outbox.jobs import promise
from findr.outbox.leases import handed_back
from findr.saving import save
from findr.transactions import durable
from notifications.services import Frame, publish

logger = logging.getLogger(__name__)

# A success that changes nothing is written down no more often than this.
NOTED_EVERY = timedelta(minutes=1)
TOLD_EVERY = timedelta(days=1)


def succeeded(connection: CalendarConnection) -> None:
    """A call was answered. Mostly nothing is written: the last success is known to the minute."""
    before = clock.now() - NOTED_EVERY
    if connection.failures == 0 and connection.last_success_at and connection.last_success_at > before:
        return
    is_news = Q(failures__gt=0) | Q(last_success_at=None) | Q(last_success_at__lte=before)
    rows = CalendarConnection.objects.filter(is_news, pk=connection.pk)
    rows.update(last_success_at=clock.now(), failures=0)


@durable("a failure of a calendar is noted")
def failed(connection: CalendarConnection, error: CalendarError) -> None:
    """A call came to nothing. The first one in a row is told to the practice."""
    now = clock.now()
    row = CalendarConnection.objects.filter(pk=connection.pk)
    row.update(failures=F("failures") + 1, last_error=error.code, last_error_at=now)
    is_time = Q(told_at=None) | Q(told_at__lte=now - TOLD_EVERY)
    is_untold = Q(told_at=None) | Q(last_success_at__gt=F("told_at"))
    if row.filter(is_time, is_untold, status=Status.ACTIVE).update(told_at=now):
        promise("calendars.mail_unreadable", connection_id=str(connection.pk))


@durable("a grant is known to be dead")
def declare_dead(connection: CalendarConnection) -> None:
    """The grant behind these tokens is gone, or no key of ours opens them: only its owner can connect again.

    Whoever notices first says so, once: to the feed, by mail, and to staff. Tokens that are newer than the ones that
    `connection` was read with belong to another grant, and nothing is said.
    """
    row = CalendarConnection.objects.select_for_update(of=("self",), no_key=True).get(pk=connection.pk)
    if row.token_version != connection.token_version:
        return
    if row.status == Status.REPLACED:
        end_connection(row)
    if row.status != Status.ACTIVE:
        return
    now = clock.now()
    save(
        row,
        status=Status.NEEDS_REAUTH,
        failures=row.failures + 1,
        last_error=GrantDead.code,
        last_error_at=now,
        told_at=now,
        **handed_back(now),
    )
    logger.warning("Connection %s must be connected again.", row.pk)
    promise("calendars.mail_needs_reauth", connection_id=str(row.pk))
    data = {"vendor": row.vendor, "email": row.account_email}
    publish([Frame(row.provider_id, "calendar.needs_reauth", None, {"data": data})])
