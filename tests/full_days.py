"""A practice of two whose time is much sought after, a calendar at either vendor; and everybody else's rows beside theirs."""

from datetime import datetime, time, timedelta
from uuid import uuid4

from django.db import connection

from bookings.models import TimeHold
from calendars.models import BusyTime, CalendarConnection, CalendarEvent, Mirror, MirroredCalendar
from findr import clock
from providers.models import OpeningHours, Provider, TeamMember

HORIZON = 60
OPENS, NOON, CLOSES = 8, 13, 18
DAY = timedelta(days=1)
HOLDS = """
INSERT INTO bookings_timehold (lane, owner, during, kind, created_at)
SELECT lane, gen_random_uuid(), tstzrange(start, start + interval '10 minutes'), 'booking', %(now)s
FROM unnest(%(lanes)s::uuid[]) lane, unnest(%(starts)s::timestamptz[]) start
"""
OTHERS_HOLDS = """
INSERT INTO bookings_timehold (lane, owner, during, kind, created_at)
SELECT md5('lane' || n / 500)::uuid, gen_random_uuid(),
    tstzrange(%(now)s + interval '1 hour' * (n %% 500), %(now)s + interval '1 hour' * (n %% 500 + 1)), 'booking', %(now)s
FROM generate_series(1, %(number)s) n
"""
OTHERS_BUSY_TIMES = """
INSERT INTO calendars_busytime (calendar_id, event_id, series_id, start, "end")
SELECT %(calendar)s, 'other' || n, '', %(now)s + interval '1 hour' * (n %% 1400), %(now)s + interval '1 hour' * (n %% 1400 + 1)
FROM generate_series(1, %(number)s) n
"""
OTHERS_EVENTS = """
INSERT INTO calendars_calendarevent (id, booking_id, lane, connection_id, calendar, wanted, start, "end", timezone, title,
    description, version, written_version, vendor_id, state, last_error, claimed_until, backoff_step, attempts, created_at,
    updated_at)
SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), %(connection)s, 'primary', true,
    %(now)s - interval '1 hour' * n, %(now)s - interval '1 hour' * (n - 1), 'UTC', '', '', 1, 1, 'other' || n, 'synced', '',
    %(now)s, 0, 1, %(now)s, %(now)s
FROM generate_series(1, %(number)s) n
"""
TABLES = (
    *("bookings_booking", "bookings_payment", "bookings_timehold"),
    *("calendars_busytime", "calendars_calendarevent", "calendars_mirroredcalendar"),
)


def full_practice(provider, *, holds, busy, days=HORIZON):
    """Have two of a team, each with a calendar at a vendor of their own, and their days from tomorrow on full of these.

    Args:
        holds, busy: how many time holds, all in the morning, and how many busy times there are of both together in all these
            days. A fifth of the busy times are visits that we wrote there.
    """
    Provider.objects.filter(pk=provider.pk).update(maximum_advance_days=HORIZON, slot_minutes=30)
    provider.refresh_from_db()
    _clear(provider)
    OpeningHours.objects.filter(provider=provider).delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(provider=provider, weekday=day, opens=time(OPENS), closes=time(CLOSES)) for day in range(7)
    )
    members = [TeamMember.objects.create(provider=provider, name=name) for name in ("Ana", "Ben")]
    first = (clock.now() + DAY).astimezone(provider.zone).date()
    with connection.cursor() as cursor:
        starts = list(_spread(first, days, holds // 2, OPENS, NOON, provider.zone))
        cursor.execute(HOLDS, {"lanes": [one.id for one in members], "starts": starts, "now": clock.now()})
    for member, vendor in zip(members, ("google", "microsoft"), strict=True):
        calendar = _read_calendar(provider, member, vendor)
        starts = list(_spread(first, days, busy // 2, OPENS, CLOSES, provider.zone))
        BusyTime.objects.bulk_create(
            BusyTime(calendar=calendar, event_id=f"{vendor}{n}", start=start, end=start + timedelta(minutes=10))
            for n, start in enumerate(starts)
        )
        CalendarEvent.objects.bulk_create(
            _written(calendar.mirror.connection, f"{vendor}{n}", start) for n, start in enumerate(starts) if n % 5 == 0
        )
    analyze()


def _clear(provider):
    """Nobody of the team, nothing taken, no calendar."""
    TimeHold.objects.filter(lane__in=provider.team_members.values("id")).delete()
    CalendarEvent.objects.filter(connection__provider=provider).delete()
    CalendarConnection.objects.filter(provider=provider).delete()
    provider.team_members.all().delete()


def _spread(first, days, number, opens, closes, zone):
    """So many starts, as many on each day as on any other, at equal distances between these hours."""
    apart = timedelta(hours=closes - opens) / -(-number // days)
    for n in range(number):
        index, day = divmod(n, days)
        yield datetime.combine(first + day * DAY, time(opens), tzinfo=zone) + index * apart


def _read_calendar(provider, member, vendor):
    """A connection whose calendar was read just now."""
    now = clock.now()
    connected = CalendarConnection.objects.create(
        provider=provider,
        member=member,
        vendor=vendor,
        account_email=f"{vendor}@example.test",
        target_calendar="primary",
        conflict_calendars=["primary"],
        claimed_until=now,
    )
    mirror = Mirror.objects.create(connection=connected, claimed_until=now + DAY)
    return MirroredCalendar.objects.create(
        mirror=mirror, calendar="primary", starts=now - DAY, ends=now + 80 * DAY, read_at=now
    )


def _written(connected, vendor_id, start):
    return CalendarEvent(
        booking_id=uuid4(),
        lane=connected.member_id,
        connection=connected,
        calendar="primary",
        vendor_id=vendor_id,
        start=start,
        end=start + timedelta(minutes=10),
        timezone="UTC",
        state="synced",
        written_version=1,
        claimed_until=start,
    )


def everybody_else(provider, number):
    """What so many bookings of others leave beside: a calendar event for each, and a hold and a busy time for one in ten."""
    calendar = _read_calendar(provider, None, "google")
    given = {"now": clock.now(), "calendar": calendar.pk, "connection": calendar.mirror.connection.pk}
    with connection.cursor() as cursor:
        cursor.execute(OTHERS_EVENTS, {**given, "number": number})
        for statement in (OTHERS_HOLDS, OTHERS_BUSY_TIMES):
            cursor.execute(statement, {**given, "number": number // 10})
    analyze()


def analyze():
    """What the database's own upkeep does in time; and what was read counts as read just now."""
    MirroredCalendar.objects.update(read_at=clock.now())
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
