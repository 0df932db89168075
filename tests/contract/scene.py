"""What the samples are played with: the live server, the cast, the vendors, the clock at the samples' own moment."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cast import HOUR, RIDGE, Person, fresh
from contract.over_http import Reply, Wire

# The moment at which the samples' bookings are made: ten days before the visit, before any change of the clocks.
MOMENT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
REASON = {"reason": "Schedule conflict"}
# The samples' people had their accounts for a month then.
JOINED = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
NOWHERE = "5f0c2a10-0000-4000-8000-000000000999"
PASSWORD = "findr-demo-1"
ZONE = {"x-timezone": "America/New_York"}
SUGGESTION = {
    "proposedTimes": [
        {"start": "2026-12-09T10:00:00", "end": "2026-12-09T10:30:00"},
        {"start": "2026-12-10T14:00:00", "end": "2026-12-10T14:30:00"},
    ],
    "message": "would this work",
}


@dataclass
class Scene:
    wire: Wire
    patient: Person
    other_patient: Person
    provider: Person
    other_provider: Person
    staff: Person
    sandbox: Any
    time: Any
    settings: Any

    def wish(self, **more: Any) -> dict[str, Any]:
        """The samples' create body, for the demonstration's practice."""
        return {
            "providerId": str(RIDGE),
            "serviceId": str(HOUR),
            "appointmentDate": "2026-12-08",
            "appointmentTime": "9:30 AM",
            "paymentMethodId": "pm_card_visa",
            "notes": "first visit",
            **more,
        }

    def ask(self, who: Person | None = None, **more: Any) -> Reply:
        headers = {**ZONE, "Idempotency-Key": str(uuid4())}
        return self.wire.send("POST", "/api/bookings", self.wish(**more), who=who or self.patient, **headers)

    def booked(self, who: Person | None = None, **more: Any) -> Any:
        """A booking made over the wire."""
        reply = self.ask(who, **more)
        assert reply.status in (201, 202), reply.text
        return fresh(reply.body["bookingId"])

    def act(self, booking: Any, word: str, body: Any = None, who: Person | None = None) -> Reply:
        """A provider's action."""
        path = f"/api/bookings/{booking if isinstance(booking, str) else booking.id}/{word}"
        who = who or self.provider
        headers = {"x-provider-id": str(who.id), "Idempotency-Key": str(uuid4())}
        return self.wire.send("POST", path, body if body is not None else {}, who=who, **headers)

    def confirmed(self, **more: Any) -> Any:
        """A request that the practice confirms an hour later."""
        booking = self.booked(**more)
        self.time.passes(hours=1)
        assert self.act(booking, "confirm", {"note": "see you"}).status == 200
        return fresh(booking.id)

    def suggested(self, body: Any = None, **more: Any) -> Any:
        """A request for which the practice suggested other times, an hour later; two hours later the patient looks."""
        booking = self.booked(**more)
        self.time.passes(hours=1)
        reply = self.act(booking, "suggest-times", body or SUGGESTION)
        assert reply.status == 200, reply.text
        self.time.passes(hours=2)
        return fresh(booking.id)

    def answer(self, booking: Any, word: str, body: Any = None, who: Person | None = None, method: str = "POST") -> Any:
        """A patient's action; without a body if none is given."""
        path = f"/api/bookings/{booking if isinstance(booking, str) else booking.id}/{word}"
        return self.wire.send(method, path, body, who=who or self.patient)

    def accept(self, booking: Any, which: int = 0) -> Reply:
        """The patient accepts one of the open suggestions."""
        chosen = booking.suggestions.filter(closed_at=None)[which]
        return self.answer(booking, "accept-suggested-time", {"suggestedTimeId": str(chosen.id)})

    def accepted(self) -> Any:
        """A visit at the first of the suggested times."""
        booking = self.suggested()
        assert self.accept(booking).status == 200
        return fresh(booking.id)

    def confirming(self, **more: Any) -> Any:
        """A request that the practice confirms while the vendor is out: it waits for the money."""
        booking = self.booked(**more)
        self.outage("*/capture")
        assert self.act(booking, "confirm").status == 202
        return fresh(booking.id)

    def outage(self, path: str) -> None:
        """Stripe answers every such call with a server error."""
        self.sandbox.misbehave({"action": "status", "status": 500, "method": "POST", "path": path, "times": None})


# Sample and the position of the answer in it -> what brings the answer about.
SITUATIONS: dict[tuple[str, int], Any] = {}


def situation(sample: str, position: int) -> Any:
    """This function plays the scene of answer number `position` of the sample, and gives the product's answer."""

    def keep(play: Any) -> Any:
        assert (sample, position) not in SITUATIONS
        SITUATIONS[sample, position] = play
        return play

    return keep
