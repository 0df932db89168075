"""Accounts in the console: who may sign in, and what happens to their tokens."""

import re

import pytest
from admin.forms import filled
from admin.pages import editable, text_of, told
from django.contrib.auth.models import Permission
from django.test import Client

from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD

LIST = "/admin/accounts/user/"


def page_of(user):
    return f"{LIST}{user.id}/change/"


@pytest.fixture
def clerk(staff):
    """A staff member who looks after accounts and is no superuser, with a browser."""
    user = User.objects.create_user("clerk@example.test", PASSWORD, role=AccountRole.STAFF)
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_user", "change_user"]))
    client = Client()
    client.force_login(user)
    return client


def test_disabling_an_account_revokes_its_tokens_at_once(console, patient):
    token = {"Authorization": f"Bearer {patient.token}"}
    assert patient.get("/api/users/me").status == 200

    answer = console.post(page_of(patient.user), filled(console.get(page_of(patient.user)), is_active=None))

    assert answer.status_code == 302, text_of(answer)
    assert patient.get("/api/users/me").status == 401
    User.objects.filter(id=patient.user.id).update(is_active=True)
    assert Client().get("/api/users/me", headers=token).status_code == 401


def test_sign_out_everywhere_revokes_every_token(console, patient, other_patient):
    answer = console.post(LIST, {"action": "sign_out_selected", "index": "0", "_selected_action": [patient.user.id]})

    assert told(answer) == ["pat@example.test: signed out everywhere."]
    assert patient.get("/api/users/me").status == 401
    assert other_patient.get("/api/users/me").status == 200


def test_a_new_password_signs_the_person_out(console, patient):
    page = f"{LIST}{patient.user.id}/password/"
    assert "password1" in editable(console.get(page))

    answer = console.post(page, {"password1": "another-one-9", "password2": "another-one-9"})

    assert answer.status_code == 302
    assert patient.get("/api/users/me").status == 401
    assert User.objects.get(id=patient.user.id).check_password("another-one-9")


def test_ones_own_new_password_revokes_ones_tokens_and_keeps_the_session(console, staff):
    given = {"old_password": PASSWORD, "new_password1": "another-one-9", "new_password2": "another-one-9"}

    answer = console.post("/admin/password_change/", given)

    assert (answer.status_code, answer.url) == (302, "/admin/password_change/done/")
    assert User.objects.get(id=staff.user.id).token_generation == staff.user.token_generation + 1
    assert console.get("/admin/").status_code == 200


def test_a_new_account_is_stored_in_lower_case(console, staff):
    page = console.get(f"{LIST}add/")
    given = {
        "email": "New@Example.TEST",
        "role": "provider",
        "password1": "another-one-9",
        "password2": "another-one-9",
    }

    answer = console.post(f"{LIST}add/", filled(page, **given))

    assert answer.status_code == 302, text_of(answer)
    user = User.objects.get(email="new@example.test")
    assert (user.role, user.check_password("another-one-9"), user.is_superuser) == ("provider", True, False)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"email": "PAT@example.test"}, "User with this Email already exists."),
        ({"email": "nonsense"}, "Enter a valid email address."),
        ({"password1": "short", "password2": "short"}, "This password is too short."),
        ({"password2": "different-one-9"}, "The two password fields didn"),
    ],
)
def test_a_mistake_in_a_new_account_is_told(console, patient, given, error):
    good = {"email": "new@example.test", "role": "patient", "password1": "another-one-9", "password2": "another-one-9"}

    answer = console.post(f"{LIST}add/", {**good, **given})

    assert answer.status_code == 200
    assert error in text_of(answer)


def test_people_are_listed_by_role_and_found_by_name_and_email(console, patient, provider):
    patients = text_of(console.get(LIST, {"role__exact": "patient"}))

    assert "pat@example.test" in patients
    assert "ridge@example.test" not in patients
    assert "sam@example.test" in text_of(console.get(LIST, {"q": "Sam Roe"}))


def test_the_role_stays_and_nobody_deletes_an_account(console, patient):
    assert "role" not in editable(console.get(page_of(patient.user)))
    assert "is_superuser" not in editable(console.get(page_of(patient.user)))
    assert console.post(f"{LIST}{patient.user.id}/delete/", {"post": "yes"}).status_code == 403


def test_only_superusers_touch_staff_accounts(clerk, staff, patient):
    member = User.objects.create_user("other@example.test", PASSWORD, role=AccountRole.STAFF)

    assert "is_superuser" not in editable(clerk.get(page_of(member)))
    for user in (staff.user, member):
        assert clerk.post(page_of(user), {"is_superuser": "on", "is_active": "on"}).status_code == 403
        assert clerk.post(f"{LIST}{user.id}/password/", {}).status_code == 403
    answer = clerk.post(LIST, {"action": "sign_out_selected", "index": "0", "_selected_action": [staff.user.id]})
    assert told(answer) == ["staff@example.test: refused. Only superusers sign staff out."]
    assert clerk.get(page_of(patient.user)).status_code == 200


def test_only_superusers_add_staff(clerk, staff):
    given = {"email": "new@example.test", "role": "staff", "password1": "another-one-9", "password2": "another-one-9"}

    answer = clerk.post(f"{LIST}add/", {**given, "is_superuser": "on"})

    assert answer.status_code == 200
    assert not User.objects.filter(email="new@example.test").exists()
    assert clerk.post(f"{LIST}add/", {**given, "role": "patient", "is_superuser": "on"}).status_code == 302
    made = User.objects.get(email="new@example.test")
    assert (made.role, made.is_superuser) == ("patient", False)


def test_a_superuser_grants_rights_to_staff_alone(console, staff):
    member = User.objects.create_user("other@example.test", PASSWORD, role=AccountRole.STAFF)

    answer = console.post(page_of(member), filled(console.get(page_of(member)), is_superuser="on"))

    assert answer.status_code == 302, text_of(answer)
    assert User.objects.get(id=member.id).is_superuser


def test_a_new_password_is_one_click_from_the_account(console, clerk, patient, staff):
    link = f"{LIST}{patient.user.id}/new-password/"
    assert link in console.get(page_of(patient.user)).content.decode()

    answer = console.get(link)

    assert (answer.status_code, answer.url) == (302, f"{LIST}{patient.user.id}/password/")
    assert "new-password" not in clerk.get(page_of(staff.user)).content.decode()


def test_no_page_shows_a_password_hash(console, patient):
    page = console.get(page_of(patient.user)).content.decode()

    assert patient.user.password not in page
    assert "hash" not in text_of(console.get(page_of(patient.user))).lower()


def test_nobody_locks_themselves_out(console, staff):
    page = console.get(page_of(staff.user))
    assert not {"is_active", "is_superuser"} & set(editable(page))

    console.post(page_of(staff.user), filled(page, is_active=None, is_superuser=None))

    user = User.objects.get(id=staff.user.id)
    assert (user.is_active, user.is_superuser) == (True, True)


def test_only_what_the_console_has_can_be_granted(console, staff):
    member = User.objects.create_user("other@example.test", PASSWORD, role=AccountRole.STAFF)
    page = console.get(page_of(member))
    offered = set(re.findall(r'name="user_permissions" value="([0-9]+)"', page.content.decode()))
    codes = set(Permission.objects.filter(id__in=offered).values_list("codename", flat=True))
    assert {"change_provider", "add_user", "change_procrastinatejob"} <= codes
    assert {code for code in codes if code.endswith(("_payment", "_stripeevent", "_bookfinding"))} == {
        "change_bookfinding",
        "change_payment",
        "change_stripeevent",
    }
    assert not {"delete_provider", "delete_user", "view_user", "add_logentry", "change_booking"} & codes

    given = filled(page, user_permissions=str(Permission.objects.get(codename="change_provider").id))
    assert console.post(page_of(member), given).status_code == 302

    assert member.user_permissions.get().codename == "change_provider"


def test_the_rights_to_refund_and_to_process_again_are_granted_and_kept_by_the_page(console, visit, staff):
    member = User.objects.create_user("other@example.test", PASSWORD, role=AccountRole.STAFF)
    browser = Client()
    browser.force_login(member)
    page = console.get(page_of(member))
    assert "Give money back" in text_of(page)
    assert "Have webhook events processed again" in text_of(page)
    rights = Permission.objects.filter(codename__in=["change_payment", "change_stripeevent"])
    assert browser.get(f"/admin/bookings/booking/{visit.id}/refund/").status_code == 403

    given = filled(page, user_permissions=[str(right.id) for right in rights])
    assert console.post(page_of(member), given).status_code == 302
    again = console.get(page_of(member))
    ticked = re.findall(r'name="user_permissions" value="(\d+)"[^>]*\schecked(?=[\s>])', again.content.decode())
    assert console.post(page_of(member), filled(again, user_permissions=ticked, first_name="Kim")).status_code == 302

    member = User.objects.get(id=member.id)
    assert (member.first_name, set(member.user_permissions.all())) == ("Kim", set(rights))
    assert browser.get(f"/admin/bookings/booking/{visit.id}/refund/").status_code == 200
    assert "process_again" in browser.get("/admin/bookings/stripeevent/").content.decode()
