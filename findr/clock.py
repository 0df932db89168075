"""The one clock. Nothing else in findr asks what time it is, neither in Python nor in SQL.

Demonstrations and tests move it, in every process of a stack. A run may begin at another moment than the machine's:
`FINDR_CLOCK_AHEAD` says how many seconds lie between them, for as long as the run lasts. On top of it
`manage.py move_clock` writes an offset in seconds into the file that `FINDR_CLOCK_FILE` names. Outside DEBUG and tests
there is neither.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

_AHEAD = timedelta(seconds=settings.CLOCK_AHEAD)


def now() -> datetime:
    """This moment, in UTC, moved by the run's beginning and the demonstration's offset if there are any."""
    moment = datetime.now(UTC) + _AHEAD
    return moment + offset() if settings.CLOCK_FILE else moment


def offset() -> timedelta:
    """How far the clock has been moved since the run began: zero unless a clock file says otherwise."""
    try:
        # Asked dozens of times in a call: Path takes four times as long.
        with open(settings.CLOCK_FILE, "rb", buffering=0) as file:
            return timedelta(seconds=float(file.read()))
    except (FileNotFoundError, ValueError):
        return timedelta(0)


def move(by: timedelta) -> None:
    """Set the offset for every process that shares the clock file.

    Raises:
        RuntimeError: the process has no clock file (any process outside DEBUG and tests).
    """
    if not settings.CLOCK_FILE:
        raise RuntimeError("The clock moves only in development: FINDR_CLOCK_FILE is not set.")
    path = Path(settings.CLOCK_FILE)
    scratch = path.with_suffix(".new")
    scratch.write_text(str(by.total_seconds()))
    scratch.replace(path)
