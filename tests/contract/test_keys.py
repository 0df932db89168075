"""Idempotency keys at every door that honours them (contract 5)."""

from inspect import signature
from typing import get_type_hints
from uuid import UUID

import pytest
from contract.doors import DOORS, STRANGE, WRONG_TYPES, written
from contract.routes import handlers
from drawing import drawn
from rest_framework.request import Request
from rest_framework.response import Response

from findr.api.actions import is_idempotent, replay_of
from findr.models import IdempotencyKey

WITH_KEYS = [
    door.name
    for door in DOORS.values()
    if door.path.startswith(("/api/bookings", "/api/payments")) and door.name != "release"
]
# Routes that write and take no key, since the contract has none there.
WITHOUT_KEYS = {
    **dict.fromkeys(
        ("POST /api/users/register", "POST /api/auth/register"), "the address itself is taken once: email_taken"
    ),
    **dict.fromkeys(
        (
            "POST /api/users/login",
            "POST /api/auth/login",
            "POST /api/providers/login",
            "POST /api/admin/auth/login",
        ),
        "nothing is changed",
    ),
    "POST /api/payments/webhook": "the vendor's event has an id of its own",
    "POST /api/calendar/google/notifications": "a push only has the calendar read",
    "POST /api/calendar/microsoft/notifications": "a push only has the calendar read",
    "POST /api/availability/verify-slot": "nothing is changed",
    "DELETE /api/bookings/reserve-slot/:reservation_id": "what was released stays released",
    "PUT /api/calendar/calendars/:provider_id": "the same choice again is the same choice",
    "POST /api/calendar/disconnect/:provider_id": "what is disconnected stays disconnected",
    **dict.fromkeys(
        (
            "PATCH /api/notifications/read-all/user/:user_id",
            "PATCH /api/notifications/read-all/provider/:provider_id",
            "PATCH /api/notifications/:notification_id/read",
        ),
        "what is read stays read",
    ),
    "DELETE /api/notifications/:notification_id": "what is gone stays gone",
    **dict.fromkeys(("POST /api/users/fcm-token", "POST /api/users/devices"), "a device is one row, whoever sends it"),
    "DELETE /api/users/devices/:address": "what is gone stays gone",
    "POST /api/test-calendar-availability": "nothing is changed",
    "POST /api/test-notification": "nothing is changed; a person sees one banner more",
}
# Routes that take a key, and whose work may be done twice if the first call died.
MADE_AGAIN = {
    "POST /api/payments/setup-intent": "an intent that nobody confirms saves no card",
    "DELETE /api/payments/methods/:method_id": "a card that is out stays out",
    "POST /api/payments/methods/:method_id/default": "the first card stays the first",
}
# Its answer is a secret, which is asked of the vendor anew and never kept.
KEPT = [name for name in WITH_KEYS if name != "set up a card"]


@pytest.mark.parametrize("name", drawn(WITH_KEYS))
def test_a_bad_key_is_refused(name, visitor):
    """Every bad key at one door, since one module reads them all; at each door one of each kind."""
    door = DOORS[name]
    subject = visitor.subject_of(door)
    body, before = visitor.good_body(door, subject), written()
    sent, inside = ("", "x" * 256, "a\tb", "clé"), (5, "", *WRONG_TYPES, "x" * 256, "a\tb", *STRANGE[:3])
    each = slice(None) if name == "create" else slice(1)

    refusals = {visitor.knock(door, body, subject, **{"Idempotency-Key": key}).refusal for key in sent[each]}
    refusals |= {visitor.knock(door, body, subject, **{"X-Idempotency-Key": "x" * 256}).refusal}
    refusals |= {visitor.knock(door, {**body, "idempotencyKey": key}, subject).refusal for key in inside[each]}

    assert refusals == {(400, "validation", "idempotencyKey is invalid")}
    assert written() == before


@pytest.mark.parametrize("name", drawn(KEPT))
def test_the_same_key_twice_does_it_once(name, visitor):
    for where in ("Idempotency-Key", "X-Idempotency-Key", "idempotencyKey"):
        _send_twice(DOORS[name], where, visitor)


def _send_twice(door, where, visitor):
    subject = visitor.subject_of(door)
    body, headers = visitor.good_body(door, subject), {where: f"tap ~ {where}"}
    if where == "idempotencyKey":
        body, headers = {**body, **headers}, {}

    first = visitor.knock(door, body, subject, **headers)
    before = written()
    second = visitor.knock(door, dict(reversed(body.items())), subject, **headers)
    other = visitor.knock(door, {**body, "unknown": 1}, subject, **headers)

    assert first.status in (200, 201), first.body
    assert (second.status, second.body) == (first.status, first.body)
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert other.refusal == (422, "idempotency_mismatch", "This key was used with another request")
    assert written() == before


# --- What each route declares -----------------------------------------------------------------------------------------
def written_routes():
    return {route: handler for route, handler in handlers().items() if not route.startswith("GET ")}


def test_every_route_that_writes_is_idempotent_or_says_why_not():
    declared = {route: replay_of(handler) for route, handler in written_routes().items() if is_idempotent(handler)}

    assert set(written_routes()) - set(declared) == set(WITHOUT_KEYS)
    assert {route for route, replay in declared.items() if replay is None} == set(MADE_AGAIN)


def test_no_route_that_reads_takes_a_key():
    assert not [route for route, handler in handlers().items() if route.startswith("GET ") and is_idempotent(handler)]


@pytest.mark.parametrize("route", [route for route, handler in written_routes().items() if replay_of(handler)])
def test_a_replay_takes_the_view_the_request_and_the_subject(route):
    replay = replay_of(handlers()[route])
    names = list(signature(replay).parameters)[1:]
    types = get_type_hints(replay)

    assert ([types[name] for name in names], types["return"]) == ([Request, UUID], Response)


REPLAYED = [name for name in WITH_KEYS if DOORS[name].route not in MADE_AGAIN]


@pytest.mark.lesson(17)
@pytest.mark.parametrize("name", drawn(REPLAYED))
def test_a_call_that_died_after_its_change_is_answered_from_what_stands(name, visitor, time):
    """As if the process had been killed before it could write its answer down."""
    door = DOORS[name]
    subject = visitor.subject_of(door)
    body = visitor.good_body(door, subject)
    first = visitor.knock(door, body, subject, **{"Idempotency-Key": "tap-1"})
    before = written()
    IdempotencyKey.objects.update(status=None, body="")
    time.passes(seconds=31)

    again = visitor.knock(door, body, subject, **{"Idempotency-Key": "tap-1"})

    assert first.status in (200, 201), first.body
    assert (again.status, lasting(again.body)) == (first.status, lasting(first.body))
    assert again.headers.get("Idempotency-Replayed") is None
    assert written() == before


def lasting(body):
    """What of an answer does not run out while nobody answers."""
    return {name: value for name, value in body.items() if name != "remainingSeconds"}
