"""Signing in, and being kept from guessing (contract 2.8, 9.2, 9.4, 9.6)."""

import time as machine

import pytest
from cast import call
from django.conf import settings as django_settings
from django.test import Client

from findr.accounts.models import User
from providers.models import Provider

DOORS = {
    "patient": ("/api/users/login", "pat@example.test"),
    "provider": ("/api/providers/login", "ridge@example.test"),
    "staff": ("/api/admin/auth/login", "staff@example.test"),
}
WRONG = (401, "invalid_credentials", "Invalid email or password")
LIMITED = (429, "rate_limited", "Too many requests")
PASSWORD = "findr-demo-1"


def sign_in(kind, password=PASSWORD, email=""):
    path, own = DOORS[kind]
    return call("POST", path, {"email": email or own, "password": password})


def from_address(address, kind, password=PASSWORD):
    path, email = DOORS[kind]
    body = {"email": email, "password": password}
    return Client(REMOTE_ADDR=address).post(path, body, content_type="application/json").status_code


def test_the_limits_are_the_contracts():
    assert django_settings.RATE_LIMITS == {
        "sign_in_failures": "10/900",
        "sign_in_failures_by_address": "60/900",
        "staff_sign_in_failures": "5/1800",
        "staff_sign_in_failures_elsewhere": "30/3600",
        "staff_sign_in_trickle": "1/60",
        "register": "20/3600",
        "create_booking": "20/60",
        "connect": "60/60",
        "write": "120/60",
        "read": "600/60",
        "bad_signatures": "60/60",
    }


@pytest.mark.parametrize("kind", DOORS)
def test_an_email_in_capitals_is_the_same_email(kind, stage):
    assert sign_in(kind, email=f" {DOORS[kind][1].upper()} ").status == 200


@pytest.mark.parametrize("kind", DOORS)
@pytest.mark.parametrize("password", ["findr-demo-2", "FINDR-DEMO-1", " findr-demo-1", "x"])
def test_a_wrong_password_and_an_unknown_email_are_alike(kind, password, stage):
    assert sign_in(kind, password).refusal == WRONG
    assert sign_in(kind, email="nobody@example.test").refusal == WRONG


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("role", DOORS)
def test_each_role_has_its_own_door(door, role, stage):
    answer = sign_in(door, email=DOORS[role][1])

    assert answer.status == (200 if door == role else 401)


@pytest.mark.parametrize("status", Provider.Status)
def test_a_practice_of_any_status_signs_in(status, provider):
    Provider.objects.filter(id=provider.id).update(status=status)

    answer = sign_in("provider")

    assert answer.body["provider"]["status"] == status
    assert answer.body["providerId"] == str(provider.id)


def test_a_desk_without_a_practice_does_not_sign_in(stage):
    User.objects.create_user("desk@example.test", PASSWORD, role="provider")

    assert sign_in("provider", email="desk@example.test").refusal == WRONG


def test_an_account_without_a_password_does_not_sign_in(patient):
    patient.user.set_unusable_password()
    patient.user.save(update_fields=["password"])

    assert sign_in("patient", patient.user.password).refusal == WRONG


# --- Guessing -------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(41)
@pytest.mark.parametrize(
    ("kind", "allowed", "seconds"), [("patient", 10, 900), ("provider", 10, 900), ("staff", 5, 1800)]
)
def test_after_too_many_failures_even_the_right_password_is_refused(kind, allowed, seconds, stage):
    assert [sign_in(kind, "wrong").status for _ in range(allowed)] == [401] * allowed

    answer = sign_in(kind)

    assert answer.refusal == LIMITED
    assert answer.body["retryAfter"] == seconds
    assert answer.headers["Retry-After"] == str(seconds)


def test_one_failure_less_locks_nobody(stage):
    for _ in range(9):
        sign_in("patient", "wrong")

    assert sign_in("patient").status == 200


def test_a_patient_is_locked_by_email_and_address(stage):
    for _ in range(10):
        from_address("192.0.2.1", "patient", "wrong")

    assert from_address("192.0.2.1", "patient") == 429
    assert from_address("192.0.2.2", "patient") == 200
    assert from_address("192.0.2.1", "provider") == 200


def test_a_staff_account_is_locked_for_an_address_and_not_for_its_owner_elsewhere(stage):
    for _ in range(5):
        from_address("192.0.2.1", "staff", "wrong")

    assert from_address("192.0.2.1", "staff") == 429
    assert from_address("192.0.2.9", "staff") == 200


def test_a_locked_staff_account_says_for_how_long(stage):
    for _ in range(5):
        sign_in("staff", "wrong")

    assert sign_in("staff").body["message"] == "The account is locked for 30 minutes."


def test_an_unknown_email_is_locked_alike(stage):
    for _ in range(10):
        sign_in("patient", email="nobody@example.test")

    assert sign_in("patient", email="nobody@example.test").refusal == LIMITED


def test_capitals_do_not_help_guessing(stage):
    for number in range(10):
        sign_in(
            "patient", "wrong", email="".join(c.upper() if n == number else c for n, c in enumerate("pat@example.test"))
        )

    assert sign_in("patient").refusal == LIMITED


def test_a_lock_ends_by_itself(stage, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "staff_sign_in_failures": "2/1", "write": "9999/60"}
    sign_in("staff", "wrong")
    sign_in("staff", "wrong")
    assert sign_in("staff").status == 429

    deadline = machine.monotonic() + 5
    while (status := sign_in("staff").status) == 429 and machine.monotonic() < deadline:
        pass  # A real second has to pass in Redis; each turn is a whole call.

    assert status == 200
