"""Idempotency keys at every door that honours them (contract 5)."""

import pytest
from contract.doors import DOORS, STRANGE, WRONG_TYPES, written

WITH_KEYS = [door.name for door in DOORS.values() if door.path.startswith(("/api/bookings", "/api/payments"))]
# Its answer is a secret, which is asked of the vendor anew and never kept.
KEPT = [name for name in WITH_KEYS if name != "set up a card"]


@pytest.mark.parametrize("name", WITH_KEYS)
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


@pytest.mark.parametrize("name", KEPT)
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
