"""Every endpoint that writes, with what it takes: the ground on which bad input is generated."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calendar_accounts import CAL, Desk
from cast import RIDGE, Person, call, fresh, promised, wish_at
from contract.door import Door, Field, free_text, line, required
from django.db import connection

from bookings.models import Booking, BookingEvent, Payment, PaymentOperation, Reservation, SuggestedTime, Wallet
from calendars.models import Authorization, CalendarConnection
from findr import clock
from findr.accounts.models import User
from findr.sandbox.client import SandboxClient
from notifications.models import Device, FeedEvent, Notification

REGISTER = {
    "email": "new@example.test",
    "password": "long-enough-1",
    "firstName": "Demo",
    "lastName": "Patient",
    "phone": "+15555550111",
    "agreedToTerms": True,
    "termsVersion": "3.0",
}
WRONG_TYPES = (5, 0, 1.5, True, False, [], ["x"], {}, {"id": "x"})
STRANGE = (
    "اختبار من اليمين",
    "\u202eright to left override",
    "😀" * 10,
    "'; DROP TABLE bookings_booking; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} ${x} %s %(a)s",
    "a\tb\nc",
    "a b@c d",
)
# What a name, or other text of one line, may not hold (contract 9.1).
NO_LINE = ("\u202eright to left override", "a\tb\nc", "a\r\nBcc: b", "a\u2028b", "\u2066a", "\u200b", "\u3164")
PHONE = {"token": "phone:1"}
CREDENTIALS = {"email": "pat@example.test", "password": "findr-demo-1"}


_REGISTER = (
    required("email", 254),
    required("password", 1000),
    line("firstName", 100, "firstName is required"),
    line("lastName", 100, "lastName is required"),
    line("phone", 40),
    required("agreedToTerms", is_text=False),
    line("termsVersion", 20),
)
_SIGN_IN = (required("email", 254), required("password", 1000))
DOORS = {
    door.name: door
    for door in (
        Door("register", "/api/users/register", _REGISTER, REGISTER),
        Door("register, alias", "/api/auth/register", _REGISTER, REGISTER),
        Door("patient sign-in", "/api/users/login", _SIGN_IN, CREDENTIALS),
        Door("patient sign-in, alias", "/api/auth/login", _SIGN_IN, CREDENTIALS),
        Door("provider sign-in", "/api/providers/login", _SIGN_IN, {**CREDENTIALS, "email": "ridge@example.test"}),
        Door("staff sign-in", "/api/admin/auth/login", _SIGN_IN, {**CREDENTIALS, "email": "staff@example.test"}),
        # `reservationId` is one that stands, or 409: tests/availability/test_reservations.py.
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
                free_text("notes", 2000),
                free_text("patientNotes", 2000),
            ),
            who="patient",
        ),
        Door("confirm", "/api/bookings/{booking}/confirm", (free_text("note", 500),), {"note": "see you"}, "provider"),
        Door(
            "decline",
            "/api/bookings/{booking}/decline",
            (free_text("reason", 500, "Decline reason is required"),),
            {"reason": "full"},
            "provider",
        ),
        # `proposedTimes` is a list: test_suggestions.py.
        Door("suggest times", "/api/bookings/{booking}/suggest-times", (free_text("message", 500),), who="provider"),
        Door(
            "reschedule",
            "/api/bookings/{booking}/reschedule",
            (required("proposedStart", 40), free_text("message", 500)),
            who="provider",
        ),
        Door(
            "cancel as provider",
            "/api/bookings/{booking}/cancel-provider",
            (free_text("reason", 500, "Cancellation reason is required"),),
            {"reason": "full"},
            "provider",
        ),
        Door(
            "accept",
            "/api/bookings/{booking}/accept-suggested-time",
            (required("suggestedTimeId"), Field("selectedDate", 40), Field("selectedTime", 40)),
            who="patient",
            suggested=True,
        ),
        Door(
            "accept by the clock",
            "/api/bookings/{booking}/accept-suggested-time",
            (
                required("selectedDate", 40, "suggestedTimeId is required"),
                required("selectedTime", 40, "suggestedTimeId is required"),
                Field("suggestedTimeId"),
            ),
            who="patient",
            suggested=True,
        ),
        *(
            Door(word, "/api/bookings/{booking}/" + word, (), who="patient", suggested=True)
            for word in ("decline-suggested-times", "accept-reschedule", "decline-reschedule")
        ),
        *(
            Door(
                f"{method} {word}",
                "/api/bookings/{booking}/" + word,
                (free_text("reason", 500),),
                {},
                "patient",
                method,
            )
            for method, word in (("POST", "cancel"), ("PUT", "cancel"), ("POST", "cancel-patient"))
        ),
        Door(
            "verify a time",
            "/api/availability/verify-slot",
            (required("providerId"), Field("teamMemberId"), required("date", 40), required("startTime", 40)),
            {"providerId": str(RIDGE), "date": "2030-01-07", "startTime": "10:00"},
        ),
        # `duration` is a number, and `serviceId` in its place: tests/availability/test_reservations.py.
        Door(
            "reserve",
            "/api/bookings/reserve-slot",
            (required("providerId"), required("startTime", 40), Field("teamMemberId")),
            who="patient",
        ),
        Door("release", "/api/bookings/reserve-slot/{reservation}", (), who="patient", method="DELETE"),
        Door("set up a card", "/api/payments/setup-intent", (), who="patient"),
        Door("prefer a card", "/api/payments/methods/{method}/default", (), who="patient"),
        Door("remove a card", "/api/payments/methods/{method}", (), who="patient", method="DELETE"),
        # `conflictIds` is a list: tests/calendars/test_choosing.py.
        Door(
            "choose calendars",
            "/api/calendar/calendars/{provider}",
            (required("targetId", 500),),
            {"targetId": CAL, "conflictIds": [CAL]},
            "provider",
            "PUT",
        ),
        Door("read an entry", "/api/notifications/{notification}/read", (), who="patient", method="PATCH"),
        Door("delete an entry", "/api/notifications/{notification}", (), who="patient", method="DELETE"),
        Door("read all entries", "/api/notifications/read-all/user/{patient}", (), who="patient", method="PATCH"),
        Door(
            "read all of a practice's entries",
            "/api/notifications/read-all/provider/{provider}",
            (),
            who="provider",
            method="PATCH",
        ),
        Door("send a token", "/api/users/fcm-token", (required("token", 4096), Field("platform", 7)), PHONE, "patient"),
        Door(
            "register a device",
            "/api/users/devices",
            (required("token", 4096), required("platform", 7), Field("deviceModel", 100)),
            {**PHONE, "platform": "ios"},
            "patient",
        ),
        Door("remove a device", "/api/users/devices/{address}", (), who="patient", method="DELETE"),
        Door(
            "test a push",
            "/api/test-notification",
            (required("userId"), required("title", 100), required("body", 500)),
            {"userId": str(RIDGE), "title": "Test Notification", "body": "This is a test"},
            "staff",
        ),
        Door("disconnect a calendar", "/api/calendar/disconnect/{provider}", (), who="provider"),
        Door(
            "test a calendar",
            "/api/test-calendar-availability",
            (required("providerId"), required("startTime", 40), required("endTime", 40)),
            {"providerId": str(RIDGE), "startTime": "2030-01-07T10:00", "endTime": "2030-01-07T11:00"},
            "staff",
        ),
    )
}
# Routes that write and take something else than a JSON object of ours, and where they are tried.
ELSEWHERE = {
    "POST /api/payments/webhook": "tests/bookings/test_webhook.py: raw, and signed by the vendor",
    "POST /api/calendar/google/notifications": "tests/calendars/test_channels.py: headers only",
    "POST /api/calendar/microsoft/notifications": "tests/calendars/test_channels.py: a collection of Graph's",
}


@dataclass
class Visitor:
    """Knocks at the doors; each knock that may succeed is new in what must be unique."""

    people: dict[str, Person]
    sandbox: SandboxClient
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    subjects: dict[str, str] = field(default_factory=dict)

    def good_body(self, door: Door, subject: str = "") -> dict[str, Any]:
        number = next(self.numbers)
        if door.name == "create":
            return asked_for(number)
        if door.name.startswith("register"):
            return {**door.good, "email": f"new{number}@example.test"}
        match door.name:
            case "suggest times":
                return {"proposedTimes": [{"start": soon(number).isoformat()}]}
            case "reschedule":
                return {"proposedStart": soon(number).isoformat()}
            case "reserve":
                start = soon(number).isoformat()
                return {"providerId": str(RIDGE), "duration": 30, "startTime": start}
            case "accept":
                return {"suggestedTimeId": str(_open_suggestion(subject).id)}
            case "accept by the clock":
                start = _open_suggestion(subject).start.astimezone(fresh(subject).provider.zone)
                return {"selectedDate": start.date().isoformat(), "selectedTime": f"{start:%H:%M}"}
        return dict(door.good)

    def subject_of(self, door: Door) -> str:
        """What the door's path names: a fresh request, a saved card, or a practice with a calendar to choose."""
        if "{booking}" in door.path:
            booking = self.people["patient"].has_asked(**asked_for(next(self.numbers)))
            if door.suggested:
                start = soon(next(self.numbers)).isoformat()
                path = f"/api/bookings/{booking.id}/reschedule"
                assert self.people["provider"].post(path, {"proposedStart": start}).status == 200
            return str(booking.id)
        if "{method}" in door.path:
            setup = self.people["patient"].post("/api/payments/setup-intent").body["clientSecret"]
            return str(
                self.sandbox.stripe.confirm(setup.partition("_secret_")[0], payment_method="pm_card_visa")[
                    "payment_method"
                ]
            )
        if "{notification}" in door.path:
            booking = self.people["patient"].has_asked(**asked_for(next(self.numbers)))
            return str(Notification.objects.get(booking_id=booking.id, recipient_type="User").id)
        if "{reservation}" in door.path:
            kept = {"providerId": str(RIDGE), "duration": 30, "startTime": soon(next(self.numbers)).isoformat()}
            return str(self.people["patient"].post("/api/bookings/reserve-slot", kept).body["reservationId"])
        if door.name == "choose calendars":
            Desk(self.people["provider"], self.sandbox).connect()
        return ""

    def same_subject(self, door: Door) -> str:
        """The door's own subject, the same at each call."""
        if door.name not in self.subjects:
            self.subjects[door.name] = self.subject_of(door)
        return self.subjects[door.name]

    def knock(self, door: Door, body: Any, subject: str = "", **headers: str) -> Any:
        """One call with this body, bytes as they are."""
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
        ids = {name: one.id for name, one in self.people.items()}
        named = dict.fromkeys(("booking", "method", "notification", "reservation"), subject)
        path = door.path.format(address=PHONE["token"], **named, **ids)
        knock = self.people[door.who].call if door.who else call
        return knock(door.method, path, content, **headers)


def asked_for(number: int) -> dict[str, Any]:
    """A wish, another one for each number: a morning's hour, within the days that Ridge takes bookings for."""
    return wish_at(days=3 + number % 50, hour=8 + number // 50)


def soon(number: int) -> datetime:
    """A time to suggest, another one for each number: an afternoon's hour at Ridge, where requests are of mornings."""
    day = (clock.now() + timedelta(days=1 + number // 8)).date()
    return datetime.combine(day, time(12 + number % 8), tzinfo=ZoneInfo("America/Denver")).astimezone(UTC)


def _open_suggestion(booking: str) -> SuggestedTime:
    return SuggestedTime.objects.get(booking=booking, closed_at=None)


TABLES = (
    User,
    Booking,
    BookingEvent,
    Payment,
    PaymentOperation,
    SuggestedTime,
    Reservation,
    FeedEvent,
    Notification,
    Device,
    Wallet,
    Authorization,
    CalendarConnection,
)


def written() -> tuple[Any, ...]:
    """All that a refused call must leave alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bookings_timehold")
        holds = cursor.fetchone()[0]
    rows = [model.objects.count() for model in TABLES]
    return (*rows, holds, *promised(), *Booking.objects.order_by("id").values_list("id", "state", "updated_at"))
