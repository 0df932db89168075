"""Staff turn parts of findr off in the console: who may, what they read before, and what is written down."""

import pytest
from admin.forms import filled
from admin.pages import editable, text_of
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from switches import as_migrated
from waffle.models import Switch as SwitchRow

from findr.accounts.models import AccountRole, User
from findr.switches import WHEN_OFF, Switch, is_on
from providers.demo import PASSWORD

LIST = "/admin/waffle/switch/"


@pytest.fixture
def rows(stage):
    return as_migrated()


@pytest.fixture
def desk(rows):
    """A staff member without further rights, in a browser."""
    user = User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF)
    client = Client()
    client.force_login(user)
    return client


def page_of(row):
    return f"{LIST}{row.id}/change/"


def off(client, row, **more):
    """Open the page, take the tick away, and save."""
    return client.post(page_of(row), filled(client.get(page_of(row)), active=None, **more))


def test_every_switch_says_what_happens_when_it_is_off(desk, rows):
    page = text_of(desk.get(LIST))

    assert set(WHEN_OFF) == set(Switch)
    for switch in Switch:
        assert f"{switch} On {WHEN_OFF[switch]}" in page
        assert WHEN_OFF[switch] in text_of(desk.get(page_of(rows[switch])))


def test_turning_one_off_is_in_force_and_in_the_log(console, rows, staff):
    row = rows[Switch.CALENDAR_CHECKS]
    assert is_on(Switch.CALENDAR_CHECKS)

    answer = off(console, row, note="Google is down")

    assert answer.status_code == 302
    assert not is_on(Switch.CALENDAR_CHECKS)
    assert is_on(Switch.INSTANT_BOOKING)
    line = LogEntry.objects.get(object_id=str(row.id))
    assert (line.user_id, line.object_repr) == (staff.user.id, "calendar_checks: off")
    assert line.get_change_message() == "Changed On and Note."
    assert "calendar_checks Off" in text_of(console.get(LIST))
    assert "Switches 1" in text_of(console.get("/admin/"))

    console.post(page_of(row), filled(console.get(page_of(row)), active="on"))

    assert is_on(Switch.CALENDAR_CHECKS)
    assert LogEntry.objects.latest("id").object_repr == "calendar_checks: on"


def test_it_takes_a_right_that_a_superuser_gives(desk, rows):
    row = rows[Switch.INSTANT_BOOKING]

    assert editable(desk.get(page_of(row))) == []
    assert desk.post(page_of(row), {"note": "x"}).status_code == 403
    assert SwitchRow.objects.get(id=row.id).active

    User.objects.get(email="desk@example.test").user_permissions.add(Permission.objects.get(codename="change_switch"))
    assert off(desk, row).status_code == 302
    assert not SwitchRow.objects.get(id=row.id).active


def test_none_is_added_or_deleted_and_others_are_nobodys_business(console, rows):
    row, other = rows[Switch.INSTANT_BOOKING], SwitchRow.objects.create(name="somebody_elses")

    assert console.get(f"{LIST}add/").status_code == 403
    assert console.post(f"{LIST}{row.id}/delete/", {"post": "yes"}).status_code == 403
    assert "somebody_elses" not in text_of(console.get(LIST))
    assert console.get(page_of(other)).status_code == 302
    for name in ("flag", "sample"):
        assert console.get(f"/admin/waffle/{name}/").status_code == 404


def test_an_older_page_turns_nothing_back_on(console, colleague, rows):
    row = rows[Switch.CALENDAR_CHECKS]
    page = console.get(page_of(row))
    off(colleague, row)

    refused = console.post(page_of(row), filled(page, note="looks fine"))

    assert "On is now not ticked (by kim@example.test)" in text_of(refused)
    assert not SwitchRow.objects.get(id=row.id).active


def test_a_switch_without_a_row_is_on_and_redis_is_not_needed(stage, settings):
    nobody = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "default": nobody}

    assert [is_on(switch) for switch in Switch] == [True] * len(Switch)
    as_migrated()
    SwitchRow.objects.get(name=Switch.INSTANT_BOOKING).delete()
    assert is_on(Switch.INSTANT_BOOKING)
