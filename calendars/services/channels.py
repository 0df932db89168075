"""Keeping a channel to each calendar that is read, so that a change shows at once and not with the next poll (lesson 28).

A channel is never lengthened: a new one is opened before the old one ends, and the old one is stopped once the new one is
there. Pushes of both have the calendar read, which is harmless. A channel whose opening was never answered is found when it
pushes, or ends by itself.
"""

import logging
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from calendars.models import Channel, MirroredCalendar, Status
from calendars.models.channel import hash_of
from calendars.services.tokens import with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, CalendarError, GrantDead, RateLimited
from calendars.vendors.channels import ChannelRequest, OpenedChannel
from findr import clock
from findr.outbox import leases, sweeps
from findr.outbox.backoff import wait_before
from findr.saving import save
from findr.transactions import durable

logger = logging.getLogger(__name__)

# A new one is opened so long before the old one ends.
AHEAD = timedelta(days=1)
LEASE_SECONDS = 60.0
# How long nobody tries to open one at most, where that fails again and again.
LONGEST_PAUSE = 6 * 3600.0
# After so many changes in a row that it did not tell of, it is replaced, and staff hear of it.
MAX_SILENCES = 2


def unwatched_calendars() -> list[int]:
    """Mirrored calendars without a channel that lasts; none where no address is configured that vendors can reach."""
    if not settings.CALENDAR_PUSH_URL:
        return []
    good = Q(expires_at__gt=clock.now() + AHEAD) | Q(claimed_until__gt=clock.now())
    channels = Channel.objects.filter(
        good, connection=OuterRef("mirror_id"), calendar=OuterRef("calendar"), is_wanted=True
    )
    rows = MirroredCalendar.objects.filter(~Exists(channels), mirror__connection__status=Status.ACTIVE)
    return list(rows.exclude(read_at=None).values_list("pk", flat=True)[: settings.SWEEP_BATCH])


def open_channel(calendar_id: int) -> None:
    """Open a channel to one calendar. A failure is tried again with the next sweep but some."""
    row = MirroredCalendar.objects.select_related("mirror__connection").filter(pk=calendar_id).first()
    if row is None:
        return
    connection, secret = row.mirror.connection, secrets.token_urlsafe(32)
    channel = Channel.objects.create(
        connection=connection,
        calendar=row.calendar,
        secret_hash=hash_of(secret),
        **leases.taken(LEASE_SECONDS),
    )
    vendor = vendor_named(connection.vendor)
    asked = ChannelRequest(
        str(channel.pk), secret, f"{settings.CALENDAR_PUSH_URL}/api/calendar/{connection.vendor}/notifications"
    )

    def ask(access: Access, left: float) -> OpenedChannel:
        return vendor.watch(access, row.calendar, asked, seconds=left)

    try:
        opened = with_access(connection, ask, seconds=settings.CALENDAR_WRITE_SECONDS, expected=(CalendarError,))
    except CalendarError as error:
        # It may be open all the same; then a push says so (`adopt`). For now the clock has the calendar read.
        logger.warning("A calendar of %s could not be watched: %s", connection.pk, error.code)
        _give_up(channel)
        return
    _record(channel, opened)


@durable("a channel is open")
def _record(channel: Channel, opened: OpenedChannel) -> None:
    row = Channel.objects.select_for_update(of=("self",)).filter(pk=channel.pk).first()
    if row is None:
        return
    save(row, vendor_id=opened.vendor_id, expires_at=opened.expires_at, **leases.handed_back(clock.now()))
    others = Channel.objects.filter(connection=row.connection_id, calendar=row.calendar, is_wanted=True)
    others.exclude(pk=row.pk).update(is_wanted=False, claimed_until=clock.now(), lease_token=None)
    _watched_by(row).update(unwatched_tries=0)


@durable("a channel is given up")
def _give_up(channel: Channel) -> None:
    """It is kept for as long as the vendor may push by it; the next one is opened later and later."""
    watched = _watched_by(channel)
    watched.update(unwatched_tries=F("unwatched_tries") + 1)
    tries = watched.values_list("unwatched_tries", flat=True).first() or 1
    pause = wait_before(tries, first=settings.CALENDAR_POLL_SECONDS / 2, cap=LONGEST_PAUSE)
    Channel.objects.filter(pk=channel.pk).update(**leases.handed_back(clock.now() + pause))


def _watched_by(channel: Channel) -> QuerySet[MirroredCalendar]:
    return MirroredCalendar.objects.filter(mirror_id=channel.connection_id, calendar=channel.calendar)


# --- Stopping -----------------------------------------------------------------------------------------------------------
def channels_to_stop() -> list[UUID]:
    """Those that have been replaced, have fallen silent, or watch what is not read any more. What is over is forgotten."""
    now = clock.now()
    lost = Q(vendor_id="", created_at__lte=now - timedelta(days=8), claimed_until__lte=now)
    Channel.objects.filter(Q(expires_at__lte=now) | lost).delete()
    _watching_nothing().update(is_wanted=False)
    _fallen_silent()
    return sweeps.due(Channel.objects.filter(is_wanted=False).exclude(vendor_id=""))


def _watching_nothing() -> QuerySet[Channel]:
    read = MirroredCalendar.objects.filter(mirror_id=OuterRef("connection_id"), calendar=OuterRef("calendar"))
    return Channel.objects.filter(~Exists(read), is_wanted=True).exclude(connection__status=Status.NEEDS_REAUTH)


def _fallen_silent() -> None:
    silent = Channel.objects.filter(is_wanted=True, silences__gte=MAX_SILENCES)
    for channel in silent.select_related("connection"):
        logger.error("Changes of a calendar of %s were not told by its channel.", channel.connection_id)
        Channel.objects.filter(pk=channel.pk).update(is_wanted=False, claimed_until=clock.now())


def stop_channel(channel_id: UUID) -> None:
    """Have the vendor push no more. Twice is harmless: what is over is over."""
    rows = Channel.objects.select_related("connection").filter(pk=channel_id, is_wanted=False)
    channel = leases.claim(rows, seconds=LEASE_SECONDS)
    if channel is None:
        return
    vendor = vendor_named(channel.connection.vendor)

    def ask(access: Access, left: float) -> None:
        vendor.stop_watching(access, str(channel.pk), channel.vendor_id, seconds=left)

    try:
        with_access(channel.connection, ask, seconds=settings.CALENDAR_WRITE_SECONDS, expected=(CalendarError,))
    except CalendarError as error:
        if error.retryable or isinstance(error, (GrantDead, RateLimited)):
            leases.held_by(channel).update(
                **leases.failed(channel, first=settings.CALENDAR_RETRY_SECONDS, cap=settings.CALENDAR_RETRY_CAP_SECONDS)
            )
            return
    leases.held_by(channel).delete()


def note_silence(calendar: MirroredCalendar) -> None:
    """A change was found that a channel should have told of, and has not since the reading before. In a transaction."""
    quiet = Q(last_push_at=None) | Q(last_push_at__lt=calendar.read_at)
    watched = Q(connection=calendar.mirror_id, calendar=calendar.calendar, created_at__lt=calendar.read_at)
    Channel.objects.filter(quiet, watched, is_wanted=True).exclude(vendor_id="").update(silences=F("silences") + 1)
