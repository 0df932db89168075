"""Practices drawn at random, with a book and a day of it, and what a model that walks minute by minute says of that day."""

import random
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from cast import RIDGE
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.models import TimeHold
from findr import clock
from providers.models import OpeningHours, Provider, TimeOff

ZONES = [
    *("America/Denver", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("America/St_Johns", "Pacific/Auckland", "Asia/Kolkata"),
]
MINUTE = timedelta(minutes=1)


def change_days(zone, after, before):
    """The days on which the clocks of a zone change."""
    days, offset = [], None
    day = after
    while day < before:
        noon = datetime.combine(day, time(12), tzinfo=zone).utcoffset()
        if offset is not None and noon != offset:
            days.append(day)
        offset, day = noon, day + timedelta(days=1)
    return days


class Situation:
    """A practice drawn at random, its book, and a day of it that is asked about."""

    def __init__(self, seed):
        self.draw = draw = random.Random(seed)
        self.zone = ZoneInfo(draw.choice(ZONES))
        self.lead, self.horizon = draw.choice([0, 60, 600, 2880]), draw.choice([1, 7, 60, 365])
        self.step, self.length = draw.choice([5, 15, 30, 45, 50]), draw.choice([5, 30, 45, 60, 90, 240])
        self.buffer = draw.choice([0, 0, 10, 25])
        today = clock.now().astimezone(self.zone).date()
        changes = change_days(self.zone, today, today + timedelta(days=364))
        self.day = draw.choice([*changes, *changes, *(today + timedelta(days=draw.randint(-1, 62)) for _ in range(4))])
        opens = draw.choice([time(0), time(0, 45), time(8), time(9, 10)])
        self.hours = None if draw.random() < 0.1 else (opens, draw.choice([time(11), time(17), time(23, 59)]))
        self.holds = [self.stretch() for _ in range(draw.randint(0, 6))]
        self.away = [self.stretch() for _ in range(draw.randint(0, 2))]

    def stretch(self):
        begins = datetime.combine(self.day, time(0), tzinfo=self.zone).astimezone(UTC) - timedelta(hours=3)
        start = begins + timedelta(minutes=self.draw.randint(0, 30 * 60))
        return start, start + timedelta(minutes=self.draw.choice([5, 30, 60, 200]))

    def write(self, member):
        Provider.objects.filter(id=RIDGE).update(
            timezone=self.zone.key,
            minimum_lead_minutes=self.lead,
            maximum_advance_days=self.horizon,
            buffer_minutes=self.buffer,
            slot_minutes=self.step,
        )
        for rows in (OpeningHours.objects.filter(provider=RIDGE), TimeOff.objects.all(), TimeHold.objects.all()):
            rows.delete()
        if self.hours:
            opens, closes = self.hours
            OpeningHours.objects.create(provider_id=RIDGE, weekday=self.day.weekday(), opens=opens, closes=closes)
        for index, (start, end) in enumerate(self.away):
            whose = member if index else None
            TimeOff.objects.create(provider_id=RIDGE, team_member=whose, start=start, end=end)
        owner = uuid4()  # One owner: its holds may overlap each other.
        for start, end in self.holds:
            during = DateTimeTZRange(start, end)
            TimeHold.objects.create(lane=member.id, owner=owner, during=during, kind="booking")

    def reason(self, wall):
        """Minute by minute."""
        start = datetime.combine(self.day, wall, tzinfo=self.zone).astimezone(UTC)
        length, now = timedelta(minutes=self.length), clock.now()
        if start <= now:
            return "past"
        if start - now < timedelta(minutes=self.lead + 15):
            return "too_soon"
        if start - now > timedelta(days=self.horizon):
            return "too_far_ahead"
        minutes = [start + index * MINUTE for index in range(self.length)]
        if any(begin <= minute < end for minute in minutes for begin, end in self.away):
            return "closed"
        minutes += [start + length + index * MINUTE for index in range(self.buffer)]
        if any(begin <= minute < end for minute in minutes for begin, end in self.holds):
            return "taken"
        return None

    def ends_in_time(self, wall):
        ends = wall.replace(tzinfo=self.zone).astimezone(UTC) + timedelta(minutes=self.length)
        return ends.astimezone(self.zone).replace(tzinfo=None) <= datetime.combine(self.day, self.hours[1])

    def expected(self):
        """Every grid time of the day: its wall time, and what stands against it."""
        if self.hours is None:
            return []
        found, wall = [], datetime.combine(self.day, self.hours[0])
        while wall < datetime.combine(self.day, self.hours[1]):
            there = wall.replace(tzinfo=self.zone).astimezone(UTC).astimezone(self.zone).replace(tzinfo=None)
            if there == wall and self.ends_in_time(wall):
                found.append((f"{wall:%H:%M}", self.reason(wall.time())))
            wall += timedelta(minutes=self.step)
        return found
