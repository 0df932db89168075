"""What does not balance, in the console: a list to read, a number in the side bar, and a check right now."""

import pytest
from admin.pages import editable, page_of, text_of, told
from cast import promised, run_jobs
from django.test import Client

from bookings import tasks
from bookings.models import BookFinding, TimeHold
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD

FINDINGS = "/admin/bookings/bookfinding/"
AGAIN = f"{FINDINGS}check-again/"


@pytest.fixture
def unbalanced(visit):
    """The visit has lost its time, and the night's check has seen it."""
    TimeHold.objects.all().delete()
    tasks.check_books()
    return visit


def test_findings_are_listed_open_ones_first_with_their_booking(console, unbalanced, patient):
    patient.has_asked(appointmentTime="14:00")
    BookFinding.objects.create(invariant="feed", subject="somebody", detail="a hole", resolved_at="2026-01-01T00:00Z")

    page = console.get(FINDINGS)

    assert [finding.invariant for finding in page.context_data["cl"].result_list] == ["hold", "feed"]
    for fact in (unbalanced.number, "occupies its time and does not hold it", "open", "resolved", "somebody", "UTC"):
        assert fact in text_of(page), fact
    assert f'href="{page_of(unbalanced)}"' in page.content.decode()


def test_findings_are_found_by_state_number_and_invariant(console, unbalanced):
    BookFinding.objects.create(invariant="feed", subject="somebody", detail="a hole", resolved_at="2026-01-01T00:00Z")
    asked = {
        ("standing", "open"): ["hold"],
        ("standing", "resolved"): ["feed"],
        ("q", unbalanced.number): ["hold"],
        ("q", "somebody"): ["feed"],
        ("invariant__exact", "feed"): ["feed"],
        ("q", "nobody"): [],
    }

    for (name, value), invariants in asked.items():
        found = console.get(FINDINGS, {name: value}).context_data["cl"].queryset
        assert [finding.invariant for finding in found] == invariants, (name, value)


def test_a_finding_has_a_page_and_nobody_edits_it(console, unbalanced):
    path = f"{FINDINGS}{BookFinding.objects.get().pk}/change/"

    page = console.get(path)

    for fact in ("hold", unbalanced.number, "occupies its time and does not hold it", "open"):
        assert fact in text_of(page), fact
    assert editable(page) == []
    assert console.post(path, {"detail": "nothing"}).status_code == 403
    for forbidden in (f"{FINDINGS}add/", path.replace("change", "delete")):
        assert console.get(forbidden).status_code == 403


def test_open_findings_have_a_number_and_are_told_on_the_booking_page(console, unbalanced):
    first, page = text_of(console.get("/admin/")), text_of(console.get(page_of(unbalanced)))

    assert "The books: findings 1" in first
    assert "Findings in the books 1" in first
    assert "What does not balance" in page
    assert "occupies its time and does not hold it" in page


def test_what_balances_has_no_number(console, visit):
    first, page = text_of(console.get("/admin/")), text_of(console.get(page_of(visit)))

    assert "The books: findings 0" in first
    assert "Findings in the books manufacturing Background jobs" in first
    assert "What does not balance" not in page


def test_a_check_right_now_is_promised_by_a_post_and_once(console, unbalanced):
    TimeHold.objects.all().delete()
    BookFinding.objects.all().delete()

    assert "Check the books again now" in text_of(console.get(AGAIN))
    assert promised() == []
    said = [told(console.post(AGAIN))[-1] for _ in range(2)]

    assert said == [
        "The books are being checked. This list then shows it.",
        "A check is waiting already, so nothing was done.",
    ]
    assert promised() == ["bookings.check_books"]
    run_jobs()
    assert BookFinding.objects.get().subject == unbalanced.number


def test_checking_now_takes_a_right_and_looking_does_not(stage):
    client = Client()
    client.force_login(User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF))

    assert client.get(FINDINGS).status_code == 200
    assert "Check again now" not in text_of(client.get(FINDINGS))
    assert [client.get(AGAIN).status_code, client.post(AGAIN).status_code] == [403, 403]

    assert promised() == []


def test_strangers_see_none_of_it(patient, provider):
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        for path in (FINDINGS, AGAIN):
            assert client.get(path).url.startswith("/admin/login/")
