"""Names in the console: shown, and on one line, wherever one is typed (contract 9.1)."""

import pytest
from admin.forms import filled
from admin.pages import text_of
from cast import RIDGE
from django.contrib.auth.models import Group

from findr.accounts.models import User
from providers.models import Provider, Service, TeamMember, TimeOff

PRACTICE, PEOPLE, GROUPS = (
    f"/admin/providers/provider/{RIDGE}/change/",
    "/admin/accounts/user/",
    "/admin/auth/group/add/",
)
NO_NAMES = ("\u200b", "\u3164", "\u2800", "Lee\r\nBcc: x", "a\u2028b", "\u202eeeL", "a\tb", "Lee\x00")
NAMES = (
    "\u200fשרה",
    "\u0646\u06cc\u0645\u200c\u0641\u0627\u0635\u0644\u0647",
    "O'Neil-Šmíd, Jr.",
    "李",
    "😀",
    "👨\u200d👩",
)
OF_A_PRACTICE = (
    *("practice_name", "provider_types", "phone", "street", "suite", "city", "region", "zip_code"),
    *("services-0-name", "services-0-category", "team_members-0-name", "team_members-0-title", "time_off-0-note"),
)
AWAY = {"time_off-TOTAL_FORMS": "1", "time_off-0-start": "2090-07-01T09:00", "time_off-0-end": "2090-07-01T17:00"}
OF_A_PERSON = ("first_name", "last_name", "phone")


def test_what_is_no_name_is_refused_in_every_field_of_a_practice(console, provider):
    before, page = everything_of(provider), filled(console.get(PRACTICE), **AWAY)

    for text in NO_NAMES:
        answer = console.post(PRACTICE, {**page, **dict.fromkeys(OF_A_PRACTICE, text)})

        assert answer.status_code == 200, text
        assert set(refused(answer)) == set(OF_A_PRACTICE), text
        assert everything_of(provider) == before, text


def refused(answer):
    """The fields of the page that are to be mended, by the names under which they are sent."""
    forms = [answer.context_data["adminform"].form]
    forms += [form for inline in answer.context_data["inline_admin_formsets"] for form in inline.formset.forms]
    return [form.add_prefix(name) for form in forms for name in form.errors]


def everything_of(provider):
    own = {"provider_id": provider.id}
    rows = (Provider.objects.filter(id=provider.id), Service.objects.filter(**own), TeamMember.objects.filter(**own))
    assert not TimeOff.objects.filter(**own).exists()
    return [list(found.order_by("id").values()) for found in rows]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_writing_are_kept(console, provider, patient, name):
    person = f"{PEOPLE}{patient.user.id}/change/"

    practice = console.post(
        PRACTICE, filled(console.get(PRACTICE), practice_name=f"  {name} ", **{"team_members-0-name": name})
    )
    changed = console.post(person, filled(console.get(person), first_name=name, last_name=f" {name}"))

    assert (practice.status_code, changed.status_code) == (302, 302)
    assert Provider.objects.get(id=RIDGE).practice_name == name
    assert TeamMember.objects.get(provider_id=RIDGE).name == name
    assert User.objects.values_list("first_name", "last_name").get(id=patient.user.id) == (name, name)


def test_what_is_no_name_is_refused_on_a_persons_page(console, patient):
    page = f"{PEOPLE}{patient.user.id}/change/"
    given = filled(console.get(page))

    for text in NO_NAMES:
        answer = console.post(page, {**given, **dict.fromkeys(OF_A_PERSON, text)})
        assert answer.status_code == 200, text
        assert set(refused(answer)) == set(OF_A_PERSON), text

    assert User.objects.get(id=patient.user.id).full_name == "Pat Doe"


def test_a_new_person_has_a_name_that_shows_or_none(console, staff):
    add, names = f"{PEOPLE}add/", ("first_name", "last_name")
    given = filled(console.get(add), role="patient", password1="another-one-9", password2="another-one-9")
    given["email"] = "new@example.test"

    for text in NO_NAMES:
        answer = console.post(add, {**given, **dict.fromkeys(names, text)})
        assert answer.status_code == 200, text
        assert set(refused(answer)) == set(names), text

    assert console.post(add, given).status_code == 302


def test_a_group_of_staff_has_a_name_that_shows(console, staff):
    for text in NO_NAMES:
        assert "Enter at least one" in (told := text_of(console.post(GROUPS, {"name": text}))) or "not allowed" in told

    assert not Group.objects.exists()
    assert console.post(GROUPS, {"name": "Front desk"}).status_code == 302
