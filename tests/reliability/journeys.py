"""The tour's journeys, over HTTP as a phone and two portals make them: each a booking from its request to its end."""

import time as machine
from dataclasses import dataclass, field
from datetime import datetime

from cast import HARBOR, Person, demo, fresh, wish_at
from contract.over_http import Wire

HARBORS_HOUR = demo.demo_id(522)


@dataclass
class Day:
    """All journeys, played once, on one day of both practices.

    Attributes:
        answers: by journey, the status of each call that changes something.
        seconds: that each of these calls took.
    """

    wire: Wire
    patient: Person
    ridge: Person
    day: int
    answers: dict[str, list[str]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    _now: str = ""

    def play(self) -> datetime:
        """One after the other; the deadline of the one that nobody answers."""
        for hour, (name, journey) in enumerate(JOURNEYS.items(), start=9):
            self._now, self.answers[name] = name, []
            booking_id = journey(self, hour)
        return fresh(booking_id).expires_at

    def asks(self, hour, **wish):
        """The patient asks for this hour; the id of the booking."""
        return self.call(self.patient, "", wish_at(days=self.day, hour=hour, **wish))["bookingId"]

    def call(self, who, action, body=None):
        """One call about bookings; what is answered."""
        began = machine.monotonic()
        reply = self.wire.send("POST", f"/api/bookings{action}", body or {}, who=who)
        self.seconds.append(machine.monotonic() - began)
        self.answers[self._now].append(str(reply.status))
        return reply.body


def confirmed(day, hour):
    booking = day.asks(hour)
    day.call(day.ridge, f"/{booking}/confirm", {"note": "see you"})
    return booking


def moved(day, hour):
    """Another time is suggested, and taken."""
    booking = day.asks(hour)
    start = f"{wish_at(days=day.day)['appointmentDate']}T16:00"
    day.call(day.ridge, f"/{booking}/suggest-times", {"proposedTimes": [{"start": start}]})
    seen = day.wire.send("GET", f"/api/bookings/{booking}", who=day.patient).body["booking"]
    chosen = {"suggestedTimeId": seen["suggestedTimes"][0]["id"]}
    day.call(day.patient, f"/{booking}/accept-suggested-time", chosen)
    return booking


def declined(day, hour):
    booking = day.asks(hour)
    day.call(day.ridge, f"/{booking}/decline", {"reason": "away"})
    return booking


def cancelled(day, hour):
    """A visit that was confirmed: the money goes back."""
    booking = confirmed(day, hour)
    day.call(day.patient, f"/{booking}/cancel", {"reason": "ill"})
    return booking


def instant(day, hour):
    """The other practice has a calendar, which is free."""
    return day.asks(hour, providerId=str(HARBOR), serviceId=str(HARBORS_HOUR))


def unanswered(day, hour):
    """Ends by itself, once its deadline has passed."""
    return day.asks(hour)


JOURNEYS = {
    "request, confirm": confirmed,
    "request, suggest, accept": moved,
    "request, decline": declined,
    "request, confirm, cancel": cancelled,
    "instant": instant,
    "request, no answer": unanswered,
}
