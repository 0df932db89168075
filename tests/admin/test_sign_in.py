"""The console's door: staff only, by e-mail and password, and five failures lock it."""

import pytest
from admin.pages import LIST, text_of
from cast import call
from django.test import Client

from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD

DOOR = "/admin/login/"


def sign_in(email, password, client=None):
    return (client or Client()).post(DOOR, {"username": email, "password": password, "next": "/admin/"})


def test_staff_sign_in_by_email_however_it_is_written(staff):
    client = Client()

    answer = sign_in(" Staff@Example.test", PASSWORD, client)

    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_who_opens_the_door_itself_comes_to_the_first_page(staff):
    answer = Client().post(DOOR, {"username": "staff@example.test", "password": PASSWORD})

    assert (answer.status_code, answer.url) == (302, "/admin/")


def test_five_failures_lock_the_account_even_for_the_right_password(staff):
    for _ in range(5):
        assert "Please enter the correct email and password" in text_of(sign_in("staff@example.test", "wrong"))

    locked = sign_in("staff@example.test", PASSWORD)

    assert (locked.status_code, locked["Retry-After"]) == (429, "1800")
    assert "The account is locked for 30 minutes." in text_of(locked)


def test_the_console_and_the_api_share_one_lock(staff):
    for _ in range(5):
        sign_in("staff@example.test", "wrong")

    answer = call("POST", "/api/admin/auth/login", {"email": "staff@example.test", "password": PASSWORD})

    assert answer.status == 429


@pytest.mark.parametrize("email", ["pat@example.test", "ridge@example.test", "nobody@example.test"])
def test_nobody_else_gets_in(stage, email):
    answer = sign_in(email, PASSWORD)

    assert "Please enter the correct email and password" in text_of(answer)


@pytest.mark.parametrize("email", ["pat@example.test", "ridge@example.test"])
def test_a_session_of_somebody_else_opens_nothing(stage, email):
    client = Client()
    client.force_login(User.objects.get(email=email))

    answer = client.get(LIST)

    assert (answer.status_code, answer.url) == (302, f"{DOOR}?next={LIST}")


def test_a_disabled_staff_member_is_out(console, staff):
    User.objects.filter(id=staff.user.id).update(is_active=False)

    assert console.get(LIST).status_code == 302


def test_a_staff_member_without_further_rights_works_the_queue_and_edits_nothing(provider):
    member = User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF)
    client = Client()
    client.force_login(member)

    front = text_of(client.get("/admin/"))

    assert "Waiting for an answer" in front
    assert client.get(LIST).status_code == 200
    assert client.get(f"/admin/providers/provider/{provider.id}/change/").status_code == 200
    assert client.post(f"/admin/providers/provider/{provider.id}/change/", {}).status_code == 403
    assert client.get("/admin/accounts/user/add/").status_code == 403
    assert client.get("/admin/auth/group/").status_code == 403
