"""The times that a practice suggests (contract 11.4, 11.5)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from bookings.api.inputs.parsing import identity_of, parsed
from findr.api.fields import Text, read
from findr.errors import FindrError, Invalid
from providers.wall_times import GivenTime, parse_date_time

MAX_SUGGESTIONS = 3


class MessageInput(serializers.Serializer[object]):
    message = Text(required=False, max_length=500)


class RescheduleInput(MessageInput):
    proposedStart = Text(max_length=40)  # noqa: N815


def read_suggestions(data: Mapping[str, Any], zone: ZoneInfo) -> tuple[list[datetime], str]:
    """The starts that a provider suggests, in the provider's order, and the message (contract 11.4).

    What is wrong with the body as such is told before what the clocks make of its times (contract 4).

    Raises:
        Invalid, TimeDoesNotExist: `index` says which of the times it is.
    """
    times = data.get("proposedTimes")
    if times is None or times == []:
        raise _proposed("At least one alternative time is required")
    if not isinstance(times, list) or not all(isinstance(time, dict) for time in times):
        raise _proposed("proposedTimes is invalid")
    if len(times) > MAX_SUGGESTIONS:
        raise _proposed("Maximum 3 alternative times allowed")
    message = read(MessageInput, data)["message"] or ""
    given = [_suggested_start(time.get("start")) for time in times]
    if len({identity_of(time, zone) for time in given}) < len(given):
        raise _proposed("Suggested times must differ")
    return [_resolved(index, time, zone) for index, time in enumerate(given)], message


def read_reschedule(data: Mapping[str, Any], zone: ZoneInfo) -> tuple[list[datetime], str]:
    """The one start that a provider suggests, and the message (contract 11.5)."""
    given = read(RescheduleInput, data)
    time: GivenTime = parsed("proposedStart", parse_date_time, given["proposedStart"])
    return [_resolved(0, time, zone)], given["message"] or ""


def _suggested_start(text: Any) -> GivenTime:
    given: GivenTime = parsed("proposedTimes", parse_date_time, text if isinstance(text, str) else "")
    return given


def _resolved(index: int, given: GivenTime, zone: ZoneInfo) -> datetime:
    try:
        return given.resolve(zone)
    except FindrError as refusal:
        refusal.extra["index"] = index
        raise


def _proposed(sentence: str) -> Invalid:
    return Invalid(sentence, proposedTimes=sentence)
