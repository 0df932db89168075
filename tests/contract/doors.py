"""Every endpoint that writes, with what it takes: the ground on which bad input is generated."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from cast import Person, call, promised, wish_at
from django.db import connection

from bookings.models import Booking, BookingEvent, Payment, PaymentOperation
from findr.accounts.models import User

REGISTER = {
    "email": "new@example.test",
    "password": "long-enough-1",
    "firstName": "Demo",
    "lastName": "Patient",
    "phone": "+15555550111",
    "agreedToTerms": True,
    "termsVersion": "3.0",
}
CREDENTIALS = {"email": "pat@example.test", "password": "findr-demo-1"}


@dataclass(frozen=True)
class Field:
    """A field of a body.

    Attributes:
        longest: characters; None where any length is merely an unknown id.
        absent: the sentence when it is missing or blank; blank if it may be.
        is_text: otherwise a flag that must be true.
    """

    name: str
    longest: int | None = None
    absent: str = ""
    is_text: bool = True

    @property
    def invalid(self) -> str:
        return f"{self.name} is invalid"


def required(name: str, longest: int | None = None, absent: str = "", **options: Any) -> Field:
    return Field(name, longest, absent or f"{name} is required", **options)


@dataclass(frozen=True)
class Door:
    """An endpoint that writes: `path` may name a booking, `good` is a body that it takes."""

    name: str
    path: str
    fields: tuple[Field, ...]
    good: dict[str, Any] = field(default_factory=dict)
    who: str = ""


_SIGN_IN = (required("email", 254), required("password", 1000))
DOORS = {
    door.name: door
    for door in (
        Door(
            "register",
            "/api/users/register",
            (
                required("email", 254),
                required("password", 1000),
                required("firstName", 100),
                required("lastName", 100),
                Field("phone", 40),
                required("agreedToTerms", is_text=False),
                Field("termsVersion", 20),
            ),
            REGISTER,
        ),
        Door("patient sign-in", "/api/users/login", _SIGN_IN, CREDENTIALS),
        Door("provider sign-in", "/api/providers/login", _SIGN_IN, {**CREDENTIALS, "email": "ridge@example.test"}),
        Door("staff sign-in", "/api/admin/auth/login", _SIGN_IN, {**CREDENTIALS, "email": "staff@example.test"}),
        Door(
            "create",
            "/api/bookings",
            (
                required("providerId"),
                required("serviceId"),
                required("appointmentDate", 40, "appointmentDate and appointmentTime are required"),
                required("appointmentTime", 40),
                required("paymentMethodId", 255),
                Field("startTime", 40),
                Field("teamMemberId"),
                Field("notes", 2000),
                Field("patientNotes", 2000),
            ),
            who="patient",
        ),
        Door("confirm", "/api/bookings/{booking}/confirm", (Field("note", 500),), {"note": "see you"}, "provider"),
        Door(
            "decline",
            "/api/bookings/{booking}/decline",
            (required("reason", 500, "Decline reason is required"),),
            {"reason": "full"},
            "provider",
        ),
    )
}
FIELDS = [(door.name, one) for door in DOORS.values() for one in door.fields]


@dataclass
class Visitor:
    """Knocks at the doors; each knock that may succeed is new in what must be unique."""

    people: dict[str, Person]
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def good_body(self, door: Door) -> dict[str, Any]:
        number = next(self.numbers)
        if door.name == "create":
            return wish_at(days=3 + number)
        if door.name == "register":
            return {**door.good, "email": f"new{number}@example.test"}
        return dict(door.good)

    def booking_for(self, door: Door) -> str:
        """A fresh request, if the door is one of a booking's."""
        if "{booking}" not in door.path:
            return ""
        return str(self.people["patient"].has_asked(**wish_at(days=3 + next(self.numbers))).id)

    def knock(self, door: Door, body: Any, booking: str = "") -> Any:
        """One call with this body, bytes as they are."""
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
        path = door.path.format(booking=booking)
        return self.people[door.who].call("POST", path, content) if door.who else call("POST", path, content)


def written() -> tuple[Any, ...]:
    """All that a refused call must leave alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bookings_timehold")
        holds = cursor.fetchone()[0]
    rows = [model.objects.count() for model in (User, Booking, BookingEvent, Payment, PaymentOperation)]
    return (*rows, holds, *promised(), *Booking.objects.order_by("id").values_list("id", "state", "updated_at"))
