"""What is kept of times that are reserved, of calendars that are read and of channels; and what is still to be done about them."""

from calendar_accounts import CAL, VENDORS
from django.conf import settings
from mirrors import HOUR, noon

from bookings.models import Reservation, TimeHold
from calendars.models import BusyTime, Channel, Mirror, MirroredCalendar
from findr import clock

FAR_OFF = 300


def kept():
    """Reservations that stand, and whether their time is held; the mirror's busy times; how many channels watch."""
    standing = Reservation.objects.filter(expires_at__gt=clock.now()).order_by("start")
    return {
        "reservations": [
            (f"{one.start:%H:%M}", TimeHold.objects.filter(owner=one.owner, kind="reservation").count())
            for one in standing
        ],
        "busy times": sorted(BusyTime.objects.values_list("start", "end")),
        "channels": Channel.objects.filter(is_wanted=True).exclude(vendor_id="").count(),
    }


def lapsed():
    """Reservations, and the time that they held, which nobody has taken away."""
    rows = Reservation.objects.filter(expires_at__lte=clock.now())
    return rows.count() + TimeHold.objects.filter(lapses_at__lte=clock.now()).count()


def to_do(sandbox):
    """What somebody has to come back for."""
    rows = Channel.objects.exclude(vendor_id="")
    watching = rows.filter(is_wanted=True).count()
    return [
        *["a calendar to read"] * Mirror.objects.exclude(is_asked=False, lease_token=None).count(),
        *["a calendar to watch"] * (MirroredCalendar.objects.count() - watching if settings.CALENDAR_PUSH_URL else 0),
        *["a channel to stop"] * rows.filter(is_wanted=False).count(),
        *["a channel of nobody's"] * len(orphans(sandbox)),
    ]


def orphans(sandbox):
    """The vendors of the channels that we could not stop: their opening was never answered."""
    named = Channel.objects.exclude(vendor_id="").values_list("pk", "vendor_id")
    known = {str(name) for names in named for name in names}
    return [
        vendor for vendor in VENDORS for channel in getattr(sandbox, vendor).channels() if channel["id"] not in known
    ]


def let_orphans_push(sandbox):
    """Somebody enters an event and thinks better of it: what was forgotten is known by its push."""
    for vendor in set(orphans(sandbox)):
        accounts = getattr(sandbox, vendor)
        accounts.pushes.behave()
        event = accounts.book(CAL, noon(FAR_OFF), noon(FAR_OFF) + HOUR)
        accounts.remove(event["id"], CAL)
        accounts.pushes.settle(20)
