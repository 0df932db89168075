"""Tokens: what they say, how long they are good, and what is refused (contract 3.1)."""

import base64
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from cast import call
from django.conf import settings as django_settings

from findr import clock
from findr.accounts.services import sign_out_everywhere

DAYS = {"patient": 30, "provider": 7, "staff": 1}
PATHS = {"patient": "/api/users/me", "provider": "/api/bookings/provider"}
INVALID = (401, "unauthorized", "Invalid token")
EXPIRED = (401, "unauthorized", "Token expired")
MISSING = (401, "unauthorized", "Authentication required - no token provided")


def claims_of(token):
    return jwt.decode(
        token, django_settings.JWT_SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False}
    )


def signed(claims, key=""):
    return jwt.encode(claims, key or django_settings.JWT_SECRET, algorithm="HS256")


def encoded(part):
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def me(token):
    return call("GET", "/api/users/me", Authorization=f"Bearer {token}")


def sign_in(path, email):
    answer = call("POST", path, {"email": email, "password": "findr-demo-1"})
    assert answer.status == 200, answer.body
    return claims_of(answer.body["token"])


def test_a_patients_token_says_who(patient):
    claims = sign_in("/api/users/login", "pat@example.test")

    assert claims == {
        "type": "patient",
        "userId": str(patient.id),
        "email": "pat@example.test",
        "iat": claims["iat"],
        "exp": claims["iat"] + 30 * 86400,
        "gen": 1,
    }
    assert abs(claims["iat"] - clock.now().timestamp()) < 10


def test_a_providers_token_says_which_practice(provider):
    claims = sign_in("/api/providers/login", "ridge@example.test")

    assert claims == {
        "type": "provider",
        "userId": str(provider.user.id),
        "providerId": str(provider.id),
        "email": "ridge@example.test",
        "iat": claims["iat"],
        "exp": claims["iat"] + 7 * 86400,
        "gen": 1,
    }


@pytest.mark.parametrize(("is_superuser", "role"), [(True, "super_admin"), (False, "admin")])
def test_a_staff_token_says_which_role(is_superuser, role, staff):
    staff.user.is_superuser = is_superuser
    staff.user.save(update_fields=["is_superuser"])

    claims = sign_in("/api/admin/auth/login", "staff@example.test")

    assert claims == {
        "type": "staff",
        "userId": str(staff.user.id),
        "email": "staff@example.test",
        "role": role,
        "iat": claims["iat"],
        "exp": claims["iat"] + 86400,
        "gen": 1,
    }


@pytest.mark.parametrize("kind", ["patient", "provider"])
def test_a_token_is_good_for_its_whole_life_and_no_longer(kind, patient, provider, time):
    person = {"patient": patient, "provider": provider}[kind]
    began, token = clock.now(), person.token

    def knock():
        return call("GET", PATHS[kind], Authorization=f"Bearer {token}")

    time.set(began + timedelta(days=DAYS[kind], seconds=-30))
    assert knock().status == 200
    time.set(began + timedelta(days=DAYS[kind], seconds=1))
    assert knock().refusal == EXPIRED


def test_a_staff_token_is_good_for_a_day(staff, time):
    began, token = clock.now(), staff.token

    def knock():
        return call("GET", "/api/users/me", Authorization=f"Bearer {token}")

    time.set(began + timedelta(hours=24, seconds=-30))
    assert knock().refusal == (403, "forbidden", "Unauthorized")
    time.set(began + timedelta(hours=24, seconds=1))
    assert knock().refusal == EXPIRED


def test_a_forged_token_is_invalid(patient, provider):
    good = patient.token
    head, body, signature = good.split(".")
    claims = claims_of(good)
    none, other = (encoded(json.dumps({"alg": name, "typ": "JWT"}).encode()) for name in ("none", "HS512"))
    mac = hmac.digest(django_settings.JWT_SECRET.encode(), f"{other}.{body}".encode(), "sha512")
    forged = {
        "another secret": signed(claims, "another-secret-of-more-than-32-bytes"),
        "no algorithm": f"{none}.{body}.",
        "no algorithm, old signature": f"{none}.{body}.{signature}",
        "another algorithm": f"{other}.{body}.{encoded(mac)}",
        "changed body": f"{head}.{provider.token.split('.')[1]}.{signature}",
        "cut": good[:-2],
        "no signature": f"{head}.{body}",
        "nonsense": "nonsense",
        "empty": "",
        "three dots": "..",
        "not ascii": "é.é.é",
        "very long": "a" * 20_000,
    }

    assert {name: me(token).refusal for name, token in forged.items()} == dict.fromkeys(forged, INVALID)


def test_a_token_that_lacks_or_twists_a_claim_is_invalid(patient, provider):
    good, practice = claims_of(patient.token), claims_of(provider.token)
    twisted = [
        *(
            {name: value for name, value in good.items() if name != missing}
            for missing in ("type", "userId", "exp", "gen")
        ),
        {**good, "type": "admin"},
        {**good, "type": ["patient"]},
        {**good, "type": "staff"},
        {**good, "userId": "x"},
        {**good, "userId": 5},
        {**good, "userId": practice["userId"]},
        {**good, "userId": "5f0c2a10-0000-4000-8000-000000000999"},
        {**good, "providerId": str(provider.id)},
        {**good, "gen": 0},
        {**good, "gen": 2},
        {**good, "gen": "x"},
        {**good, "exp": "never"},
        {**good, "exp": 10**30},
        {**good, "aud": "somebody"},
        {name: value for name, value in practice.items() if name != "providerId"},
    ]

    assert [me(signed(claims)).refusal for claims in twisted] == [INVALID] * len(twisted)


@pytest.mark.parametrize("header", ["", "Basic cGF0OnBhdA==", "Token abc", "   "])
def test_without_a_bearer_there_is_no_token(header, stage):
    assert call("GET", "/api/users/me", Authorization=header).refusal == MISSING
    assert call("GET", "/api/users/me").refusal == MISSING


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "  Bearer  "])
def test_the_scheme_is_taken_in_any_case(scheme, patient):
    assert call("GET", "/api/users/me", Authorization=f"{scheme} {patient.token}").status == 200


def test_signing_out_everywhere_ends_every_token(patient):
    before = patient.token

    sign_out_everywhere(patient.user)

    assert me(before).refusal == INVALID
    assert me(patient.token).status == 200


def test_a_disabled_account_is_out_at_once(patient):
    token = patient.token
    patient.user.is_active = False
    patient.user.save(update_fields=["is_active"])

    assert me(token).refusal == INVALID
    answer = call("POST", "/api/users/login", {"email": "pat@example.test", "password": "findr-demo-1"})
    assert answer.refusal == (401, "invalid_credentials", "Invalid email or password")


def test_a_public_endpoint_ignores_a_bad_token(provider, time):
    late = provider.token
    time.passes(days=8)
    path = f"/api/providers/{provider.id}"

    answers = [call("GET", path, Authorization=f"Bearer {token}") for token in ("nonsense", late)]

    assert [one.status for one in answers] == [200, 200]
