"""People at work in the practices' calendars, while pushes get lost and vendors forget what was read and who is told."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from chaos.calendars import VENDORS, Calendar, calendar_of
from chaos.outages import of_a_moment
from chaos.times import Entry, Forgetting, PushFault
from chaos.world import World

from findr import clock

LENGTH = timedelta(minutes=45)
DAILY = "RRULE:FREQ=DAILY;COUNT=5"


@dataclass
class DiariesPart:
    """What is done there from outside. Nobody touches the visits that findr wrote.

    Attributes:
        entered: of each account, the ids of what was entered in this run.
    """

    practices: list[Any]
    world: World
    diary: Any
    entered: dict[str, list[str]] = field(default_factory=dict)

    def enter(self, entry: Entry) -> None:
        """Enter something, or change what somebody has entered."""
        calendar = self._calendar(entry.practice)
        if calendar is None:
            return
        entered = self.entered.setdefault(calendar.email, [])
        if entry.kind in ("book", "series") or not entered:
            entered.append(self._book(calendar, entry))
        else:
            self._change(calendar, entry, entered)
        self.diary.count(f"calendar {entry.kind}")

    def _book(self, calendar: Calendar, entry: Entry) -> str:
        start = _start(entry)
        more: dict[str, Any] = {"time_zone": "UTC", "recurrence": [DAILY]} if entry.kind == "series" else {}
        return str(calendar.accounts.book(calendar.email, start, start + LENGTH, **more)["id"])

    def _change(self, calendar: Calendar, entry: Entry, entered: list[str]) -> None:
        event, start = entered[int(entry.pick * len(entered))], _start(entry)
        match entry.kind:
            case "move":
                calendar.accounts.change(event, calendar.email, start=start, end=start + LENGTH)
            case "show":
                calendar.accounts.change(event, calendar.email, show_as="free" if entry.pick < 0.5 else "busy")
            case "remove":
                calendar.accounts.remove(event, calendar.email)
                entered.remove(event)

    def spoil(self, fault: PushFault) -> None:
        """Both vendors' next pushes."""
        self.world.outages.append(of_a_moment("pushes", "spoilt"))
        for vendor in filter(None, VENDORS):
            getattr(self.world.sandbox, vendor).pushes.misbehave(fault.rule)
        self.diary.count(f"pushes {fault.rule['action']}")

    def forget(self, forgetting: Forgetting) -> None:
        """410 for whoever goes on reading; or the channels are over, without a word."""
        calendar = self._calendar(forgetting.practice)
        if calendar is None:
            return
        if forgetting.what == "cursors":
            calendar.accounts.forget_cursors(calendar.email)
        else:
            self.world.outages.append(of_a_moment("pushes", "spoilt"))
            calendar.accounts.expire_channels(calendar.email)
        self.diary.count(f"forgotten {forgetting.what}")

    def _calendar(self, practice: int) -> Calendar | None:
        return calendar_of(self.practices[practice], self.world.sandbox)


def _start(entry: Entry) -> datetime:
    midnight = datetime.combine(clock.now().date(), time(), tzinfo=clock.now().tzinfo)
    return midnight + timedelta(days=entry.days, minutes=15 * entry.quarter + 7 * 60)
