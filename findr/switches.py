"""Kill switches: what staff can turn off in the console, without a release or a restart.

Each is a row of django-waffle (https://waffle.readthedocs.io/en/stable/types/switch.html). What a process has read of it,
it keeps for `SWITCH_SECONDS` in its own memory, so that asking costs nothing, Redis is not needed, and a change is seen
everywhere within five seconds.
"""

from enum import StrEnum
from time import monotonic

import waffle
from django.conf import settings


class Switch(StrEnum):
    """The switches by name; each has a row from a migration, so that staff find it."""

    INSTANT_BOOKING = "instant_booking"
    CALENDAR_CHECKS = "calendar_checks"
    PUSH = "push"
    MAIL = "mail"
    REALTIME = "realtime"


# What staff read before they turn one off.
WHEN_OFF: dict[Switch, str] = {
    Switch.INSTANT_BOOKING: (
        "Nobody is booked at once: at a practice with a calendar each new booking is a request that the practice answers, "
        "and its money is only held. Calendars are not asked about new bookings."
    ),
    Switch.CALENDAR_CHECKS: (
        "No calendar is asked whether a time is free: at a practice with a calendar each new booking is a request that the "
        "practice answers, and a suggested time is accepted without a look into the calendar."
    ),
    Switch.PUSH: (
        "Nothing is pushed to anybody's devices. People find what they are told in the app, and what they have missed is "
        "not pushed later: on a booking's page staff see what was not sent, and have it sent again."
    ),
    Switch.MAIL: (
        "No mail leaves, reminders and mails to practices included. What would have been sent meanwhile stands on its "
        "booking's page as not sent, and is not made up for later; staff can send it again there."
    ),
    Switch.REALTIME: (
        "Nobody hears of changes live: open connections of apps and portals end, and they have to ask for news themselves. "
        "Nothing is lost: who connects again later gets what was missed."
    ),
}


# What was read of each, and until when it is believed. In waffle's own cache every answer would be pickled.
_read: dict[Switch, tuple[bool, float]] = {}


def is_on(switch: Switch) -> bool:
    """Whether it is on, as it was at most `SWITCH_SECONDS` ago. One that has no row is on: an empty database works."""
    is_active, until = _read.get(switch, (True, 0.0))
    if monotonic() >= until:
        is_active = bool(waffle.switch_is_active(switch.value))
        _read[switch] = is_active, monotonic() + settings.SWITCH_SECONDS
    return is_active


def forget() -> None:
    """Read each of them again: one was turned by this process."""
    _read.clear()
