"""What is asked about free times (contract 16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from rest_framework import serializers

from bookings.api.inputs.parsing import parsed, required
from findr import clock
from findr.api.fields import Id, Text, as_id, read
from findr.api.paging import read_integer
from findr.errors import Invalid
from providers.wall_times import GivenTime, parse_date, parse_date_time, parse_wall_time

SHORTEST, LONGEST, USUAL = 5, 480, 60
MODES = ("all", "first_available")


@dataclass(frozen=True)
class DayAsked:
    """A day of one practice.

    Attributes:
        day: None is today, in the provider zone.
        member_id: whose lane; None is everybody's.
    """

    day: date | None
    minutes: int
    member_id: UUID | None
    mode: str

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def day_in(self, zone: ZoneInfo) -> date:
        """The day that is meant."""
        return self.day or clock.now().astimezone(zone).date()


def read_day(query: QueryDict) -> DayAsked:
    """The query of a day's times.

    Raises:
        Invalid
    """
    day, member, mode = (query.get(name, "").strip() for name in ("date", "memberId", "mode"))
    if mode and mode not in MODES:
        raise Invalid("mode is invalid", mode="mode is invalid")
    return DayAsked(
        day=parsed("date", parse_date, day) if day else None,
        minutes=_checked(read_integer(query, "duration", USUAL, minimum=SHORTEST)),
        member_id=as_id(member) if member else None,
        mode=mode or MODES[0],
    )


def _checked(minutes: int) -> int:
    if not SHORTEST <= minutes <= LONGEST:
        raise Invalid("duration is invalid", duration="duration is invalid")
    return minutes


class VerifyInput(serializers.Serializer[object]):
    """POST /api/availability/verify-slot"""

    providerId = Id()  # noqa: N815
    teamMemberId = Id(required=False)  # noqa: N815
    date = Text(max_length=40)
    startTime = Text(max_length=40)  # noqa: N815


@dataclass(frozen=True)
class SlotAsked:
    """One time of one lane; its wall time is of the provider zone."""

    provider_id: UUID
    member_id: UUID | None
    wall: datetime
    minutes: int

    def start_in(self, zone: ZoneInfo) -> datetime:
        """The instant; TimeDoesNotExist if the clocks skip it."""
        return GivenTime(self.wall).resolve(zone)


def read_slot(data: Mapping[str, Any]) -> SlotAsked:
    """The body of a verification.

    Raises:
        Invalid
    """
    given = read(VerifyInput, data)
    day = parsed("date", parse_date, given["date"])
    wall = parsed("startTime", parse_wall_time, given["startTime"])
    minutes = whole_minutes(data.get("duration", USUAL))
    return SlotAsked(given["providerId"], given["teamMemberId"], datetime.combine(day, wall), minutes)


class ReserveInput(serializers.Serializer[object]):
    """POST /api/bookings/reserve-slot"""

    providerId = Id()  # noqa: N815
    startTime = Text(max_length=40)  # noqa: N815
    teamMemberId = Id(required=False)  # noqa: N815
    serviceId = Id(required=False)  # noqa: N815


@dataclass(frozen=True)
class TimeAsked:
    """A time that a patient wants kept; `minutes` is None where a service says how long it is."""

    provider_id: UUID
    member_id: UUID | None
    service_id: UUID | None
    start: GivenTime
    minutes: int | None


def read_reservation(data: Mapping[str, Any]) -> TimeAsked:
    """The body of a reservation.

    Raises:
        Invalid: neither a service nor a duration says how long it is, or anything else.
    """
    given = read(ReserveInput, data)
    start = parsed("startTime", parse_date_time, given["startTime"])
    duration = data.get("duration")
    if given["serviceId"] is None and duration is None:
        raise required("duration is required", "duration")
    minutes = None if given["serviceId"] else whole_minutes(duration)
    return TimeAsked(given["providerId"], given["teamMemberId"], given["serviceId"], start, minutes)


def whole_minutes(given: Any) -> int:
    """A duration in JSON: a whole number, and no text that looks like one (contract 2.1)."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise Invalid("duration is invalid", duration="duration is invalid")
    return _checked(given)
