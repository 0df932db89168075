"""What clients send (contract 10.1, 11)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict
from rest_framework import serializers

from findr.api.fields import Id, Text, as_id, read
from findr.errors import FindrError, Forbidden, Invalid
from providers.wall_times import (
    GivenTime,
    TimeDoesNotExist,
    parse_date,
    parse_date_and_time,
    parse_date_time,
    parse_moment,
    zone_names,
)

MAX_SUGGESTIONS = 3


class CreateInput(serializers.Serializer[object]):
    """POST /api/bookings. The fields that the server knows better are not even read."""

    providerId = Id()  # noqa: N815
    serviceId = Id()  # noqa: N815
    appointmentDate = Text(required=False, max_length=40)  # noqa: N815
    appointmentTime = Text(required=False, max_length=40)  # noqa: N815
    startTime = Text(required=False, max_length=40)  # noqa: N815
    paymentMethodId = Text(required=False, max_length=255)  # noqa: N815
    teamMemberId = Id(required=False)  # noqa: N815
    notes = Text(required=False, max_length=2000)
    patientNotes = Text(required=False, max_length=2000)  # noqa: N815


class NoteInput(serializers.Serializer[object]):
    note = Text(required=False, max_length=500)


class CancelInput(serializers.Serializer[object]):
    reason = Text(required=False, max_length=500)


class AcceptInput(serializers.Serializer[object]):
    """POST .../accept-suggested-time: an id, or the wall time of the suggestion."""

    suggestedTimeId = Id(required=False)  # noqa: N815
    selectedDate = Text(required=False, max_length=40)  # noqa: N815
    selectedTime = Text(required=False, max_length=40)  # noqa: N815


class MessageInput(serializers.Serializer[object]):
    message = Text(required=False, max_length=500)


class RescheduleInput(MessageInput):
    proposedStart = Text(max_length=40)  # noqa: N815


class ReasonInput(serializers.Serializer[object]):
    reason = Text(max_length=500)


def read_create(data: Mapping[str, Any]) -> dict[str, Any]:
    """The checked body of a create; its times are still as written: see `given_start`.

    Raises:
        Invalid
    """
    given = read(CreateInput, data)
    given["times"] = _given_times(given)
    return given


def refuse_other_patient(data: Mapping[str, Any], patient_id: object) -> None:
    """`patientId` and `userId` in a body may only repeat the token's (contract 10.1)."""
    for name in ("patientId", "userId"):
        claimed = data.get(name)
        if claimed is not None and not (isinstance(claimed, str) and as_id(claimed) == patient_id):
            raise Forbidden


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
        raise _required("suggestedTimeId is required", "suggestedTimeId")
    _parsed("selectedTime", lambda text: parse_date_and_time("2000-01-01", text), wall)
    time: GivenTime = _parsed("selectedDate", lambda text: parse_date_and_time(text, wall), day)
    return None, time.resolve(zone)


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
    if len({_identity(time, zone) for time in given}) < len(given):
        raise _proposed("Suggested times must differ")
    return [_resolved(index, time, zone) for index, time in enumerate(given)], message


def read_reschedule(data: Mapping[str, Any], zone: ZoneInfo) -> tuple[list[datetime], str]:
    """The one start that a provider suggests, and the message (contract 11.5)."""
    given = read(RescheduleInput, data)
    time: GivenTime = _parsed("proposedStart", parse_date_time, given["proposedStart"])
    return [_resolved(0, time, zone)], given["message"] or ""


def _suggested_start(text: Any) -> GivenTime:
    given: GivenTime = _parsed("proposedTimes", parse_date_time, text if isinstance(text, str) else "")
    return given


def _identity(given: GivenTime, zone: ZoneInfo) -> datetime | GivenTime:
    """What makes it the same time as another one: its instant; a wall time that the clocks skip is one of its own."""
    try:
        return given.resolve(zone)
    except TimeDoesNotExist:
        return given


def _resolved(index: int, given: GivenTime, zone: ZoneInfo) -> datetime:
    try:
        return given.resolve(zone)
    except FindrError as refusal:
        refusal.extra["index"] = index
        raise


def _proposed(sentence: str) -> Invalid:
    return Invalid(sentence, proposedTimes=sentence)


def _given_times(given: Mapping[str, Any]) -> dict[str, GivenTime]:
    day, wall, start = given["appointmentDate"], given["appointmentTime"], given["startTime"]
    times = {}
    if start:
        times["startTime"] = _parsed("startTime", parse_date_time, start)
    if day and wall:
        _parsed("appointmentTime", lambda text: parse_date_and_time("2000-01-01", text), wall)
        times["appointmentDate"] = _parsed("appointmentDate", lambda text: parse_date_and_time(text, wall), day)
    elif day and len(day) > 10:
        times["appointmentDate"] = _parsed("appointmentDate", parse_date_time, day)
    elif day:
        _parsed("appointmentDate", parse_date, day)
        raise _required("appointmentTime is required", "appointmentTime")
    elif wall or not start:
        raise _required("appointmentDate and appointmentTime are required", "appointmentDate", "appointmentTime")
    return times


def given_start(times: Mapping[str, GivenTime], zone: ZoneInfo) -> datetime:
    """The start that the body names, in the provider zone; two forms must name the same instant.

    Raises:
        TimeDoesNotExist, Invalid
    """
    if len({_identity(time, zone) for time in times.values()}) > 1:
        raise Invalid("startTime is invalid", startTime="startTime is invalid")
    return next(iter(times.values())).resolve(zone)


def _parsed(name: str, parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise Invalid(f"{name} is invalid", **{name: f"{name} is invalid"}) from None


def _required(sentence: str, *names: str) -> Invalid:
    return Invalid(sentence, **{name: f"{name} is required" for name in names})


def read_reason(data: Mapping[str, Any], sentence: str) -> str:
    """The reason that a decline or a cancellation must give; `sentence` says so if it is missing."""
    try:
        reason: str = read(ReasonInput, data)["reason"]
    except Invalid as error:
        if error.error == "reason is required":
            raise Invalid(sentence, reason=sentence) from None
        raise
    return reason


def read_zone(name: str) -> str:
    """`x-timezone`: a zone that exists, else blank (contract 2.6)."""
    return name if name in zone_names() else ""


def read_day_bound(query: QueryDict, name: str, zone: ZoneInfo, *, whole_day: bool) -> datetime | None:
    """`startDate` or `endDate`: a date in the provider zone, or a date-time; inclusive (contract 11.1).

    Args:
        whole_day: a bare date means the end of that day, not its beginning.
    """
    text = query.get(name, "").strip()
    if not text:
        return None
    if len(text) > 10:
        given: GivenTime = _parsed(name, parse_moment, text)
        return given.resolve(zone)
    day = _parsed(name, parse_date, text)
    # Where the clocks go back at midnight, the day's last hour comes twice: it ends with the second one.
    last = datetime.max.time().replace(fold=1) if whole_day else datetime.min.time()
    return datetime.combine(day, last, tzinfo=zone)
