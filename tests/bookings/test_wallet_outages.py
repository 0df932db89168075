"""The wallet while the vendor is away, or refuses to work."""

import json

import gateways
import pytest
from concurrency.together import at_once
from django.db import connection
from wallets import METHODS, SETUP, UNAVAILABLE, cards, saves

# --- Outages --------------------------------------------------------------------------------------------------------------
CALLS = [("POST", SETUP), ("GET", METHODS), ("DELETE", f"{METHODS}/:card"), ("POST", f"{METHODS}/:card/default")]


def knock_all(person, card):
    return [person.call(verb, path.replace(":card", card), None if verb == "GET" else {}) for verb, path in CALLS]


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503, 400])
def test_a_vendor_that_refuses_to_work_is_an_outage(patient, sandbox, status):
    card = saves(patient, sandbox)
    sandbox.misbehave({"path": "/v1/*", "action": "status", "status": status, "times": None})

    assert {answer.refusal for answer in knock_all(patient, card)} == {UNAVAILABLE}
    sandbox.behave()
    assert cards(patient) == ([(card, False)], None)


def test_a_vendor_that_says_nothing_is_an_outage_within_the_time_of_one_call(patient, sandbox, settings, figures):
    card = saves(patient, sandbox)
    settings.MONEY_CALL_SECONDS = 0.3
    sandbox.misbehave({"path": "/v1/*", "action": "hang", "times": None})

    assert {answer.refusal for answer in knock_all(patient, card)} == {UNAVAILABLE}


def test_without_a_configured_vendor_there_are_no_wallets(patient, settings):
    settings.STRIPE_SECRET_KEY = ""

    assert {answer.refusal for answer in knock_all(patient, "pm_1")} == {UNAVAILABLE}


def test_a_wallet_that_waits_for_the_vendor_holds_nobody_up(patient, sandbox, settings):
    """While a patient's setup waits for the vendor, no transaction is open, and the patient books."""
    settings.PAYMENT_GATEWAY = "gateways.Overtaken"
    seen = []

    def meanwhile():
        seen.append(connection.in_atomic_block)
        seen.extend(answer.status for answer in at_once(patient.asks))

    gateways.Overtaken.meanwhile = meanwhile

    assert patient.post(SETUP).status == 200
    assert seen == [False, 201]


@pytest.mark.parametrize(("body", "status"), [(b"not json", 400), (b"[]", 400), (b" " * 65537, 413), (b"", 200)])
def test_a_body_is_not_needed_and_if_there_is_one_it_is_an_object(patient, sandbox, body, status):
    card = saves(patient, sandbox)

    answers = [
        patient.call("POST", SETUP, body),
        patient.call("POST", f"{METHODS}/{card}/default", body),
        patient.call("DELETE", f"{METHODS}/{card}", body),
    ]

    assert [answer.status for answer in answers] == [status] * 3


def test_only_patients_have_wallets(patient, provider, staff, sandbox):
    for person in (provider, staff):
        assert {answer.refusal[:2] for answer in knock_all(person, "pm_1")} == {(403, "forbidden")}
    assert json.dumps(sandbox.log()) == "[]"
