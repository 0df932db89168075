"""The practices' calendars: half of the practices have one, at either vendor, and are busy in it now and then."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chaos.people import People, Practice, number_of
from chaos.plan import Plan

from findr import clock
from findr.sandbox.client import SandboxClient

VENDORS = ("google", "", "microsoft", "")
NUMBER = re.compile(r"Booking (\S+)")


@dataclass(frozen=True)
class Calendar:
    """One practice's account at its vendor, and the vendor as tests control it."""

    accounts: Any
    vendor: str
    email: str

    def standing(self) -> list[tuple[str, datetime, datetime]]:
        """What stands in there for a visit: its number, from when to when."""
        events = [one for one in self.accounts.events(self.email) if one["status"] != "cancelled"]
        return [
            (named[1], datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"]))
            for one in events
            if (named := NUMBER.search(one["description"]))
        ]


def calendar_of(practice: Practice, sandbox: SandboxClient) -> Calendar | None:
    """The practice's calendar, if it has one."""
    number = int(practice.name.split()[-1])
    vendor = VENDORS[number % len(VENDORS)]
    return Calendar(getattr(sandbox, vendor), vendor, f"calendar{number}@example.test") if vendor else None


def connect_calendars(people: People, plan: Plan, sandbox: SandboxClient) -> None:
    """Connect them as a browser would, and write down when the practices are busy."""
    from calendars.models import VendorName
    from calendars.services.connecting import finish_consent
    from calendars.services.consents import begin_consent
    from calendars.services.lanes import Lane
    from findr.vendors.budget import Budget

    today = clock.now().date()
    for index, practice in enumerate(people.practices):
        calendar = calendar_of(practice, sandbox)
        if calendar is None:
            continue
        vendor = VendorName(calendar.vendor)
        url = begin_consent(lane=Lane(practice.id), user_id=number_of(2, index), vendor=vendor)
        answer = calendar.accounts.oauth.allow(url, calendar.email).fields
        finish_consent(vendor=vendor, answer=answer, budget=Budget(30))
        for busy in (one for one in plan.busy if one.practice == index):
            wall = time(busy.wall.hour, busy.wall.minute)
            start = datetime.combine(today + timedelta(days=busy.wall.days), wall, ZoneInfo(practice.zone))
            calendar.accounts.book(calendar.email, start, start + timedelta(hours=busy.hours))
