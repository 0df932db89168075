"""The judge of what is kept of times and calendars: reservations end, mirrors are what a full reading finds, channels are nobody's orphans."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from chaos.calendars import VENDORS, calendar_of
from django.db.models import F
from mirrors import HOUR, held, read_whole

from bookings.models import Reservation, TimeHold
from bookings.services.reservations import free_lapsed
from calendars.models import CalendarConnection, Channel, MirroredCalendar, Status
from findr import clock

# Until the clock has read every calendar, opened what is to be open, and stopped the rest.
PATIENCE_SECONDS, LOOK_SECONDS = 150.0, 0.5
FAR_OFF = timedelta(days=300)


def broken(play: Any) -> list[str]:
    """A line for each thing that is wrong; time has passed in which every reservation lapsed."""
    free_lapsed()  # The worker does so once a minute.
    return [*reservations_left(), *_mirrors(play), *_channels(play)]


def reservations_left() -> Iterator[str]:
    """None outlives its time; and no time is held in the name of one that there is not."""
    yield from (f"the reservation {one.id} outlives its time" for one in Reservation.objects.all())
    held_by_none = TimeHold.objects.filter(kind=TimeHold.Kind.RESERVATION)
    yield from (f"a reservation that is over holds {one.during} of {one.lane}" for one in held_by_none)


def _mirrors(play: Any) -> Iterator[str]:
    """Each calendar's mirror is what a reading from the beginning finds at the same moment."""
    for connection in CalendarConnection.objects.filter(status=Status.ACTIVE):
        yield from _until_none(play, lambda connection=connection: difference_of(connection))


def difference_of(connection: CalendarConnection) -> list[str]:
    """What its mirror has too much or too little of, at this moment."""
    rows = MirroredCalendar.objects.filter(mirror=connection.pk)
    if not rows.exclude(read_at=None).exists():
        return [f"{connection} was never read"]
    before, whole, after = held(connection), read_whole(connection), held(connection)
    if before != after or whole == after:
        return [] if before == after else [f"the mirror of {connection} goes on changing"]
    return [f"the mirror of {connection} lacks {sorted(whole - after)} and has {sorted(after - whole)}"]


def _channels(play: Any) -> list[str]:
    """Each calendar that is read has one channel, and the vendors push by no other."""
    for calendar in filter(None, (calendar_of(one, play.world.sandbox) for one in play.people.practices)):
        # What was opened without an answer is known by its next push.
        start = clock.now() + FAR_OFF
        event = calendar.accounts.book(calendar.email, start, start + HOUR)
        calendar.accounts.remove(event["id"], calendar.email)
    return _until_none(play, lambda: [*orphans(play), *unwatched()])


def orphans(play: Any) -> Iterator[str]:
    """Channels at the vendors that we know nothing of, or do not want."""
    named = Channel.objects.filter(is_wanted=True).exclude(vendor_id="").values_list("pk", "vendor_id")
    known = {str(name) for names in named for name in names}
    for vendor in filter(None, VENDORS):
        for channel in getattr(play.world.sandbox, vendor).channels():
            if channel["id"] not in known:
                yield f"{vendor} pushes to {channel['account']} by a channel of nobody's: {channel['id']}"


def unwatched() -> Iterator[str]:
    """Calendars that are read and have no channel, or several. After many failures the next try may be hours away."""
    for row in MirroredCalendar.objects.annotate(connection=F("mirror__connection")):
        channels = Channel.objects.filter(connection=row.connection, calendar=row.calendar, is_wanted=True)
        number = channels.exclude(vendor_id="").filter(expires_at__gt=clock.now()).count()
        is_tried_later = channels.filter(vendor_id="", lease_token=None, claimed_until__gt=clock.now()).exists()
        if number > 1 or not (number or is_tried_later):
            yield f"the calendar {row.calendar} of {row.connection} has {number} channels"


def _until_none(play: Any, look: Callable[[], list[str]]) -> list[str]:
    """What is still wrong when patience is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := look()) and time.monotonic() < deadline:
        play.world.tend()
        time.sleep(LOOK_SECONDS)
    return found
