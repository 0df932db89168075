"""A practice's part: reads its feed like the portal, answers requests as planned, calls visits off."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chaos.patients import on_the_wall
from chaos.phone import Call, Phone, tag_of
from chaos.plan import Journey

LOOK_SECONDS = 0.5
HANDS = 4
AT_ONCE = 100


@dataclass
class PracticesPart:
    """The desk of one practice, for the whole run."""

    phone: Phone
    journeys: dict[str, Journey]
    first_day: date
    since: int = 0
    answered: set[str] = field(default_factory=set)

    def play(self) -> None:
        """Look at the feed until the run is over; each booking is answered by a hand of its own."""
        with ThreadPoolExecutor(HANDS) as hands:
            while not self.phone.over.wait(LOOK_SECONDS):
                for event in self._news():
                    hands.submit(self._guarded, event)

    def _news(self) -> list[dict[str, Any]]:
        looked = self.phone.get("feed", f"/api/notifications?since={self.since}&limit={AT_ONCE}")
        if looked.status != 200:
            return []
        self.since = looked.body["nextSince"]
        return [event for event in looked.body["events"] if event["type"] in ("booking.new", "booking.confirmed")]

    def _guarded(self, event: dict[str, Any]) -> None:
        try:
            self._react(event)
        except Exception as problem:  # A hand that drops its work says so.
            self.phone.diary.trouble(f"{self.phone.owner.name}: {type(problem).__name__}: {problem}")

    def _react(self, event: dict[str, Any]) -> None:
        booking = event["data"]
        journey = self.journeys.get(booking["patientNote"] or "")
        if journey is None:
            return
        act = self._answer if event["type"] == "booking.new" else self._call_off
        name = f"{event['type']} {booking['id']}"
        if name not in self.answered:
            self.answered.add(name)
            act(journey, booking["id"])

    def _answer(self, journey: Journey, booking_id: str) -> None:
        self.phone.over.wait(journey.answer_pause)
        confirm = self._call(journey, booking_id, "confirm", "confirm", {"note": "see you"})
        decline = self._call(journey, booking_id, "decline", "decline", {"reason": "no time"})
        match journey.answer:
            case "confirm":
                answer = self.phone.do(confirm, journey.answer_how)
                if answer.status in (402, 409) and journey.suggestions:
                    self._suggest(journey, booking_id)
            case "confirm_and_decline":
                self.phone.together(confirm, decline)
            case "decline":
                self.phone.do(decline, journey.answer_how)
            case "suggest":
                self._suggest(journey, booking_id)

    def _suggest(self, journey: Journey, booking_id: str) -> None:
        walls = [on_the_wall(wall, self.first_day) for wall in journey.suggestions]
        times = [{"start": f"{wall['appointmentDate']}T{wall['appointmentTime']}"} for wall in walls]
        suggest = self._call(journey, booking_id, "suggest", "suggest-times", {"proposedTimes": times})
        refused = self.phone.do(suggest, journey.answer_how)
        if refused.code == "slot_taken" and len(times) > 1:  # One of them is gone: then the others.
            rest = [one for index, one in enumerate(times) if index != refused.body.get("index")]
            self.phone.do(self._call(journey, booking_id, "suggest", "suggest-times", {"proposedTimes": rest}), "once")

    def _call_off(self, journey: Journey, booking_id: str) -> None:
        if journey.called_off_after is not None:
            self.phone.over.wait(journey.called_off_after)
            body = {"reason": "the doctor is ill"}
            self.phone.do(self._call(journey, booking_id, "call_off", "cancel-provider", body), journey.answer_how)

    def _call(self, journey: Journey, booking_id: str, action: str, path: str, body: dict[str, Any]) -> Call:
        return Call(action, tag_of(journey), f"/api/bookings/{booking_id}/{path}", body)
