"""Rate limits: who is counted, what the refusal says, and that Redis being away stops nobody (contract 2.8)."""

import socket
import time as machine
from threading import Barrier, Thread

import pytest
from cast import call, wish_at
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import Client

# A window that does not end while a test runs.
LONG = 1_000_000_000
NEW = {
    "email": "demo@example.test",
    "password": "long-enough-1",
    "firstName": "D",
    "lastName": "P",
    "agreedToTerms": True,
}


@pytest.fixture
def limited(settings):
    """Sets how many calls of a kind are allowed."""

    def limit(**calls):
        changed = {name: f"{number}/{LONG}" for name, number in calls.items()}
        settings.RATE_LIMITS = {**settings.RATE_LIMITS, **changed}

    return limit


def from_address(address, method, path, **extra):
    return Client(REMOTE_ADDR=address, **extra).generic(method, path).status_code


def test_the_call_after_the_last_allowed_one_is_refused(patient, limited):
    limited(read=3)

    answers = [patient.get("/api/users/me") for _ in range(4)]

    assert [one.status for one in answers] == [200, 200, 200, 429]
    assert answers[-1].refusal == (429, "rate_limited", "Too many requests")
    assert 0 < answers[-1].body["retryAfter"] < LONG
    assert answers[-1].headers["Retry-After"] == str(answers[-1].body["retryAfter"])


def test_retry_after_never_exceeds_the_window(patient, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": "0/60"}

    assert 1 <= patient.get("/api/users/me").body["retryAfter"] <= 60


def test_each_identity_is_counted_for_itself(patient, other_patient, provider, limited):
    limited(read=1)

    assert [patient.get("/api/users/me").status for _ in range(2)] == [200, 429]
    assert other_patient.get("/api/users/me").status == 200
    assert provider.get("/api/bookings/provider").status == 200


def test_without_a_token_the_address_is_counted(stage, limited):
    limited(read=1)

    assert [from_address("192.0.2.1", "GET", "/api/users/me") for _ in range(2)] == [401, 429]
    assert from_address("192.0.2.2", "GET", "/api/users/me") == 401


def test_a_made_up_token_does_not_start_a_new_count(stage, limited):
    limited(read=1)

    statuses = [call("GET", "/api/users/me", Authorization=f"Bearer made.up.{number}").status for number in range(2)]

    assert statuses == [401, 429]


def test_a_client_cannot_choose_its_address(stage, limited, settings):
    limited(read=1)

    statuses = [
        from_address("192.0.2.1", "GET", "/api/users/me", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        for number in range(2)
    ]

    assert statuses == [401, 429]


def test_behind_a_trusted_proxy_its_word_counts(stage, limited, settings):
    limited(read=1)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}

    def knock(forwarded):
        return from_address("192.0.2.1", "GET", "/api/users/me", HTTP_X_FORWARDED_FOR=forwarded)

    assert [knock("198.51.100.1"), knock("198.51.100.2"), knock("spoofed, 198.51.100.1")] == [401, 401, 429]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("198.51.100.1:1024", "198.51.100.1:1025"),
        ("198.51.100.1", "198.51.100.1:1025"),
        ("198.51.100.1", "::ffff:198.51.100.1"),
        ("[2001:db8:1:2::1]:1024", "[2001:db8:1:2::1]:1025"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:DB8:1:2:0:0:0:1", "2001:db8:1:2::2%eth0"),
        ("2001:db8:1:2:0:0:0:1:1024", "2001:db8:1:2:0:0:0:1:1025"),
        ('"[2001:db8:1:2::1]:1024"', "2001:db8:1:2::2"),
        ("unknown", "_hidden"),
    ],
)
def test_one_client_is_one_however_its_address_is_written(first, second, stage, limited, settings):
    limited(read=1)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}

    statuses = [
        from_address("192.0.2.1", "GET", "/api/users/me", HTTP_X_FORWARDED_FOR=said)
        for said in (first, second, "2001:db8:1:3::1", "198.51.100.2:1024")
    ]

    assert statuses == [401, 429, 401, 401]


@pytest.mark.parametrize(
    ("first", "second"), [("2001:db8:1:2::1", "2001:db8:1:2::2"), ("192.0.2.1", "::ffff:192.0.2.1"), ("", "")]
)
def test_whoever_has_one_address_of_a_network_has_them_all(first, second, stage, limited):
    limited(read=1)

    assert [from_address(peer, "GET", "/api/users/me") for peer in (first, second)] == [401, 429]
    assert from_address("2001:db8:1:3::1", "GET", "/api/users/me") == 401


def test_reads_and_writes_are_counted_apart(patient, provider, limited):
    limited(read=1, write=1)
    booking = patient.has_asked()

    assert provider.get("/api/bookings/provider").status == 200
    assert provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "full"}).status == 200
    assert provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "full"}).status == 429
    assert (
        Client().head("/api/bookings/provider", headers={"Authorization": f"Bearer {provider.token}"}).status_code
        == 429
    )


def test_bookings_have_a_limit_of_their_own(patient, other_patient, limited):
    limited(create_booking=2)

    statuses = [patient.asks(**wish_at(days=7 + number)).status for number in range(3)]

    assert statuses == [201, 201, 429]
    assert other_patient.asks(**wish_at(days=20)).status == 201


def test_a_create_for_somebody_else_does_not_use_up_their_bookings(patient, other_patient, provider, limited):
    limited(create_booking=1)
    provider.post("/api/bookings", wish_at())
    other_patient.asks(userId=str(patient.id))

    assert patient.asks().status == 201


def test_registrations_are_counted_by_address(stage, limited):
    limited(register=2)

    answers = [
        call("POST", "/api/users/register", {**NEW, "email": f"demo{number}@example.test"}) for number in range(3)
    ]

    assert [one.status for one in answers] == [201, 201, 429]


def test_calls_at_once_are_each_counted(patient, limited):
    """Read and written apart, two calls at once would count as one."""
    limited(read=5)
    together, statuses, token = Barrier(8), [], patient.token

    def run():
        together.wait(10)
        statuses.append(call("GET", "/api/users/me", Authorization=f"Bearer {token}").status)
        connection.close()

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] * 5 + [429] * 3


def test_no_email_address_is_kept_in_redis(stage):
    call("POST", "/api/users/login", {"email": "pat@example.test", "password": "wrong"})

    keys = cache._cache.get_client().keys("*")  # the only way to list them

    assert keys
    assert not [key for key in keys if b"pat@" in key]


@pytest.fixture
def redis_away(patient, provider, settings):
    """Nobody listens where Redis should be."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        settings.CACHES = caches_at(place)
        yield


@pytest.fixture
def redis_hangs(patient, provider, settings):
    """Redis takes the connection and never says anything."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen(100)
        settings.CACHES = caches_at(place)
        yield


def caches_at(place):
    location = f"redis://127.0.0.1:{place.getsockname()[1]}"
    return {**django_settings.CACHES, "default": {**django_settings.CACHES["default"], "LOCATION": location}}


def test_without_redis_calls_pass(redis_away, patient, provider, limited):
    limited(read=0, write=0, create_booking=0, register=0)

    booking = patient.has_asked()

    assert patient.get("/api/users/me").status == 200
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    assert call("POST", "/api/users/register", NEW).status == 201


@pytest.mark.parametrize(
    ("path", "email"),
    [
        ("/api/users/login", "pat@example.test"),
        ("/api/providers/login", "ridge@example.test"),
        ("/api/admin/auth/login", "staff@example.test"),
    ],
)
def test_without_redis_everybody_signs_in_and_nobody_with_a_wrong_password(path, email, redis_away, limited):
    limited(sign_in_failures=0, staff_sign_in_failures=0, write=0)

    answers = [call("POST", path, {"email": email, "password": password}) for password in ("findr-demo-1", "wrong")]

    assert [one.status for one in answers] == [200, 401]
    assert answers[1].refusal == (401, "invalid_credentials", "Invalid email or password")


def test_a_redis_that_hangs_costs_a_call_little(redis_hangs, patient):
    """Without a time limit of its own, each question to Redis would take its client's five seconds."""
    began = machine.monotonic()

    booking = patient.has_asked()  # Counts twice: as a write, and as a booking.

    assert booking.state == "pending_confirmation"
    assert machine.monotonic() - began < 4


def test_when_redis_is_back_calls_are_counted_again(patient, limited, settings):
    limited(read=0)
    there = settings.CACHES
    away = {**there, "default": {**there["default"], "LOCATION": "redis://127.0.0.1:1"}}

    def read_with(caches):
        settings.CACHES = caches
        return patient.get("/api/users/me").status

    assert [read_with(caches) for caches in (there, away, there)] == [429, 200, 429]


def test_without_redis_findr_is_ready_and_says_what_it_lacks(redis_away):
    answer = call("GET", "/readyz")

    assert (answer.status, answer.body["redis"], answer.body["database"]) == (200, False, True)
    assert "redis" in answer.body["degraded"]
