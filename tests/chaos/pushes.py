"""Every phone, as FCM knows what was sent there, against the history: each push once, and none of what never happened."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from chaos.arrivals import LONGEST, Arrivals, Key, Owed, excuse_of
from chaos.news import REMINDERS, deadline_in, histories, told_frames
from chaos.outages import Outage

from bookings.models import Booking
from notifications.models import Delivery, Device, FeedEvent

# By recipient: the addresses of their phones.
Phones = Mapping[UUID, Sequence[str]]
# What was sent at the end of a second of the vendor's clock, which has no smaller part, seems to come a second early.
CALL_TO_COMMIT = 2.0


def pushes(
    phones: Phones,
    messages: Iterable[Mapping[str, Any]],
    moment_of: Callable[[float], float] = float,
    excuse: Callable[[Key, float], str] = lambda key, at: "",
    *,
    patience: float,
) -> Arrivals:
    """What was owed to phones and what came there.

    Args:
        messages: as the sandbox has them.
        moment_of: a moment of the vendor's clock on the machine's monotonic one.
        patience: how long findr waits for an answer, in seconds.
    """
    rows = _rows()
    owed = {
        (address, str(frame.id), kind, str(frame.booking_id)): one
        for frame, kind, one in _owed()
        for address in phones.get(frame.recipient, ())
    }
    arrived: dict[Key, list[float]] = defaultdict(list)
    late = set()
    for sent in messages:
        data, at = sent["message"]["data"], moment_of(sent["sent_at"])
        key = (sent["address"], data["eventId"], data["type"], data["bookingId"])
        arrived[key].append(at)
        # The vendor's clock has whole seconds.
        if key in rows and rows[key].created_at.timestamp() + patience <= sent["sent_at"] + 1:
            late.add((key, at))

    def excused(key: Key, at: float) -> str:
        gave_up = (key, at) in late and rows[key].attempts > 1
        return excuse(key, at) or ("it left when its sender had given up" if gave_up else "")

    return Arrivals("push", owed, arrived, rows, excused)


def unheard(
    calls: Iterable[Mapping[str, Any]], outages: Sequence[Outage], *, patience: float, now: tuple[float, float]
):
    """The excuse of a push that came once more: its answer was lost or late, or who had to write it down died.

    Args:
        calls: FCM's own log.
        patience: how long findr waits for an answer.
        now: this moment on the log's clock, and on the monotonic one.
    """
    lost = defaultdict(list)
    for call in calls:
        took = (call["duration_ms"] or 0) / 1000
        if call["status"] != 200 or took >= patience:
            began = call["at"] - now[0] + now[1]
            lost[call["account"]].append((began, began + took))

    def excuse(key: Key, at: float) -> str:
        if any(began - CALL_TO_COMMIT <= at <= ended + CALL_TO_COMMIT for began, ended in lost[key[0]]):
            return "its answer was lost"
        return excuse_of(outages, at)

    return excuse


def _owed() -> Iterator[tuple[FeedEvent, str, Owed]]:
    """Each frame that a push goes with, and the push's type."""
    lines, starts = histories(), dict(Booking.objects.values_list("id", "start"))
    for frame, news in told_frames():
        since = frame.created_at
        line = news.line.id if news else max(one.id for one in lines[frame.booking_id] if one.created_at <= since)
        if kind := news.words.push if news else REMINDERS[frame.type]:
            # Of a visit that has begun nothing is news.
            until = min(since + LONGEST, starts[frame.booking_id], deadline_in(frame) or since + LONGEST)
            yield frame, kind, Owed(frame.booking_id, line, since, until)


def _rows() -> dict[Key, Delivery]:
    addresses = dict(Device.objects.values_list("id", "address"))
    rows = Delivery.objects.filter(transport="push").select_related("notification")
    return {
        (addresses[row.device_id], str(row.notification.event_id), row.notification.type, str(row.booking_id)): row
        for row in rows
    }
