"""Registering (contract 9.1)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from cast import call
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from findr import clock
from findr.accounts.models import User

NEW = {
    "email": "demo@example.test",
    "password": "long-enough-1",
    "firstName": "Demo",
    "lastName": "Patient",
    "phone": "+15555550111",
    "agreedToTerms": True,
    "termsVersion": "3.0",
}


def register(**more):
    return call("POST", "/api/users/register", {**NEW, **more})


def test_a_new_patient_is_signed_in_at_once(stage):
    answer = register()

    assert answer.status == 201
    me = call("GET", "/api/users/me", Authorization=f"Bearer {answer.body['token']}")
    assert me.body == {"success": True, "user": answer.body["user"]}


def test_what_was_agreed_to_is_kept(stage):
    user = User.objects.get(id=register().body["user"]["id"])

    assert (user.role, user.terms_version, user.first_name, user.last_name) == ("patient", "3.0", "Demo", "Patient")
    assert clock.now() - user.agreed_to_terms_at < timedelta(seconds=10)
    assert user.password != NEW["password"]
    assert user.check_password(NEW["password"])


def test_emails_are_kept_and_compared_in_lower_case(stage):
    answer = register(email="  DEMO@Example.TEST ")

    assert answer.body["user"]["email"] == "demo@example.test"
    assert call("POST", "/api/users/login", {"email": "Demo@example.test", "password": NEW["password"]}).status == 200
    assert register(email="demo@EXAMPLE.test").refusal == (400, "email_taken", "Email already registered")


@pytest.mark.parametrize("email", ["pat@example.test", "ridge@example.test", "STAFF@example.test"])
def test_an_email_belongs_to_one_person_whatever_their_role(email, stage):
    before = User.objects.count()

    answer = register(email=email)

    assert answer.refusal == (400, "email_taken", "Email already registered")
    assert User.objects.count() == before


def test_nobody_registers_as_anything_but_a_patient(stage):
    answer = register(role="staff", is_staff=True, is_superuser=True, type="provider")

    user = User.objects.get(id=answer.body["user"]["id"])
    assert (user.role, user.is_superuser, user.is_staff) == ("patient", False, False)


def test_a_profile_without_a_phone_is_not_complete(stage):
    user = register(phone=" ").body["user"]

    assert (user["phone"], user["profileComplete"]) == (None, False)


def test_two_registrations_of_one_email_at_once_make_one_account(stage):
    """Without the unique constraint both would be written: each looks before the other has committed."""
    together, answers = Barrier(4), []

    def run():
        together.wait(10)
        answers.append(register())
        connection.close()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.status for one in answers) == [201, 400, 400, 400]
    assert {one.refusal for one in answers if one.status == 400} == {(400, "email_taken", "Email already registered")}
    assert User.objects.filter(email=NEW["email"]).count() == 1


def test_passwords_are_kept_as_slow_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = User(email="demo@example.test")

    user.set_password("long-enough-1")

    assert user.password.startswith(f"pbkdf2_sha256${PBKDF2PasswordHasher.iterations}$")
    assert user.check_password("long-enough-1")
    assert not user.check_password("long-enough-2")


@pytest.mark.parametrize("password", ["long-enough-1 ", " long-enough-1", "        ", "пароль-из-букв", "x" * 1000])
def test_a_password_is_taken_as_it_is(password, stage):
    register(password=password)

    def sign_in(given):
        return call("POST", "/api/users/login", {"email": NEW["email"], "password": given}).status

    assert (sign_in(password), sign_in(f"{password}y"[1:])) == (200, 401)
