"""A patient's part: asks, authenticates, accepts or declines what is suggested, calls it off."""

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from chaos.diary import Entry
from chaos.people import Practice
from chaos.phone import Call, Phone, tag_of
from chaos.plan import Journey, Wall
from chaos.times import Reserving

from findr.sandbox.client import ControlRefused, SandboxClient

RESERVE = "/api/bookings/reserve-slot"
LOOK_SECONDS = 1.0
# So long a patient follows a request that nobody answers.
LIFETIME_SECONDS = 14.0
OVER = {"cancelled_patient", "cancelled_provider", "cancelled_admin", "expired", "payment_failed"}


@dataclass
class PatientsPart:
    """One journey, from the patient's side; `reserving`: how it begins, if with a reservation."""

    journey: Journey
    practice: Practice
    phone: Phone
    sandbox: SandboxClient
    first_day: date
    reserving: Reserving | None = None
    booking_id: str = ""
    done: set[str] = field(default_factory=set)

    def play(self) -> None:
        """From asking to the end, or until patience is over."""
        began = time.monotonic()
        reservation = self._reserve(self.reserving) if self.reserving else ""
        if self.reserving and self.reserving.then in ("release", "leave"):
            return
        self.booking_id = self._ask(reservation).booking_id
        if not self.booking_id:
            return
        until = began + LIFETIME_SECONDS
        while time.monotonic() < until and not self.phone.over.wait(LOOK_SECONDS):
            looked = self.phone.get("look", f"/api/bookings/{self.booking_id}", tag_of(self.journey))
            if looked.status != 200:
                continue
            booking = looked.body["booking"]
            if booking["state"] in OVER:
                return
            self._react(booking, time.monotonic() - began)

    def _reserve(self, reserving: Reserving) -> str:
        """Keep the time for a while; the reservation, if the booking is to name it."""
        body = {**self._wish(), "startTime": "{appointmentDate}T{appointmentTime}".format(**self._wish())}
        kept = self.phone.do(Call("reserve", tag_of(self.journey), RESERVE, body), reserving.how)
        reservation = str(kept.body["reservationId"]) if kept.status == 201 else ""
        self.phone.over.wait(reserving.pause)
        if reservation and reserving.then == "release":
            path = f"{RESERVE}/{reservation}"
            self.phone.do(Call("release", tag_of(self.journey), path, {}, method="DELETE"), "once")
        return reservation if reserving.then == "book_by_name" else ""

    def _wish(self) -> dict[str, Any]:
        """Whose time, of which service, and when."""
        journey = self.journey
        wish: dict[str, Any] = {
            "providerId": str(self.practice.id),
            "serviceId": str(self.practice.services[journey.service]),
            **on_the_wall(journey.wall, self.first_day),
        }
        return {**wish, "teamMemberId": str(self.practice.member)} if journey.with_member else wish

    def _ask(self, reservation: str) -> Entry:
        journey, tag = self.journey, tag_of(self.journey)
        body = {**self._wish(), "notes": tag}
        if reservation:
            body["reservationId"] = reservation
        if journey.service != "free":
            body["paymentMethodId"] = journey.card
        return self.phone.do(Call("create", tag, "/api/bookings", body), journey.how)

    def _react(self, booking: dict[str, Any], age: float) -> None:
        journey = self.journey
        if booking["paymentStatus"] == "requires_action" and booking["state"] == "pending_payment":
            self._at_most_once("authenticate", self._authenticate, booking)
        if journey.cancel_after is not None and age > journey.cancel_after:
            self._at_most_once("cancel", self._cancel, booking)
        elif booking["state"] == "reschedule_proposed" and booking["suggestedTimes"]:
            self._at_most_once(f"reply {booking['reschedule']['count']}", self._reply, booking)

    def _at_most_once(self, what: str, act: Any, booking: dict[str, Any]) -> None:
        if what not in self.done:
            self.done.add(what)
            act(booking)

    def _authenticate(self, booking: dict[str, Any]) -> None:
        acts = {"pass": self.sandbox.stripe.authenticate, "fail": self.sandbox.stripe.fail_authentication}
        if act := acts.get(self.journey.authentication):
            try:
                act(booking["paymentIntentId"])
            except ControlRefused:
                self.phone.diary.count("authentication refused")

    def _reply(self, booking: dict[str, Any]) -> None:
        journey = self.journey
        self.phone.over.wait(journey.reply_pause)
        times = booking["suggestedTimes"]
        chosen = {"suggestedTimeId": times[int(journey.pick * len(times))]["id"]}
        accept = self._call("accept", "accept-suggested-time", chosen)
        match journey.reply:
            case "accept":
                self.phone.do(accept, journey.reply_how)
            case "accept_and_cancel":
                self.phone.together(accept, self._call("cancel", "cancel", {"reason": "changed my mind"}))
            case "decline":
                self.phone.do(self._call("decline_times", "decline-suggested-times", {}), journey.reply_how)
            case "cancel":
                self.phone.do(self._call("cancel", "cancel", {}), journey.reply_how)

    def _cancel(self, booking: dict[str, Any]) -> None:
        self.phone.do(self._call("cancel", "cancel", {"reason": "not feeling like it"}), self.journey.reply_how)

    def _call(self, action: str, path: str, body: dict[str, Any]) -> Call:
        return Call(action, tag_of(self.journey), f"/api/bookings/{self.booking_id}/{path}", body)


def on_the_wall(wall: Wall, first_day: date) -> dict[str, str]:
    """A wall time as the app sends it."""
    day = first_day + timedelta(days=wall.days)
    return {"appointmentDate": day.isoformat(), "appointmentTime": f"{wall.hour:02d}:{wall.minute:02d}"}
