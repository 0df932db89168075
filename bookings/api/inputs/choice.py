"""Which of the suggested times a patient accepts (contract 10.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers

from bookings.api.inputs.parsing import parsed, required
from findr.api.fields import Id, Text, read
from providers.wall_times import GivenTime, parse_date_and_time


class AcceptInput(serializers.Serializer[object]):
    """POST .../accept-suggested-time: an id, or the wall time of the suggestion."""

    suggestedTimeId = Id(required=False)  # noqa: N815
    selectedDate = Text(required=False, max_length=40)  # noqa: N815
    selectedTime = Text(required=False, max_length=40)  # noqa: N815


def read_choice(data: Mapping[str, Any], zone: ZoneInfo) -> tuple[UUID | None, datetime | None]:
    """Which suggestion is accepted: its id, else its start (contract 10.3).

    Raises:
        Invalid, TimeDoesNotExist
    """
    given = read(AcceptInput, data)
    if given["suggestedTimeId"]:
        return given["suggestedTimeId"], None
    day, wall = given["selectedDate"], given["selectedTime"]
    if not (day and wall):
        raise required("suggestedTimeId is required", "suggestedTimeId")
    parsed("selectedTime", lambda text: parse_date_and_time("2000-01-01", text), wall)
    time: GivenTime = parsed("selectedDate", lambda text: parse_date_and_time(text, wall), day)
    return None, time.resolve(zone)
