"""The appointment's file on the days on which clocks change, and in zones off the hour (lessons 64, 66)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cast import fresh
from icalendar import Calendar

from bookings.mails.invitation import calendar_file
from bookings.mails.stories import Story
from bookings.mails.words import when

MOMENTS = [
    (
        "America/Denver",
        "2026-10-31T23:30-06:00",
        "Saturday, October 31, 2026, 11:30 PM to Sunday, November 1, 2026, 12:30 AM",
    ),
    ("America/Denver", "2026-11-01T01:00-06:00", "Sunday, November 1, 2026, 1:00 AM MDT to 1:00 AM MST"),
    ("America/Denver", "2026-11-01T01:30-07:00", "Sunday, November 1, 2026, 1:30 AM MST to 2:30 AM"),
    ("America/Denver", "2027-03-14T01:30-07:00", "Sunday, March 14, 2027, 1:30 AM to 3:30 AM"),
    ("Asia/Kathmandu", "2027-01-05T09:15+05:45", "Tuesday, January 5, 2027, 9:15 AM to 10:15 AM"),
    ("Australia/Lord_Howe", "2027-04-04T01:15+11:00", "Sunday, April 4, 2027, 1:15 AM to 1:45 AM +1030"),
]


def in_zone(booking, zone, start):
    """The booking at another place and time, in memory alone."""
    booking.provider.timezone = zone
    booking.start = datetime.fromisoformat(start)
    booking.end = booking.start + timedelta(hours=1)
    return booking


@pytest.mark.lesson(64, 66)
def test_the_file_means_the_moment_whatever_the_clocks_do(patient):
    asked = patient.has_asked()
    line = asked.events.last()

    for zone, start, told in MOMENTS:
        booking = in_zone(fresh(asked.id), zone, start)
        calendar = Calendar.from_ical(calendar_file(Story(booking, [line], line)).content)
        (event,) = calendar.walk("VEVENT")

        assert event.start.astimezone(UTC) == booking.start.astimezone(UTC), start
        assert event.end.astimezone(UTC) == booking.end.astimezone(UTC), start
        assert when(booking).startswith(told), start
        assert when(booking).endswith(f"({zone})")
        for moment in (event["DTSTART"], event["DTEND"]):
            if moment.params.get("TZID"):  # By the rules in the file itself, and not by those of this machine.
                (rules,) = calendar.walk("VTIMEZONE")
                naive = moment.dt.replace(tzinfo=None)
                assert rules.to_tz().utcoffset(naive) == naive.replace(tzinfo=ZoneInfo(zone)).utcoffset(), start
