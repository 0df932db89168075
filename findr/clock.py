"""The one clock. Nothing else in findr asks what time it is, neither in Python nor in SQL.

Demonstrations and tests move it: `manage.py move_clock` writes an offset in seconds into the file that
`FINDR_CLOCK_FILE` names, and every process of the stack follows. Outside DEBUG and tests there is no such file.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """This moment, in UTC, moved by the demonstration offset if there is one."""
    moment = datetime.now(UTC)
    return moment + offset() if settings.CLOCK_FILE else moment


def offset() -> timedelta:
    """How far the clock has been moved: zero unless a clock file says otherwise."""
    try:
        return timedelta(seconds=float(Path(settings.CLOCK_FILE).read_text()))
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
