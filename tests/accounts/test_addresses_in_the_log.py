"""No e-mail address, and no key that a client chose, in PostgreSQL's own log (lesson 40)."""

import re
import time as machine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from admin.forms import filled
from cast import call, wish_at
from django.db import IntegrityError, connection, connections
from django.test import Client

from findr.accounts.models import User

NEW = {"password": "long-enough-1", "firstName": "Lee", "lastName": "Doe", "agreedToTerms": True}


@pytest.fixture
def written():
    """What PostgreSQL writes about this database during the test; other processes' tests have others."""
    log = Path(connection.settings_dict["HOST"]) / "postgres.log"
    begin, ours = log.stat().st_size, f"] {connection.settings_dict['NAME']} "

    def entries():
        whole = log.read_bytes()[begin:].decode(errors="replace")
        return re.split(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", whole)

    return lambda: "".join(entry for entry in entries() if ours in entry.partition("\n")[0])


def test_the_log_is_the_right_one_and_would_quote(patient, written):
    with pytest.raises(IntegrityError):
        User.objects.create(email="pat@example.test", role="patient")

    assert "pat@example.test" in written()


@pytest.mark.lesson(40)
def test_a_duplicate_registration_writes_no_address(stage, written):
    def register(email):
        try:
            return call("POST", "/api/users/register", {**NEW, "email": email})
        finally:
            connections.close_all()

    again = register("pat@example.test")
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(register, ["lee@example.test"] * 8))

    assert again.refusal == (400, "email_taken", "Email already registered")
    assert sorted(one.status for one in at_once) == [201, *[400] * 7]
    assert "example.test" not in written()
    assert "duplicate key" not in written()


@pytest.mark.lesson(40)
def test_the_same_key_twice_and_at_once_writes_no_key(patient, written):
    def ask(_):
        try:
            return patient.post("/api/bookings", wish_at(), **{"Idempotency-Key": "pat@example.test taps"})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = {answer.status for answer in pool.map(ask, range(8))}

    assert 201 in statuses
    assert statuses <= {201, 409}
    assert ask(0).status == 201
    assert "example.test" not in written()
    assert "duplicate key" not in written()


@pytest.mark.parametrize("page", ["add", "change"])
def test_staff_who_are_a_moment_too_late_with_an_address_are_told_so(page, staff, other_patient, rival, written):
    """Somebody else's account with it is written, and not committed yet, while the form is being checked."""
    client = Client()
    User.objects.filter(id=staff.user.id).update(is_superuser=True)
    client.force_login(staff.user)
    path = "/admin/accounts/user/add/" if page == "add" else f"/admin/accounts/user/{other_patient.id}/change/"
    form = filled(client.get(path), email="lee@example.test")
    form |= {"role": "patient", "password1": "long-enough-1", "password2": "long-enough-1"} if page == "add" else {}

    def take():
        assert User.objects.save_unless_taken(User.objects.unsaved("lee@example.test", "long-enough-1"))

    def send():
        try:
            return client.post(path, form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with rival(take):
            late = pool.submit(send)
            _wait_for_a_waiter()
        answer = late.result(20)

    assert "User with this Email already exists." in answer.content.decode()
    assert User.objects.filter(email="lee@example.test").count() == 1
    assert "example.test" not in written()


def _wait_for_a_waiter():
    deadline = machine.monotonic() + 10
    with connection.cursor() as cursor:
        while machine.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            machine.sleep(0.01)
    pytest.fail("Nobody waited.")
