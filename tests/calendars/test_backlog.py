"""Very many visits for one calendar, at a vendor that answers 429 beyond its limit: all are written, and few are refused.

`FINDR_CALENDAR_EVENTS=1000 bin/test tests/calendars/test_backlog.py` for the whole.
"""

import os
import time as real_time
from datetime import timedelta

from calendar_accounts import CAL
from cast import START
from crowd import fill

from bookings.models import Booking
from calendars import tasks
from calendars.models import CalendarEvent
from findr import clock

MANY = int(os.environ.get("FINDR_CALENDAR_EVENTS", "100"))
# What the vendor lets through in a second, and what findr asks at most: a little less.
ALLOWED, ASKED = 60, 50
PATIENCE_SECONDS = 60 + MANY / ASKED * 4


def test_every_event_is_there_in_the_end_and_few_calls_are_refused(desk, patient, time, settings, figures):
    settings.CALENDAR_RATE = f"{ASKED}/1"
    settings.SWEEP_BATCH = MANY
    row = desk.connect()
    first = START.replace(microsecond=0) + timedelta(days=2)
    fill(desk.person.provider, patient.user, MANY)
    bookings = Booking.objects.filter(number__startswith="CROWD").values_list("id", flat=True)
    CalendarEvent.objects.bulk_create(
        CalendarEvent(
            booking_id=booking_id,
            connection=row,
            calendar=row.target_calendar,
            start=first + timedelta(hours=number),
            end=first + timedelta(hours=number + 1),
            timezone="America/Denver",
            title="findr visit",
            claimed_until=clock.now(),
        )
        for number, booking_id in enumerate(bookings)
    )
    desk.accounts.limit(ALLOWED, 1.0)
    began = real_time.monotonic()

    while CalendarEvent.objects.exclude(state="synced").exists():
        assert real_time.monotonic() - began < PATIENCE_SECONDS
        tasks.sweep_events()
        real_time.sleep(0.1)

    calls = [one["status"] for one in desk.accounts.calls("events.*", CAL)]
    assert len(desk.accounts.events(CAL)) == MANY
    assert calls.count(429) < len(calls) / 100
    took = real_time.monotonic() - began
    figures.append(f"{MANY} events into {desk.vendor}: {len(calls)} calls in {took:.1f} s, {calls.count(429)} refused")
