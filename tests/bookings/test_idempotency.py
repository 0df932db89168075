"""Idempotency keys: the same call twice does its work once (contract 5)."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import psycopg
import pytest
from cast import booking_of, fresh, sweep, wish_at
from django.db import connection, connections

from bookings.models import Booking
from findr.api import idempotency
from findr.api.actions import PAUSE_SECONDS
from findr.models import IdempotencyKey

KEY = {"Idempotency-Key": "tap-1"}


def ask(patient, body=None, **headers):
    return patient.post("/api/bookings", body or wish_at(), **(headers or KEY))


def replayed(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


@pytest.mark.lesson(17)
def test_the_same_create_twice_is_one_booking_and_one_answer(patient, sandbox):
    first = ask(patient)
    second = ask(patient)

    assert (first.status, replayed(first)) == (201, False)
    assert (second.status, replayed(second)) == (201, True)
    assert second.body == first.body
    assert Booking.objects.count() == len(sandbox.stripe.ledger()["payment_intents"]) == 1


@pytest.mark.lesson(17)
def test_the_same_key_with_another_body_is_refused(patient):
    first = ask(patient)
    other = ask(patient, wish_at(hour=15))
    same = dict(reversed(wish_at().items()))

    assert other.refusal == (422, "idempotency_mismatch", "This key was used with another request")
    assert ask(patient, same).body == first.body  # The order of keys does not count.
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("place", ["Idempotency-Key", "X-Idempotency-Key", "body"])
def test_the_key_may_come_in_three_places(patient, place):
    def once():
        if place == "body":
            return patient.post("/api/bookings", {**wish_at(), "idempotencyKey": "tap-1"})
        return ask(patient, **{place: "tap-1"})

    assert once().body == once().body
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "line\u2028break"])
def test_a_key_that_is_none_is_refused(patient, key):
    answer = patient.post("/api/bookings", {**wish_at(), "idempotencyKey": key})

    assert answer.refusal == (400, "validation", "idempotencyKey is invalid")
    assert not Booking.objects.exists()


def test_a_key_belongs_to_one_person_and_one_path(patient, other_patient, provider):
    mine, theirs = ask(patient), ask(other_patient)
    confirmed = provider.post(f"/api/bookings/{mine.body['bookingId']}/confirm", {}, **KEY)

    assert (mine.status, theirs.status, confirmed.status) == (201, 201, 200)
    assert not replayed(theirs)
    assert not replayed(confirmed)


def test_a_refusal_is_final_under_its_key(patient, sandbox):
    """The card was declined: asking again with the same key does not try it again."""
    body = wish_at(paymentMethodId="pm_card_visa_chargeDeclined")
    first = ask(patient, body)
    calls = len(sandbox.log())

    second = ask(patient, body)

    assert (first.status, second.status, second.body) == (402, 402, first.body)
    assert [call for call in sandbox.log(since=calls) if call["path"] == "/v1/payment_intents"] == []


def test_what_may_pass_is_not_kept(patient, settings):
    settings.STRIPE_SECRET_KEY, secret = "", settings.STRIPE_SECRET_KEY
    assert ask(patient).status == 503
    settings.STRIPE_SECRET_KEY = secret

    assert ask(patient).status == 201


def test_a_decision_in_progress_is_not_kept(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202
    decline = f"/api/bookings/{booking.id}/decline"
    assert provider.post(decline, {"reason": "no"}, **KEY).status == 409

    time.passes(seconds=31)
    sweep()

    assert provider.post(decline, {"reason": "no"}, **KEY).refusal[:2] == (400, "booking_not_pending")


def test_a_client_secret_is_never_kept(patient):
    body = wish_at(paymentMethodId="pm_card_authenticationRequired")
    first = ask(patient, body)
    second = ask(patient, body)

    assert first.body["clientSecret"] == second.body["clientSecret"]
    assert first.body["bookingId"] == second.body["bookingId"]
    assert "_secret_" not in IdempotencyKey.objects.get().body


def test_a_key_is_forgotten_after_a_day(patient, provider, time):
    first = ask(patient)
    provider.post(f"/api/bookings/{first.body['bookingId']}/decline", {"reason": "no"})
    time.passes(hours=24, seconds=1)

    assert ask(patient, wish_at()).body["bookingId"] != first.body["bookingId"]
    time.passes(hours=25)
    assert idempotency.delete_old_keys() == 1


@pytest.mark.lesson(17)
def test_sixteen_at_once_with_one_key_are_one_booking(patient, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")

    def once(_):
        try:
            return ask(patient)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(once, range(16)))

    assert {answer.status for answer in answers} <= {201, 409}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {"idempotency_conflict"}
    assert {answer.body["bookingId"] for answer in answers if answer.status == 201} == {str(Booking.objects.get().id)}


def test_the_booking_of_a_stranger_is_not_answered_from(patient, other_patient, provider):
    booking = booking_of(ask(patient))

    assert other_patient.post(f"/api/bookings/{booking.id}/cancel", {}, **KEY).status == 403
    assert fresh(booking.id).state == "pending_confirmation"


def lose_the_session_before(words, *, times):
    """A wrapper that ends the session so often, each time that a statement with these words is about to be asked."""
    lost = []

    def ask(execute, sql, params, many, context):
        if words in sql and len(lost) < times:
            lost.append(connection.connection.info.backend_pid)
            with psycopg.connect(**connection.get_connection_params() | {"autocommit": True}) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [lost[-1]])
        return execute(sql, params, many, context)

    return connection.execute_wrapper(ask), lost


@pytest.fixture
def decline(patient, provider, sandbox):
    """Decline a request, always the same one and under the same key; the vendor does not answer the first time."""
    booking = patient.has_asked()
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*/cancel", "action": "drop_before"})
    return lambda: provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "no time"}, **KEY)


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("seconds", [3.0, 9.5])
def test_sessions_that_end_before_the_answer_is_kept_do_not_cost_the_answer(decline, settings, times, seconds):
    """One after the other; and also where the call has less time than a connection is waited for otherwise."""
    settings.REQUEST_SECONDS = seconds
    losing, lost = lose_the_session_before('"body" =', times=times)

    with losing:
        first = decline()
    sweep()
    again = decline()

    assert len(set(lost)) == times
    assert (first.status, first.body["booking"]["paymentStatus"]) == (200, "held")
    assert (again.body, replayed(again)) == (first.body, True)


def test_an_answer_is_not_tried_to_be_kept_for_longer_than_its_call_has_time(decline, settings):
    settings.REQUEST_SECONDS = 1.0
    losing, lost = lose_the_session_before('"body" =', times=1000)

    begun = monotonic()
    with losing:
        first = decline()
    took = monotonic() - begun

    assert first.status == 200  # It has happened.
    assert 2 <= len(lost) <= 1.0 / PAUSE_SECONDS + 1
    assert took < 5
    assert decline().refusal[:2] == (409, "idempotency_conflict")  # Until the lease is over.


def test_an_answer_that_the_database_refuses_to_keep_is_not_tried_again(decline):
    """The key's row is locked for too long: the session is as good as before."""
    asked = []

    def lock_first(execute, sql, params, many, context):
        if '"body" =' not in sql:
            return execute(sql, params, many, context)
        asked.append(sql)
        with psycopg.connect(**connection.get_connection_params()) as other:
            other.execute("SELECT FROM findr_idempotencykey FOR UPDATE")
            return execute(sql, params, many, context)

    with connection.execute_wrapper(lock_first):
        first = decline()

    assert first.status == 200
    assert len(asked) == 1
