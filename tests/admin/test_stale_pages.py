"""An older page of the console undoes nobody's change: it is refused, says what has changed, and keeps what was typed."""

import json
import threading
from datetime import timedelta

import pytest
from admin.forms import filled
from admin.pages import text_of, told
from cast import RIDGE
from concurrency.together import at_once
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test import Client, RequestFactory

from findr import clock
from findr.accounts import services
from findr.accounts.models import AccountRole, User
from findr.console_pages import ConsoleAdmin
from providers.demo import PASSWORD
from providers.models import OpeningHours, Provider, Service, TeamMember, TimeOff

PRACTICE = f"/admin/providers/provider/{RIDGE}/change/"
SINCE = "This has changed since the page was opened:"


@pytest.fixture
def colleague(staff):
    """Another superuser's browser."""
    user = User.objects.create_user("kim@example.test", PASSWORD, role=AccountRole.STAFF, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


def save(client, path, **changes):
    answer = client.post(path, filled(client.get(path), **changes))
    assert answer.status_code == 302, text_of(answer)


def stored():
    tables = (Provider, Service, TeamMember, OpeningHours, TimeOff, User, Group)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_a_phone_typed_on_an_older_page_does_not_approve_a_suspended_practice(console, colleague, provider):
    page = console.get(PRACTICE)
    save(colleague, PRACTICE, status="suspended")
    before = stored()

    refused = console.post(PRACTICE, filled(page, phone="+1 303 555 0100"))

    assert refused.status_code == 200
    assert f"{SINCE} Status is now Suspended (by kim@example.test). Nothing was saved." in text_of(refused)
    assert stored() == before
    shown = filled(refused)
    assert (shown["phone"], shown["status"]) == ("+1 303 555 0100", "suspended")
    assert console.post(PRACTICE, shown).status_code == 302
    practice = Provider.objects.get(id=RIDGE)
    assert (practice.phone, practice.status) == ("+1 303 555 0100", "suspended")


def test_what_was_typed_over_a_change_stays_and_is_saved_on_purpose(console, colleague, provider):
    page = console.get(PRACTICE)
    save(colleague, PRACTICE, phone="1", response_hours="12")

    refused = console.post(PRACTICE, filled(page, phone="2"))

    text = text_of(refused)
    assert "Phone is now 1 (by kim@example.test)" in text
    assert "Hours to answer is now 12 (by kim@example.test)" in text
    assert (filled(refused)["phone"], filled(refused)["response_hours"]) == ("2", "12")
    assert console.post(PRACTICE, filled(refused)).status_code == 302
    assert Provider.objects.values_list("phone", "response_hours").get(id=RIDGE) == ("2", 12)


def test_prices_do_not_go_back(console, colleague, provider):
    page = console.get(PRACTICE)
    name = filled(page)["services-0-name"]
    save(colleague, PRACTICE, **{"services-0-price_cents": "175.50"})
    before = stored()

    refused = console.post(PRACTICE, filled(page, **{"services-0-description": "Bring shoes."}))

    assert f'service "{name} (60 min)": Price in US dollars is now 175.50 (by kim@example.test)' in text_of(refused)
    assert stored() == before
    shown = filled(refused)
    assert (shown["services-0-price_cents"], shown["services-0-description"]) == ("175.50", "Bring shoes.")
    assert console.post(PRACTICE, shown).status_code == 302
    service = Service.objects.get(id=shown["services-0-id"])
    assert (service.price_cents, service.description) == (17550, "Bring shoes.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"team_members-0-name": "Dr. New"}, 'team member "Dr. New": Name is now Dr. New (by kim@example.test)'),
        ({"opening_hours-0-opens": "06:30"}, "Opens is now 06:30"),
        ({"team_members-0-accepts_bookings": None}, "Accepts bookings is now not ticked"),
        ({"opening_hours-6-DELETE": "on"}, "opening hours: was removed (by kim@example.test)"),
        ({"services-2-DELETE": "on"}, "service: was removed (by kim@example.test)"),
        ({"photos": "https://ridge.example.test/1.png"}, "Photos is now https://ridge.example.test/1.png"),
        ({"requests_hold_time": "on"}, "Requests hold their time is now ticked"),
        ({"timezone": "America/Chicago"}, "Time zone is now America/Chicago"),
        (
            {
                "time_off-TOTAL_FORMS": "1",
                "time_off-0-start": "2031-01-06T09:00",
                "time_off-0-end": "2031-01-06T10:00",
            },
            'time off "2031-01-06 09:00 - 2031-01-06 10:00": was added (by kim@example.test)',
        ),
    ],
)
def test_every_field_and_every_table_of_a_practice_counts(console, colleague, provider, change, words):
    page = console.get(PRACTICE)
    save(colleague, PRACTICE, **change)
    before = stored()

    refused = console.post(PRACTICE, filled(page, website="https://ridge.example.test"))

    assert refused.status_code == 200
    assert words in text_of(refused)
    assert stored() == before
    assert console.post(PRACTICE, filled(refused)).status_code == 302
    changed = Provider.objects.get(id=RIDGE)
    assert changed.website == "https://ridge.example.test"
    after = stored()
    assert after[1:] == before[1:]


def test_a_removed_row_takes_nothing_of_its_neighbours_along(console, colleague, provider):
    page = console.get(PRACTICE)
    first, second, third = (filled(page)[f"services-{index}-name"] for index in range(3))
    save(colleague, PRACTICE, **{"services-1-DELETE": "on"})

    typed = {"services-1-description": "lost", "services-2-description": "kept"}
    refused = console.post(PRACTICE, filled(page, **typed))
    assert console.post(PRACTICE, filled(refused)).status_code == 302

    assert dict(Service.objects.filter(provider_id=RIDGE).values_list("name", "description")) == {
        first: filled(page)["services-0-description"],
        third: "kept",
    }
    assert second not in (first, third)


def test_an_account_disabled_meanwhile_stays_disabled(console, colleague, patient):
    path = f"/admin/accounts/user/{patient.user.id}/change/"
    page = console.get(path)
    save(colleague, path, is_active=None)

    refused = console.post(path, filled(page, first_name="Patricia"))

    assert "May sign in is now not ticked (by kim@example.test)" in text_of(refused)
    assert console.post(path, filled(refused)).status_code == 302
    assert User.objects.values_list("first_name", "is_active").get(id=patient.user.id) == ("Patricia", False)


def test_what_nobody_edits_makes_no_page_old(console, patient):
    path = f"/admin/accounts/user/{patient.user.id}/change/"
    page = console.get(path)
    User.objects.filter(id=patient.user.id).update(last_login=clock.now())
    services.sign_out_everywhere(User.objects.get(id=patient.user.id))
    generation = User.objects.get(id=patient.user.id).token_generation

    assert console.post(path, filled(page, first_name="Patricia")).status_code == 302

    assert User.objects.values_list("first_name", "token_generation").get(id=patient.user.id) == (
        "Patricia",
        generation,
    )


def test_rights_given_meanwhile_are_not_taken_back(console, colleague, staff):
    group = Group.objects.create(name="Desk")
    path = f"/admin/auth/group/{group.id}/change/"
    page = console.get(path)
    right = Permission.objects.get(codename="change_provider")
    save(colleague, path, permissions=str(right.id))

    refused = console.post(path, filled(page, name="Front desk"))

    assert "Permissions is now" in text_of(refused)
    assert "(by kim@example.test)" in text_of(refused)
    assert list(group.permissions.all()) == [right]
    assert console.post(path, filled(refused, permissions=str(right.id))).status_code == 302
    group.refresh_from_db()
    assert (group.name, list(group.permissions.all())) == ("Front desk", [right])


def test_a_group_that_changed_is_not_deleted_by_an_older_page(console, colleague, staff):
    group = Group.objects.create(name="Desk")
    path = f"/admin/auth/group/{group.id}/delete/"
    page = console.get(path)
    save(colleague, f"/admin/auth/group/{group.id}/change/", name="Front desk")

    answer = console.post(path, filled(page))

    assert (answer.status_code, answer.url) == (302, path)
    assert "Name is now Front desk (by kim@example.test)" in told(answer)[0]
    assert Group.objects.filter(id=group.id).exists()
    assert console.post(path, filled(console.get(path))).status_code == 302
    assert not Group.objects.filter(id=group.id).exists()


def test_rows_are_not_deleted_by_the_list(console, staff):
    group = Group.objects.create(name="Desk")

    console.post("/admin/auth/group/", {"action": "delete_selected", "_selected_action": [group.id], "post": "yes"})

    assert Group.objects.filter(id=group.id).exists()


def test_a_change_that_no_console_made_is_told_without_a_name(console, provider):
    page = console.get(PRACTICE)
    Provider.objects.filter(id=RIDGE).update(status="suspended")

    refused = console.post(PRACTICE, filled(page))

    assert f"{SINCE} Status is now Suspended. Nothing was saved." in text_of(refused)


@pytest.mark.parametrize(
    "version",
    [
        None,
        "",
        "nonsense",
        "[]",
        "7",
        '{"fields": 1, "tables": {}, "keys": {}, "entry": 0}',
        '{"fields": {}, "tables": {"services": 3}, "keys": {}, "entry": 0}',
        '{"fields": {}, "tables": {"services": {"x": 3}}, "keys": {}, "entry": 0}',
        '{"fields": {}, "tables": {}, "keys": {"services": 3}, "entry": 0}',
        '{"fields": {}, "tables": {}, "keys": {}, "entry": 9999999999999999999999}',
        '{"fields": {}, "tables": {}, "keys": {}, "entry": "1"}',
        "[" * 5000,
    ],
)
def test_a_page_that_does_not_say_what_it_shows_saves_nothing(console, provider, version):
    given = filled(console.get(PRACTICE), phone="2", page_version=version)
    before = stored()

    refused = console.post(PRACTICE, given)

    assert refused.status_code == 200
    assert "does not say which version it shows" in text_of(refused)
    assert stored() == before
    assert filled(refused)["phone"] == "2"


@pytest.mark.parametrize("number", ["", "-1", "x", "99999999999999", "²"])
def test_a_broken_table_is_no_fault_of_the_server(console, provider, number):
    given = filled(console.get(PRACTICE), **{"services-INITIAL_FORMS": number, "services-0-id": "\0"})
    before = stored()

    assert console.post(PRACTICE, given).status_code == 200

    assert stored() == before


def test_rows_of_another_practice_are_not_saved_here(console, provider):
    foreign = Service.objects.exclude(provider_id=RIDGE).first()
    given = filled(console.get(PRACTICE), **{"services-0-id": str(foreign.id), "services-0-name": "Stolen"})
    before = stored()

    assert console.post(PRACTICE, given).status_code == 200

    assert stored() == before


def test_an_empty_version_opens_no_door(console, provider):
    empty = json.dumps({"fields": {}, "tables": {}, "keys": {}, "entry": 0})

    refused = console.post(PRACTICE, filled(console.get(PRACTICE), phone="2", page_version=empty))

    assert SINCE in text_of(refused)


def test_a_mistake_and_an_older_page_are_both_told(console, colleague, provider):
    page = console.get(PRACTICE)
    save(colleague, PRACTICE, status="suspended")

    refused = console.post(PRACTICE, filled(page, response_hours="3"))

    assert "greater than or equal to 4" in text_of(refused)
    assert "Status is now Suspended" in text_of(refused)
    assert (filled(refused)["response_hours"], filled(refused)["status"]) == ("3", "suspended")


def test_time_off_that_passes_while_the_page_is_open_makes_it_no_older(console, provider, time):
    practice, now = Provider.objects.get(id=RIDGE), clock.now().replace(second=0, microsecond=0)
    away = TimeOff.objects.create(provider=practice, start=now, end=now + timedelta(minutes=30))
    page = console.get(PRACTICE)
    time.passes(hours=1)

    assert console.post(PRACTICE, filled(page, **{"time_off-0-note": "dentist"})).status_code == 302

    away.refresh_from_db()
    assert away.note == "dentist"


def test_of_two_pages_saved_at_once_one_is_refused(console, colleague, provider):
    """Without the lock both read the row before either has saved, and the second undoes the first."""
    pages = [(client, filled(client.get(PRACTICE))) for client in (console, colleague)]
    (first, phone), (second, status) = pages

    answers = at_once(
        lambda: first.post(PRACTICE, {**phone, "phone": "2"}),
        lambda: second.post(PRACTICE, {**status, "status": "suspended"}),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    saved = Provider.objects.values_list("phone", "status").get(id=RIDGE)
    assert saved in {("2", "approved"), (phone["phone"], "suspended")}


def test_a_new_password_waits_for_a_change_of_the_same_account(console, patient):
    """Without the lock the row is read before the change is there, and saved over it."""
    path = f"/admin/accounts/user/{patient.user.id}/password/"
    given = {"password1": "another-one-9", "password2": "another-one-9"}
    closed = threading.Event()

    def disable():
        with transaction.atomic(), connection.cursor() as cursor:
            User.objects.filter(id=patient.user.id).update(is_active=False)
            closed.set()
            for _ in range(1000):
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    return True
                cursor.execute("SELECT pg_sleep(0.01)")
        return False

    waited, answer = at_once(disable, lambda: closed.wait(30) and console.post(path, given))

    assert (waited, answer.status_code) == (True, 302)
    user = User.objects.get(id=patient.user.id)
    assert (user.is_active, user.check_password("another-one-9")) == (False, True)


def test_every_page_that_can_be_changed_is_such_a_page(staff):
    request = RequestFactory().get("/admin/")
    request.user = staff.user
    others = [one for one in admin.site._registry.values() if not isinstance(one, ConsoleAdmin)]

    assert [one for one in others if one.has_view_or_change_permission(request)] == []
