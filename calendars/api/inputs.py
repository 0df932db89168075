"""What the calendars' endpoints take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers

from calendars.models.connection import MAX_CONFLICT_CALENDARS
from findr.api.fields import Id, Text, read
from findr.errors import Invalid
from providers.models import Provider
from providers.wall_times import GivenTime, parse_moment

MAX_CALENDAR_ID = 500


class TargetInput(serializers.Serializer[object]):
    targetId = Text(max_length=MAX_CALENDAR_ID)  # noqa: N815


class IntervalInput(serializers.Serializer[object]):
    providerId = Id()  # noqa: N815
    startTime = Text(max_length=40)  # noqa: N815
    endTime = Text(max_length=40)  # noqa: N815


@dataclass(frozen=True)
class Interval:
    """[start, end) of a practice."""

    provider_id: UUID
    start: datetime
    end: datetime


def read_choice(data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The target, and the calendars that are read for conflicts: one to ten.

    Raises:
        Invalid
    """
    target: str = read(TargetInput, data)["targetId"]
    conflicts = data.get("conflictIds")
    if conflicts is None:
        raise Invalid("conflictIds is required", conflictIds="conflictIds is required")
    is_list = isinstance(conflicts, list) and all(isinstance(one, str) for one in conflicts)
    if not is_list or not 1 <= len(set(conflicts)) <= MAX_CONFLICT_CALENDARS:
        raise Invalid("conflictIds is invalid", conflictIds="conflictIds is invalid")
    return target, conflicts


def read_interval(data: Mapping[str, Any]) -> Interval:
    """A stretch of time; without an offset it is wall time in the provider zone, in UTC if there is no such practice.

    Raises:
        Invalid, TimeDoesNotExist
    """
    given = read(IntervalInput, data)
    start, end = _moment("startTime", given["startTime"]), _moment("endTime", given["endTime"])
    practice = Provider.objects.only("timezone").filter(id=given["providerId"]).first()
    zone = practice.zone if practice else ZoneInfo("UTC")
    interval = Interval(given["providerId"], start.resolve(zone), end.resolve(zone))
    if interval.end <= interval.start:
        raise Invalid("endTime is invalid", endTime="endTime is invalid")
    return interval


def _moment(name: str, text: str) -> GivenTime:
    try:
        return parse_moment(text)
    except ValueError:
        raise Invalid(f"{name} is invalid", **{name: f"{name} is invalid"}) from None
