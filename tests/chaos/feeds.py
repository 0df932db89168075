"""Was everybody told of everything, once and in order? Each feed, read as an app reads it, against the history."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chaos.news import REMINDERS, all_news
from chaos.people import Somebody
from chaos.phone import Phone

if TYPE_CHECKING:
    from chaos.play import Play

PAGE = 300
Told = dict[tuple[str, str], list[str]]


def broken(play: "Play") -> list[str]:
    """A line for each gap, and for each booking of which somebody was told something else than what happened."""
    should, found = _should_be_told(), []
    for somebody in (*play.people.patients, *play.people.practices):
        phone = Phone(somebody, play.world.port, play.diary, play.over)
        events = list(_read(phone))
        numbers = [event["seq"] for event in events]
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"the feed of {somebody.name} is numbered {numbers}")
        found += _differences(somebody, events, should)
    return found


def _read(phone: Phone) -> Iterator[dict[str, Any]]:
    since, more = 0, True
    while more:
        page = phone.get("feed", f"/api/notifications?since={since}&limit={PAGE}").body
        yield from page["events"]
        since, more = page["nextSince"], page["hasMore"]


def _differences(somebody: Somebody, events: list[dict[str, Any]], should: Told) -> Iterator[str]:
    told: dict[str, list[str]] = defaultdict(list)
    for event in (one for one in events if one["type"] not in REMINDERS):
        told[str(event.get("bookingId") or event["data"]["bookingId"])].append(event["type"])
    whose = {booking_id: kinds for (recipient, booking_id), kinds in should.items() if recipient == str(somebody.id)}
    for booking_id in {*told, *whose}:
        if told[booking_id] != whose.get(booking_id, []):
            yield f"{somebody.name} was told {told[booking_id]} of {booking_id}, not {whose.get(booking_id, [])}"


def _should_be_told() -> Told:
    should: Told = defaultdict(list)
    for one in all_news():
        should[(str(one.recipient), str(one.line.booking_id))].append(one.words.frame)
    return should
