"""One address has one spelling, whichever door it comes through (contract 9.1)."""

from io import StringIO

import pytest
from admin.forms import filled
from admin.pages import text_of
from cast import RIDGE, call
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from findr import emails
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD
from providers.models import Provider

PEOPLE, PRACTICE = "/admin/accounts/user/", f"/admin/providers/provider/{RIDGE}/change/"
# Ways in which keyboards and clipboards write pat@example.test.
SPELLINGS = (
    "PAT@Example.TEST",
    " pat@example.test\u00a0",
    "\uff50\uff41\uff54\uff20example\uff0etest",
    "pat@exampl\u212f.test",
)
# Nobody sees what makes these another address.
HIDDEN = (
    *("pat\u200b@example.test", "\ufeffpat@example.test", "pat@exam\u00adple.test", "p\u2060at@example.test"),
    *("pat@example.test\n", "pat\r\n@example.test", "pat@example\u200d.test", "pat\u3164@example.test"),
    *("pat\u202e@example.test", "pat@example.test\ufe0f", "pat\x7f@example.test"),
)


@pytest.fixture
def console(staff):
    client = Client()
    client.force_login(staff.user)
    return client


def register(email):
    given = {"password": PASSWORD, "firstName": "Pat", "lastName": "Doe", "agreedToTerms": True}
    return call("POST", "/api/users/register", {**given, "email": email})


def sign_in(door, email):
    return call("POST", f"/api/{door}/login", {"email": email, "password": PASSWORD})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("lee@b\u00fccher.example", "lee@xn--bcher-kva.example"),
        ("Lee@BU\u0308CHER.example", "lee@xn--bcher-kva.example"),
        ("lee@xn--bcher-kva.example", "lee@xn--bcher-kva.example"),
        ("lee@stra\u00dfe.example", "lee@xn--strae-oqa.example"),
        ("lee@\u4f8b\u3048\u3002test", "lee@xn--r8jz45g.test"),
        ("\ufb01@example.test", "fi@example.test"),
        ("\u212a@example.test", "k@example.test"),
        ("o'lee+x@example.test", "o'lee+x@example.test"),
    ],
)
def test_an_address_has_one_normal_form(written, kept):
    assert emails.normal_form(written) == kept
    assert emails.normal_form(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        *HIDDEN,
        "",
        " ",
        "@",
        "pat",
        "p at@example.test",
        "pat@",
        "pat@-\u00fc.test",
        "pat@" + "\u00fc" * 70 + ".test",
        "p\u00e4t@x.test",
    ],
)
def test_what_is_no_address_has_none(text):
    with pytest.raises(ValidationError):
        emails.normal_form(text)


@pytest.mark.parametrize("email", SPELLINGS)
def test_another_spelling_is_the_same_account(email, patient):
    assert register(email).refusal == (400, "email_taken", "Email already registered")
    assert sign_in("users", email).body["user"]["email"] == "pat@example.test"


def test_an_address_is_kept_with_its_domain_in_ascii(stage):
    assert register("lee@B\u00fccher.example").body["user"]["email"] == "lee@xn--bcher-kva.example"
    assert sign_in("users", "lee@b\u00fccher.example").status == 200
    assert register("lee@xn--bcher-kva.example").refusal == (400, "email_taken", "Email already registered")


@pytest.mark.parametrize("email", HIDDEN)
def test_nobody_registers_with_an_address_that_looks_like_another(email, patient):
    before = User.objects.count()

    assert register(email).refusal == (400, "validation", "email is invalid")
    assert User.objects.count() == before


@pytest.mark.parametrize(("door", "name"), [("users", "pat"), ("providers", "ridge"), ("admin/auth", "staff")])
def test_who_signs_in_may_spell_it_as_they_like(door, name, stage):
    answers = [sign_in(door, email) for email in (f"{name.upper()}@EXAMPLE.test", f"{name}\uff20example.test ")]
    hidden = sign_in(door, f"{name}\u200b@example.test")

    assert [answer.status for answer in answers] == [200, 200]
    assert hidden.refusal == (401, "invalid_credentials", "Invalid email or password")


def test_the_console_is_entered_with_any_spelling(stage):
    entered = Client().post("/admin/login/", {"username": "STAFF\uff20example.test", "password": PASSWORD})

    assert entered.status_code == 302


def test_an_account_added_in_the_console_gets_the_normal_form(console):
    given = {"role": "patient", "password1": "another-one-9", "password2": "another-one-9"}
    add = f"{PEOPLE}add/"

    for email in ("pat\uff20example.test", *HIDDEN[:3]):
        assert console.post(add, filled(console.get(add), **given, email=email)).status_code == 200, email
    console.post(add, filled(console.get(add), **given, email="Lee@b\u00fccher.example"))

    assert list(User.objects.filter(email__contains="lee").values_list("email", flat=True)) == [
        "lee@xn--bcher-kva.example"
    ]


def test_an_account_changed_in_the_console_keeps_a_normal_form(console, patient):
    page = f"{PEOPLE}{patient.user.id}/change/"

    refused = console.post(page, filled(console.get(page), email="pat\u200b@example.test"))
    saved = console.post(page, filled(console.get(page), email="PAT@b\u00fccher.example"))

    assert "It holds a character that nobody sees." in text_of(refused)
    assert saved.status_code == 302
    assert User.objects.get(id=patient.user.id).email == "pat@xn--bcher-kva.example"


def test_a_practice_is_written_to_at_a_normal_form(console):
    refused = console.post(PRACTICE, filled(console.get(PRACTICE), email="ridge\u200b@example.test"))
    saved = console.post(PRACTICE, filled(console.get(PRACTICE), email="Ridge@B\u00fccher.example"))

    assert "It holds a character that nobody sees." in text_of(refused)
    assert saved.status_code == 302
    assert Provider.objects.get(id=RIDGE).email == "ridge@xn--bcher-kva.example"


def test_a_superuser_is_created_with_a_normal_form(stage, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    def create(email):
        call_command("createsuperuser", interactive=False, email=email, stdout=StringIO())

    create("Root@b\u00fccher.example")
    with pytest.raises(CommandError, match="already taken"):
        create("root@xn--bcher-kva.example")
    with pytest.raises(CommandError, match="a character that nobody sees"):
        create("ro\u200bot@example.test")

    root = User.objects.get(email="root@xn--bcher-kva.example")
    assert (root.role, root.is_superuser) == (AccountRole.STAFF, True)


def test_no_way_of_saving_goes_round_the_normal_form(patient):
    user = User(email="Lee@b\u00fccher.example", role=AccountRole.PATIENT)

    User.objects.bulk_create([user])
    User.objects.filter(id=patient.user.id).update(email="PAT@EXAMPLE.org")

    assert user.email == "lee@xn--bcher-kva.example"
    assert User.objects.get(id=patient.user.id).email == "pat@example.org"
    with pytest.raises(ValidationError):
        User.objects.create_user("le\u200be@example.test", PASSWORD)
