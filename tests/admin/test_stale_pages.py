"""An older page of the console undoes nobody's change: it is refused, says what has changed, and keeps what was typed."""

import pytest
from admin.forms import filled
from admin.pages import text_of, told
from admin.stale_pages import PRACTICE, SINCE, save, stored
from cast import RIDGE
from django.contrib.auth.models import Group, Permission

from findr import clock
from findr.accounts import services
from findr.accounts.models import User
from providers.models import Provider, Service


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


CHANGES = {
    "fields and rows": [
        ({"team_members-0-name": "Dr. New"}, 'team member "Dr. New": Name is now Dr. New'),
        ({"team_members-0-accepts_bookings": None}, "Accepts bookings is now not ticked"),
        ({"opening_hours-0-opens": "06:30"}, "Opens is now 06:30"),
        ({"opening_hours-6-DELETE": "on"}, "opening hours: was removed (by kim@example.test)"),
        ({"services-2-DELETE": "on"}, "service: was removed (by kim@example.test)"),
        ({"photos": "https://ridge.example.test/1.png"}, "Photos is now https://ridge.example.test/1.png"),
        ({"requests_hold_time": "on"}, "Requests hold their time is now ticked"),
        (
            {
                "time_off-TOTAL_FORMS": "1",
                "time_off-0-start": "2091-01-06T09:00",
                "time_off-0-end": "2091-01-06T10:00",
            },
            'time off "2091-01-06 09:00 - 2091-01-06 10:00": was added (by kim@example.test)',
        ),
    ],
    # By itself, since all other times are told on its clock.
    "time zone": [({"timezone": "America/Chicago"}, "Time zone is now America/Chicago")],
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_every_field_and_every_table_of_a_practice_counts(console, colleague, provider, changes):
    page = console.get(PRACTICE)
    save(colleague, PRACTICE, **{name: value for change, _ in changes for name, value in change.items()})
    before = stored()

    refused = console.post(PRACTICE, filled(page, website="https://ridge.example.test"))

    assert refused.status_code == 200
    said = text_of(refused)
    assert [words for _, words in changes if words not in said] == []
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
