"""Addresses and zones stored before there was one spelling of them: mended where that is no guess, listed where it is."""

import importlib

import pytest
from cast import HARBOR, RIDGE
from django.apps import apps
from django.db import connection

from findr.accounts.models import User
from providers.demo import PASSWORD
from providers.models import Provider

PEOPLE = importlib.import_module("findr.accounts.migrations.0003_one_spelling")
PRACTICES = importlib.import_module("providers.migrations.0002_one_spelling")


def store(model, row_id, column, value):
    """As a release without the rule had stored it."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET {column} = %s WHERE id = %s", [value, row_id])


@pytest.fixture
def account(stage):
    def made(email):
        user = User.objects.create_user(f"somebody{User.objects.count()}@example.test", PASSWORD)
        store(User, user.id, "email", email)
        return user

    return made


def settle(capsys):
    PEOPLE.give_normal_form(apps, connection.schema_editor())
    return capsys.readouterr().out


def emails():
    return dict(User.objects.values_list("id", "email"))


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        ("lee\u200b@example.test", "lee@example.test"),
        ("lee@b\u00fccher.example", "lee@xn--bcher-kva.example"),
        ("\uff4cee@example.test", "lee@example.test"),
        ("lee@example.test\n", "lee@example.test"),
    ],
)
def test_an_address_that_nobody_else_has_gets_its_normal_form(account, capsys, stored, kept):
    lee, before = account(stored), emails()

    told = settle(capsys)

    assert (told, emails()) == ("", {**before, lee.id: kept})


def test_an_address_that_somebody_has_already_is_listed_and_stays(account, capsys):
    lee, other = account("lee@example.test"), account("lee\u200b@example.test")
    before = emails()

    told = settle(capsys)

    assert emails() == before
    assert str(other.id) in told
    assert str(lee.id) in told
    assert "lee" not in told  # Ids lead there as well; addresses do not belong into a log.


def test_two_that_become_one_are_both_listed_and_stay(account, capsys):
    two = [account("lee\u200b@example.test"), account("\u2060lee@example.test")]
    before = emails()

    told = settle(capsys)

    assert emails() == before
    assert all(str(one.id) in told for one in two)


def test_what_has_no_normal_form_is_listed_and_stays(account, capsys):
    odd, before = account("l\u00e9e@example.test"), emails()

    told = settle(capsys)

    assert emails() == before
    assert f"{odd.id}: the address has no normal form." in told


def test_a_second_run_changes_nothing(account, capsys):
    account("lee@b\u00fccher.example")
    settle(capsys)
    before = emails()

    assert (settle(capsys), emails()) == ("", before)


def test_practices_are_mended_and_listed_alike(patient, capsys):
    store(Provider, RIDGE, "email", "Ridge@b\u00fccher.example")
    store(Provider, HARBOR, "email", "h\u00e4rbor@example.test")
    store(Provider, HARBOR, "timezone", "localtime")
    store(User, patient.user.id, "timezone", "localtime")

    PRACTICES.look_through(apps, connection.schema_editor())

    told = capsys.readouterr().out
    assert Provider.objects.get(id=RIDGE).email == "ridge@xn--bcher-kva.example"
    assert Provider.objects.get(id=HARBOR).timezone == "localtime"
    assert f"E-mail not changed: practice {HARBOR}" in told
    assert f"Zone not changed: practice {HARBOR}" in told
    assert str(RIDGE) not in told
    assert User.objects.get(id=patient.user.id).timezone == ""
