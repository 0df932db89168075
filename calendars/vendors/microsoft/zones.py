"""Time zones as Exchange names them: Windows' names, mostly. https://learn.microsoft.com/graph/api/resources/datetimetimezone"""

from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz


def zone_named(name: object) -> ZoneInfo | None:
    """The zone of a Windows or IANA name; None of a name that nobody else has, such as that of a zone made by hand."""
    try:
        return ZoneInfo(win_tz.get(str(name), str(name)))
    except (LookupError, ValueError, OSError):
        return None
