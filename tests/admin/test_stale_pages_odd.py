"""Pages of the console that say nothing of what they show, or something else; and two at once."""

import json
import threading
from datetime import timedelta

import pytest
from admin.forms import filled
from admin.pages import text_of
from admin.stale_pages import PRACTICE, SINCE, save, stored
from cast import RIDGE
from concurrency.together import at_once
from django.contrib import admin
from django.db import connection, transaction
from django.test import RequestFactory

from findr import clock
from findr.accounts.models import User
from findr.console_pages import ConsoleAdmin
from findr.console_pages.page_version import PageVersion
from providers.models import Provider, Service, TimeOff


@pytest.mark.parametrize(
    "version",
    [
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
def test_what_no_page_of_ours_has_sent_is_no_version(version):
    assert PageVersion.read(version) is None


def test_a_page_that_does_not_say_what_it_shows_saves_nothing(console, provider):
    page, before = console.get(PRACTICE), stored()

    for version in (None, "", "nonsense", '{"fields": {}, "tables": {"services": 3}, "keys": {}, "entry": 0}'):
        refused = console.post(PRACTICE, filled(page, phone="2", page_version=version))

        assert refused.status_code == 200
        assert "does not say which version it shows" in text_of(refused), version
        assert stored() == before
        assert filled(refused)["phone"] == "2"


def test_a_broken_table_is_no_fault_of_the_server(console, provider):
    page, before = console.get(PRACTICE), stored()

    for number in ("", "-1", "x", "99999999999999", "²"):
        given = filled(page, **{"services-INITIAL_FORMS": number, "services-0-id": "\0"})
        assert console.post(PRACTICE, given).status_code == 200, number
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
