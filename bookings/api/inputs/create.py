"""The body of a create (contract 10.1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from bookings.api.inputs.parsing import identity_of, parsed, required
from findr.api.fields import Id, Text, as_id, read
from findr.errors import Forbidden, Invalid
from providers.wall_times import GivenTime, parse_date, parse_date_and_time, parse_date_time, zone_names


class CreateInput(serializers.Serializer[object]):
    """POST /api/bookings. The fields that the server knows better are not even read."""

    providerId = Id()  # noqa: N815
    serviceId = Id()  # noqa: N815
    appointmentDate = Text(required=False, max_length=40)  # noqa: N815
    appointmentTime = Text(required=False, max_length=40)  # noqa: N815
    startTime = Text(required=False, max_length=40)  # noqa: N815
    paymentMethodId = Text(required=False, max_length=255)  # noqa: N815
    teamMemberId = Id(required=False)  # noqa: N815
    reservationId = Id(required=False)  # noqa: N815
    notes = Text(required=False, max_length=2000)
    patientNotes = Text(required=False, max_length=2000)  # noqa: N815


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


def _given_times(given: Mapping[str, Any]) -> dict[str, GivenTime]:
    day, wall, start = given["appointmentDate"], given["appointmentTime"], given["startTime"]
    times = {}
    if start:
        times["startTime"] = parsed("startTime", parse_date_time, start)
    if day and wall:
        parsed("appointmentTime", lambda text: parse_date_and_time("2000-01-01", text), wall)
        times["appointmentDate"] = parsed("appointmentDate", lambda text: parse_date_and_time(text, wall), day)
    elif day and len(day) > 10:
        times["appointmentDate"] = parsed("appointmentDate", parse_date_time, day)
    elif day:
        parsed("appointmentDate", parse_date, day)
        raise required("appointmentTime is required", "appointmentTime")
    elif wall or not start:
        raise required("appointmentDate and appointmentTime are required", "appointmentDate", "appointmentTime")
    return times


def given_start(times: Mapping[str, GivenTime], zone: ZoneInfo) -> datetime:
    """The start that the body names, in the provider zone; two forms must name the same instant.

    Raises:
        TimeDoesNotExist, Invalid
    """
    if len({identity_of(time, zone) for time in times.values()}) > 1:
        raise Invalid("startTime is invalid", startTime="startTime is invalid")
    return next(iter(times.values())).resolve(zone)


def read_zone(name: str) -> str:
    """`x-timezone`: a zone that exists, else blank (contract 2.6)."""
    return name if name in zone_names() else ""
