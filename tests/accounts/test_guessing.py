"""Guessing at passwords, by many at once, from many places, at many accounts and at every door (contract 2.8)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from admin.pages import text_of
from cast import call
from django.db import connection
from django.test import Client

from findr import clock
from findr.accounts.models import KnownAddress, User
from providers.demo import PASSWORD

API = {
    "patient": ("/api/users/login", "pat@example.test"),
    "patient, alias": ("/api/auth/login", "pat@example.test"),
    "provider": ("/api/providers/login", "ridge@example.test"),
    "staff": ("/api/admin/auth/login", "staff@example.test"),
}
CONSOLE = "console"
STAFF = "staff@example.test"
STRANGERS = [f"198.51.100.{number}" for number in range(1, 8)]


def knock(door, email, password="wrong", address="192.0.2.1", **headers):
    """The status of one try; the console's form answers 302 to whoever is let in, and a page with 200 to a wrong one."""
    client = Client(REMOTE_ADDR=address)
    if door == CONSOLE:
        return client.post("/admin/login/", {"username": email, "password": password, "next": "/admin/"}).status_code
    body = {"email": email, "password": password}
    return client.post(API[door][0], body, content_type="application/json", headers=headers).status_code


def at_once(tries):
    """Every try in a thread of its own, all together; what each came to."""
    together, results = Barrier(len(tries)), []

    def run(act):
        together.wait(20)
        results.append(act())
        connection.close()

    threads = [Thread(target=run, args=[act]) for act in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def roomy(settings):
    """Calls as such are not what is counted here."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "write": "100000/60"}


@pytest.fixture
def attacked(stage, roomy):
    """Strangers have used up what they have at the staff account, each from an address of its own."""
    for address in STRANGERS[:6]:
        assert [knock("staff", STAFF, address=address) for _ in range(5)] == [401] * 5


# --- At once --------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(41)
@pytest.mark.parametrize(("door", "wrong", "allowed"), [("staff", 401, 5), (CONSOLE, 200, 5), ("patient", 401, 10)])
def test_tries_at_once_are_no_more_than_tries_in_turn(door, wrong, allowed, stage, roomy):
    """Read and counted apart, all of them would be judged."""
    email = API.get(door, API["staff"])[1]

    statuses = at_once([lambda: knock(door, email)] * 16)

    assert sorted(statuses) == sorted([wrong] * allowed + [429] * (16 - allowed))
    assert knock(door, email, PASSWORD) == 429


def test_right_passwords_at_once_leave_no_failure_behind(stage, roomy):
    at_once([lambda: knock("staff", STAFF, PASSWORD)] * 8)

    assert [knock("staff", STAFF) for _ in range(5)] == [401] * 5
    assert knock("staff", STAFF, PASSWORD) == 429


def test_signing_in_rightly_uses_nothing_up(stage, roomy):
    assert [knock("staff", STAFF, PASSWORD) for _ in range(70)] == [200] * 70


# --- By address -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("door", [*API, CONSOLE])
def test_an_address_that_fails_at_sixty_accounts_is_locked_at_every_door(door, stage, roomy):
    wrong = 200 if door == CONSOLE else 401
    assert {knock(door, f"nobody{number}@example.test") for number in range(60)} == {wrong}

    for other, email in [*((name, email) for name, (_, email) in API.items()), (CONSOLE, STAFF)]:
        assert knock(other, email, PASSWORD) == 429
        assert knock(other, email, PASSWORD, address="192.0.2.2") in (200, 302)


def test_the_consoles_form_says_when_to_come_back(stage, roomy):
    client = Client()
    for number in range(60):
        knock(CONSOLE, f"nobody{number}@example.test", address="127.0.0.1")

    page = client.post("/admin/login/", {"username": STAFF, "password": PASSWORD})

    assert (page.status_code, page["Retry-After"]) == (429, "900")
    assert "Too many requests" in text_of(page)


def test_an_ipv6_network_is_one_address(stage, roomy):
    tries = [knock("patient", "pat@example.test", address=f"2001:db8:1:2::{number:x}") for number in range(11)]

    assert tries == [401] * 10 + [429]
    assert knock("patient", "pat@example.test", address="2001:db8:1:3::1") == 401


@pytest.mark.parametrize("is_revoked", [False, True])
@pytest.mark.parametrize("path", [*(path for path, _ in API.values()), "/api/users/register", "/api/auth/register"])
def test_a_token_does_not_take_a_door_out_of_its_addresses_count(path, is_revoked, patient, other_patient, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "write": "2/1000000000"}
    tokens = [patient.token, other_patient.token]
    if is_revoked:
        User.objects.update(token_generation=9)

    answers = [call("POST", path, {}, Authorization=f"Bearer {token}") for token in ("made.up", *tokens)]

    assert [answer.status for answer in answers] == [400, 400, 429]


@pytest.mark.parametrize("is_revoked", [False, True])
def test_failures_are_counted_by_address_whatever_token_is_sent_along(is_revoked, patient, other_patient, roomy):
    tokens = [patient.token, other_patient.token]
    if is_revoked:
        User.objects.update(is_active=False)

    tries = [
        knock("staff", f"nobody{number}@example.test", Authorization=f"Bearer {tokens[number % 2]}")
        for number in range(61)
    ]

    assert tries == [401] * 60 + [429]


# --- A staff account and strangers ----------------------------------------------------------------------------------
def test_strangers_together_get_thirty_tries_and_then_one_a_minute(attacked, time):
    """Or the right password of somebody new: whoever comes first in a minute."""
    assert [knock("staff", STAFF, address=STRANGERS[6]) for _ in range(3)] == [401, 429, 429]
    assert knock(CONSOLE, STAFF, address="198.51.100.99") == 429

    time.passes(minutes=1)

    assert knock("staff", STAFF, PASSWORD, address="198.51.100.99") == 200


def test_strangers_are_told_to_come_back_in_a_minute(attacked):
    knock("staff", STAFF, address=STRANGERS[6])

    answer = Client(REMOTE_ADDR=STRANGERS[6]).post(
        API["staff"][0], {"email": STAFF, "password": PASSWORD}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["retryAfter"]) == (429, 60)


def test_strangers_at_once_get_no_more(stage, roomy):
    addresses = [f"198.51.100.{number}" for number in range(40)]

    statuses = at_once([lambda address=address: knock("staff", STAFF, address=address) for address in addresses])

    assert sorted(statuses) == [401] * 31 + [429] * 9  # The one of the minute is among them.


@pytest.mark.lesson(41)
@pytest.mark.parametrize("first", ["staff", CONSOLE])
@pytest.mark.parametrize("then", ["staff", CONSOLE])
def test_strangers_do_not_hold_up_the_owner_where_the_owner_came_from(first, then, stage, roomy, time):
    home, let_in = "203.0.113.7", {"staff": 200, CONSOLE: 302}
    assert knock(first, STAFF, PASSWORD, address=home) == let_in[first]
    time.passes(days=29)
    for address in STRANGERS:
        for _ in range(5):
            knock("staff", STAFF, address=address)

    assert knock(then, STAFF, PASSWORD, address=home) == let_in[then]
    # It is locked by its own failures alone, and these are none of the strangers'.
    assert [knock("staff", STAFF, address=home) for _ in range(6)] == [401] * 5 + [429]


def test_after_thirty_days_an_address_is_a_strangers_again(stage, roomy, time):
    knock("staff", STAFF, PASSWORD, address="203.0.113.7")
    time.passes(days=30, minutes=1)
    for address in STRANGERS:
        for _ in range(5):
            knock("staff", STAFF, address=address)

    assert knock("staff", STAFF, PASSWORD, address="203.0.113.7") == 429
    assert KnownAddress.objects.count() == 1


def test_somebody_elses_address_is_a_strangers(attacked):
    User.objects.create_user("desk@example.test", PASSWORD, role="staff")
    assert knock("staff", "desk@example.test", PASSWORD, address="203.0.113.7") == 200
    knock("staff", STAFF, address=STRANGERS[6])

    assert knock("staff", STAFF, PASSWORD, address="203.0.113.7") == 429


def test_a_wrong_password_makes_no_address_known(stage):
    knock("staff", STAFF)
    knock("patient", "pat@example.test", PASSWORD)

    assert not KnownAddress.objects.exists()


def test_addresses_of_long_ago_are_forgotten(stage, time):
    knock("staff", STAFF, PASSWORD, address="203.0.113.7")
    time.passes(days=31)
    knock("staff", STAFF, PASSWORD, address="203.0.113.8")
    knock("staff", STAFF, PASSWORD, address="203.0.113.8")

    (known,) = KnownAddress.objects.all()
    assert (known.address, known.user.email) == ("203.0.113.8", STAFF)
    assert clock.now() - known.signed_in_at < timedelta(minutes=1)


def test_the_lock_of_an_address_ends_after_half_an_hour_and_the_strangers_after_an_hour(attacked, time):
    knock("staff", STAFF, address=STRANGERS[6])
    time.passes(minutes=31)
    assert [knock("staff", STAFF, address=STRANGERS[0]) for _ in range(2)] == [401, 429]  # The one of this minute.

    time.passes(minutes=30)

    assert [knock("staff", STAFF, address=STRANGERS[1]) for _ in range(5)] == [401] * 5


def test_staff_are_told(attacked, staff):
    browser = Client()
    browser.force_login(staff.user)
    page = text_of(browser.get("/admin/"))
    accounts = text_of(browser.get("/admin/accounts/user/?guessed=yes"))

    assert "Staff passwords guessed at 1" in " ".join(page.split())
    assert STAFF in accounts
    assert "pat@example.test" not in accounts


def test_failures_that_use_nothing_up_are_told_nobody(stage, roomy):
    for address in STRANGERS[:5]:
        for _ in range(5):
            knock("staff", STAFF, address=address)

    assert not User.objects.exclude(guessed_at=None).exists()


def test_an_account_that_there_is_not_is_limited_alike(stage, roomy):
    for address in STRANGERS[:6]:
        for _ in range(5):
            knock("staff", "nobody@example.test", address=address)

    assert [knock("staff", "nobody@example.test", address=STRANGERS[6]) for _ in range(2)] == [401, 429]
    assert not User.objects.exclude(guessed_at=None).exists()


# --- The old password ------------------------------------------------------------------------------------------------
def test_whoever_finds_a_session_open_may_not_guess_at_the_old_password_for_ever(staff):
    browser = Client()
    browser.force_login(staff.user)
    new = {"new_password1": "a-longer-one-2", "new_password2": "a-longer-one-2"}

    pages = [browser.post("/admin/password_change/", {"old_password": "wrong", **new}) for _ in range(5)]
    locked = browser.post("/admin/password_change/", {"old_password": PASSWORD, **new})

    assert {page.status_code for page in pages} == {200}
    assert "Too many requests" in text_of(locked)
    assert User.objects.get(id=staff.user.id).check_password(PASSWORD)
