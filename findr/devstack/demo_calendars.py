"""The demonstration's calendars: two practices connect one of the sandbox's, as a person at a portal would, and have plans.

Everything goes over HTTP, through findr's own doors and the vendors' consent pages. It is done once: what is in an account
already stays as it is, and so does what somebody disconnected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from findr.devstack.clock import today
from findr.devstack.console import say
from findr.devstack.doors import PASSWORD, NotLoaded, answer, call
from findr.sandbox.calendars.client import CalendarClient
from findr.sandbox.client import ControlRefused, SandboxClient
from findr.sandbox.oauth.client import NoConsentPage

EVERY_DAY = "MO,TU,WE,TH,FR,SA,SU"


@dataclass(frozen=True)
class Plan:
    """An event by the clock on the practice's wall.

    Attributes:
        id: Google takes digits and the letters from a to v.
        ahead: the (first) day, counted from today.
        weekly: the days of a series, such as `MO,TH`; blank for a single event.
    """

    id: str
    title: str
    ahead: int
    starts: time
    ends: time
    weekly: str = ""
    show_as: str = "busy"


@dataclass(frozen=True)
class DemoCalendar:
    """A practice and the account that it connects. Its last plan is written last: with it, everything is there."""

    email: str
    vendor: str
    account: str
    zone: str
    plans: tuple[Plan, ...]


# Single events are in the afternoon: nobody's morning depends on the day on which this was loaded.
HARBOR = DemoCalendar(
    email="harbor@example.test",
    vendor="google",
    account="harbor.calendar@example.test",
    zone="America/New_York",
    plans=(
        Plan("demo1", "Supplier", 2, time(14), time(15, 30)),
        Plan("demo2", "Inspection", 9, time(15), time(17)),
        Plan("demo3", "Lunch", 0, time(12), time(13), weekly=EVERY_DAY),
    ),
)
LAKESIDE = DemoCalendar(
    email="lakeside@example.test",
    vendor="microsoft",
    account="lakeside.calendar@example.test",
    zone="America/Chicago",
    plans=(
        Plan("demo1", "Away", 3, time(14), time(18), show_as="oof"),
        Plan("demo2", "Workshop, perhaps", 8, time(15), time(16), show_as="tentative"),
        Plan("demo3", "Rounds", 0, time(8), time(9), weekly=EVERY_DAY),
    ),
)


def load(variables: Mapping[str, str]) -> None:
    """Connect and fill what is not there yet, beside a running web process and sandbox. What fails is a warning."""
    sandbox = SandboxClient(f"http://127.0.0.1:{variables['SANDBOX_PORT']}")
    for demo in (HARBOR, LAKESIDE):
        vendor: CalendarClient = getattr(sandbox, demo.vendor)
        # Somebody may have set up the real vendor, or none.
        if variables.get(f"{demo.vendor.upper()}_BASE") != vendor.base_url:
            continue
        try:
            _load(demo, vendor, variables)
        except (NotLoaded, ControlRefused, NoConsentPage, OSError, HTTPException) as problem:
            say(f"WARNING: {demo.email} has no calendar: {problem}")


def _load(demo: DemoCalendar, vendor: CalendarClient, variables: Mapping[str, str]) -> None:
    known = {event["id"] for event in vendor.events(demo.account)}
    if demo.plans[-1].id in known:
        return
    vendor.add_account(demo.account, demo.zone)
    _connect(demo, vendor, variables["PORT"])
    for plan in demo.plans:
        if plan.id not in known:
            _write(demo, plan, vendor, today(variables))
    say(f"{demo.email} is connected to {demo.account} ({demo.vendor})")


def _connect(demo: DemoCalendar, vendor: CalendarClient, port: str) -> None:
    """Sign in, follow the link, allow everything, and go back to findr with what the vendor said."""
    signed_in = answer(port, "POST", "/api/providers/login", {"email": demo.email, "password": PASSWORD})
    link = answer(port, "GET", f"/api/calendar/{demo.vendor}/auth/{signed_in['providerId']}", token=signed_in["token"])
    back = vendor.oauth.allow(link["authUrl"], demo.account)
    status, location, _ = call(port, "GET", f"{urlsplit(back.url).path}?{urlencode(back.fields)}")
    if status != 302 or "calendar=success" not in location:
        raise NotLoaded(f"the vendor's answer led to {status} {location.partition('?')[2]}".rstrip())


def _write(demo: DemoCalendar, plan: Plan, vendor: CalendarClient, first: date) -> None:
    day, zone = first + timedelta(days=plan.ahead), ZoneInfo(demo.zone)
    start, end = (datetime.combine(day, at, zone) for at in (plan.starts, plan.ends))
    series: dict[str, Any] = {"recurrence": [f"RRULE:FREQ=WEEKLY;BYDAY={plan.weekly}"]} if plan.weekly else {}
    vendor.book(demo.account, start, end, id=plan.id, title=plan.title, show_as=plan.show_as, **series)
