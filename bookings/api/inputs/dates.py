"""`startDate` and `endDate` of a list (contract 11.1)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from bookings.api.inputs.parsing import parsed
from providers.wall_times import GivenTime, parse_date, parse_moment


def read_day_bound(query: QueryDict, name: str, zone: ZoneInfo, *, whole_day: bool) -> datetime | None:
    """`startDate` or `endDate`: a date in the provider zone, or a date-time; inclusive (contract 11.1).

    Args:
        whole_day: a bare date means the end of that day, not its beginning.
    """
    text = query.get(name, "").strip()
    if not text:
        return None
    if len(text) > 10:
        given: GivenTime = parsed(name, parse_moment, text)
        return given.resolve(zone)
    day = parsed(name, parse_date, text)
    # Where the clocks go back at midnight, the day's last hour comes twice: it ends with the second one.
    last = datetime.max.time().replace(fold=1) if whole_day else datetime.min.time()
    return datetime.combine(day, last, tzinfo=zone)
