"""The demonstration's visits: Sam has asked Ridge for calls that cost nothing, and Ridge has confirmed them.

They are in the time of somebody of the team, so that they are in nobody's way who asks for the practice. While Sam has
visits to come, nothing is done.
"""

from collections.abc import Mapping
from datetime import timedelta
from http.client import HTTPException

from findr.devstack.clock import today
from findr.devstack.console import say
from findr.devstack.doors import PASSWORD, NotLoaded, answer

PATIENT, DESK = "sam@example.test", "ridge@example.test"
CALL = {
    "providerId": "00000000-0000-4000-8000-000000000101",
    "serviceId": "00000000-0000-4000-8000-000000000513",
    "teamMemberId": "00000000-0000-4000-8000-000000000401",
}
# So many days ahead, and when on the practice's clock.
TIMES = ((8, "10:00"), (9, "14:30"))


def load(variables: Mapping[str, str]) -> None:
    """Ask and confirm, beside a running web process. What fails is a warning."""
    try:
        _load(variables)
    except (NotLoaded, OSError, HTTPException) as problem:
        say(f"WARNING: {DESK} has no visits: {problem}")


def _load(variables: Mapping[str, str]) -> None:
    port = variables["PORT"]
    patient, desk = _signed_in(port, "users", PATIENT), _signed_in(port, "providers", DESK)
    if answer(port, "GET", "/api/bookings/user?status=upcoming", token=patient)["bookings"]:
        return
    for days, at in TIMES:
        day = (today(variables) + timedelta(days=days)).isoformat()
        wish = {**CALL, "appointmentDate": day, "appointmentTime": at}
        booking = answer(port, "POST", "/api/bookings", wish, token=patient)["bookingId"]
        answer(port, "POST", f"/api/bookings/{booking}/confirm", {}, token=desk)
    say(f"{DESK} has {len(TIMES)} visits to come")


def _signed_in(port: str, kind: str, email: str) -> str:
    """The token of somebody of the cast."""
    return str(answer(port, "POST", f"/api/{kind}/login", {"email": email, "password": PASSWORD})["token"])
