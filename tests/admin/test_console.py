"""The console is what the apps declare of it: each brings its own, and nothing below it knows of any of them."""

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from admin.forms import filled
from admin.pages import text_of
from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client, RequestFactory
from django.urls import resolve

import findr
from findr import console as collected
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD

DECLARED = list(collected.declared())
PLACES = [place for one in DECLARED for place in one.places]
FIGURES = [figure for one in DECLARED for figure in one.figures]
TABLES = [table for one in DECLARED for table in one.tables]
TO_GIVE = [grant.permission for one in DECLARED for grant in one.grantable]
PERMISSIONS = {
    *(one.permission for one in [*PLACES, *FIGURES, *TABLES] if one.permission),
    *(permission for one in DECLARED for permission in one.every_staff_member),
    *(permission for one in DECLARED for page in one.row_pages for permission in page.permissions),
    *TO_GIVE,
}


@pytest.fixture
def member(stage):
    """A staff member without further rights."""
    return User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF)


@pytest.fixture
def desk(member):
    """Their browser."""
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def toy(transactional_db):
    """An app of its own is installed for the test, last; alone, since the job queue does not bear being started twice."""
    toy = AppConfig.create("admin.toy.apps.ToyConfig")
    toy.apps, apps.app_configs[toy.label] = apps, toy
    toy.import_models()
    apps.clear_cache()
    create_permissions(toy, verbosity=0)
    yield
    Permission.objects.filter(content_type__app_label=toy.label).delete()
    ContentType.objects.filter(app_label=toy.label).delete()
    del apps.app_configs[toy.label]
    apps.clear_cache()


def side_bar_of(user):
    """What somebody sees in the side bar: sections, and in each its links with their badges."""
    request = RequestFactory().get("/admin/")
    request.user = user
    return {
        section["title"]: [
            (item["title"], item["badge"]) if "badge" in item else item["title"]
            for item in section["items"]
            if item["permission"](request)
        ]
        for section in collected.navigation(request)
    }


def test_the_side_bar_as_the_apps_declare_it(staff, member):
    of_everybody = {
        "Bookings": ["Overview", "Requests to answer", "All bookings"],
        "Practices and people": ["Practices", "Accounts"],
        "Calendars": ["Connected calendars", "Calendar events"],
        "Operations": [
            "Payment operations",
            "Webhook events",
            "Findings in the books",
            "Background jobs",
            "Periodic jobs",
            "Switches",
        ],
    }

    assert side_bar_of(member) == of_everybody
    assert list(side_bar_of(member)) == list(of_everybody)
    assert side_bar_of(staff.user) == {
        **of_everybody,
        "Practices and people": ["Practices", "Accounts", "Staff groups"],
    }


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_each_permission_that_is_declared_exists(db, permission):
    app, codename = permission.split(".")

    found = Permission.objects.get(content_type__app_label=app, codename=codename)

    assert found.content_type.model_class() is not None


def test_what_all_staff_have_is_given_to_nobody():
    assert not collected.every_staff_member() & set(TO_GIVE)
    assert len(set(TO_GIVE)) == len(TO_GIVE)


@pytest.mark.parametrize("one", [*PLACES, *FIGURES], ids=lambda one: one.title)
def test_each_link_leads_to_a_page(console, one):
    assert resolve(urlsplit(one.link).path).url_name

    assert console.get(one.link).status_code == 200


def test_each_figure_and_table_can_be_read(stage):
    assert [figure.title for figure in FIGURES if not isinstance(figure.number(), int)] == []
    assert [table.title for table in TABLES if set(table.content()) != {"headers", "rows"}] == []


def test_an_app_that_is_new_brings_its_places_and_figures(toy, staff, member, desk):
    front = text_of(desk.get("/admin/"))

    assert list(side_bar_of(member)) == ["Bookings", "Lost property", "Practices and people", "Calendars", "Operations"]
    assert side_bar_of(member)["Lost property"] == [("Umbrellas", 3)]
    assert side_bar_of(member)["Operations"][-1] == "Found today"
    assert side_bar_of(staff.user)["Lost property"] == [("Umbrellas", 3), "Safe"]
    assert "Umbrellas lost 33" in front
    assert "Latest umbrellas Colour puce" in front
    assert "Umbrellas burnt" not in front


def test_an_app_that_is_new_brings_its_permissions(toy, console, member):
    page = console.get(f"/admin/accounts/user/{member.id}/change/")
    offered = re.findall(r'name="user_permissions" value="(\d+)"', page.content.decode())
    codes = Permission.objects.filter(id__in=offered, content_type__app_label="toy").values_list("codename", flat=True)
    assert set(codes) == {"add_umbrella", "change_umbrella"}
    assert "Hand umbrellas out" in text_of(page)
    assert (member.has_perm("toy.view_umbrella"), member.has_perm("toy.change_umbrella")) == (True, False)

    given = filled(page, user_permissions=str(Permission.objects.get(codename="change_umbrella").id))
    console.post(f"/admin/accounts/user/{member.id}/change/", given)

    assert User.objects.get(id=member.id).has_perm("toy.change_umbrella")


def test_without_its_app_nothing_of_it_is_there(member):
    assert "Lost property" not in side_bar_of(member)
    assert not member.has_perm("toy.view_umbrella")


def test_the_console_and_the_accounts_name_no_app_above_them():
    here = Path(findr.__file__).parent
    above = re.compile(r"\b(bookings|providers|calendars|notifications)\b")
    sources = [
        here / "console.py",
        here / "closing.py",
        here / "consequences.py",
        here / "jobs_console.py",
        here / "switches_console.py",
        *(here / "admin").rglob("*.py"),
        *(here / "accounts").rglob("*.py"),
    ]
    named = [
        f"{source.name}:{node.lineno}: {node.value}"
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and above.search(node.value)
    ]

    assert named == []
