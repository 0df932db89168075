"""Words that the contract keeps for itself are never taken for an id (contract 1, 8)."""

import pytest
from cast import call
from contract.routes import is_answered

NOT_FOUND = (404, "not_found", "Not found")
# Not built yet, with the methods of the index and one that it does not have.
LATER = [
    ("POST", "/api/bookings/check-in"),
    ("GET", "/api/bookings/check-in"),
    ("GET", "/api/bookings/realtime"),
    ("POST", "/api/bookings/realtime"),
    ("POST", "/api/bookings/check-in/cancel"),
    ("POST", "/api/bookings/realtime/confirm"),
    ("POST", "/api/providers/forgot-password"),
    ("POST", "/api/providers/reset-password"),
    ("GET", "/api/providers/reset-password"),
]


@pytest.mark.parametrize(("method", "path"), LATER)
def test_a_reserved_word_is_no_id(method, path, patient, provider):
    if is_answered(method, path):
        pytest.fail(f"{method} {path} is built: it belongs out of this list.")

    answers = [call(method, path), patient.call(method, path), provider.call(method, path)]

    assert {answer.refusal for answer in answers} == {NOT_FOUND}


@pytest.mark.parametrize("word", ["check-in-1", "realtimes", "xuser", "Check-In", "providers"])
def test_a_word_that_only_resembles_one_is_an_unknown_id(word, patient):
    assert patient.get(f"/api/bookings/{word}").refusal[:2] == (404, "booking_not_found")
    assert patient.post(f"/api/bookings/{word}/cancel").refusal[:2] == (404, "booking_not_found")


def test_what_is_built_keeps_its_methods(patient):
    assert call("GET", "/api/providers/login").refusal[:2] == (405, "method_not_allowed")
    assert patient.post("/api/bookings/user").refusal[:2] == (405, "method_not_allowed")
