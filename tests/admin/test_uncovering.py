"""Staff change hours or time off over what is booked: never refused, nothing is cancelled for it, and it is asked first (lesson 58)."""

import re
from datetime import timedelta

import pytest
from acts import confirm, open_ones, suggest, wall
from admin.forms import filled
from admin.pages import page_of, text_of, told
from admin.stale_pages import PRACTICE, SINCE, save, stored
from admin.uncovering import agree, all_else, day_off, hours_of, off, send
from availability.books import copies
from cast import RIDGE, run_jobs, wish_at
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from findr import clock
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD
from providers.models import OpeningHours, Provider, TeamMember, TimeOff

HOUR = timedelta(hours=1)
ONE = "1 visit, request or suggested time would then lie outside the opening hours or in time off."


@pytest.mark.lesson(43, 58)
def test_time_off_over_a_visit_is_asked_about_then_saved_and_the_visit_stays(
    console, patient, other_patient, provider, sandbox
):
    visit = patient.has_asked(teamMemberId=str(TeamMember.objects.get(provider_id=RIDGE).id))
    confirm(provider, visit)
    request = other_patient.has_asked(**wish_at(hour=14))
    run_jobs()
    practice, all_that_is_booked = stored(), all_else(sandbox)

    question = send(console, **day_off(visit), phone="+13035550100")

    page = text_of(question)
    assert question.status_code == 200
    assert (stored(), all_else(sandbox), told(question)) == (practice, all_that_is_booked, [])
    assert f"{ONE} It stays as it is: nothing is cancelled, and nobody is told." in page
    row = f"{visit.number} Pat Doe Alex Kim .*10:00 AM to 11:00 AM America/Denver confirmed in time off"
    assert re.search(row, page)
    assert f'href="{page_of(visit)}"' in question.content.decode()
    assert request.number not in page

    saved = agree(console, question)

    assert saved.status_code == 302
    assert "was changed successfully" in told(saved)[0]
    assert TimeOff.objects.get().start == visit.start - HOUR
    assert Provider.objects.get(id=RIDGE).phone == "+13035550100"
    assert all_else(sandbox) == all_that_is_booked


@pytest.mark.lesson(58)
def test_hours_over_visits_requests_and_suggested_times_are_asked_about(console, patient, other_patient, provider):
    visit, request = patient.has_asked(), other_patient.has_asked(**wish_at(days=8))
    confirm(provider, visit)
    assert suggest(provider, request, wall(days=14), wall(days=15)).status == 200
    row, page = hours_of(visit), console.get(PRACTICE)  # The first of the two times is a week after the visit.

    zone = text_of(send(console, page, timezone="Pacific/Honolulu"))
    closed = text_of(send(console, page, **{f"{row}-DELETE": "on"}))
    question = send(console, page, **{f"{row}-opens": "10:01"})

    assert "3 visits, requests or suggested times would then lie" in zone
    assert zone.count(" 7:00 AM to 8:00 AM Pacific/Honolulu") + zone.count(" 6:00 AM to 7:00 AM Pacific/Honolulu") == 3
    for told_of in (closed, text_of(question)):
        assert "2 visits, requests or suggested times would then lie" in told_of
        assert f"{visit.number} Pat Doe Ridge Physical Therapy" in told_of
        assert f"{request.number} Sam Roe Ridge Physical Therapy" in told_of
        assert "reschedule proposed suggested time outside the opening hours" in told_of
    assert agree(console, question).status_code == 302
    weekday = OpeningHours.objects.get(provider_id=RIDGE, weekday=int(row[-1]))
    assert (f"{weekday.opens:%H:%M}", Provider.objects.get(id=RIDGE).timezone) == ("10:01", "America/Denver")
    assert len(open_ones(request)) == 2


def test_nothing_is_asked_where_nothing_is_uncovered(console, patient):
    visit = patient.has_asked(**wish_at(days=5))
    row, somebody_else = hours_of(visit), TeamMember.objects.create(provider_id=RIDGE, name="Kim Lee")
    just_the_visit = {f"{row}-opens": "10:00", f"{row}-closes": "11:00"}
    beside_it = day_off(visit, team_member=str(somebody_else.id)) | off(visit.end, visit.end + HOUR, row=1)

    assert send(console, **just_the_visit, **beside_it).status_code == 302

    assert TimeOff.objects.count() == 2


def test_who_confirms_confirms_what_was_shown(console, patient, other_patient, provider):
    visit = patient.has_asked()
    question = send(console, **day_off(visit))
    late = other_patient.has_asked(**wish_at(hour=11))
    before = stored()

    again = agree(console, question)

    assert again.status_code == 200
    assert (visit.number in text_of(again), late.number in text_of(again), stored()) == (True, True, before)
    provider.post(f"/api/bookings/{late.id}/decline", {"reason": "away"})
    assert agree(console, question).status_code == 302  # It is as the first question had it.


def test_a_colleague_who_saves_meanwhile_is_not_undone(console, colleague, patient):
    visit = patient.has_asked()
    question = send(console, **day_off(visit))
    save(colleague, PRACTICE, phone="+13035550100")
    before = stored()

    refused = agree(console, question)

    assert f"{SINCE} Phone is now +13035550100 (by kim@example.test). Nothing was saved." in text_of(refused)
    assert visit.number not in text_of(refused)
    assert stored() == before


def test_a_practice_is_suspended_and_its_hours_changed_by_one_page(console, patient):
    request = patient.has_asked()

    closing = send(console, status="suspended", **day_off(request))
    assert "Before Ridge Physical Therapy is closed" in text_of(closing)
    question = agree(console, closing, **{"waiting-cancel": "on", "waiting-reason": "closed"})
    assert "Before Ridge Physical Therapy is saved" in text_of(question)
    request.refresh_from_db()
    assert (request.state, Provider.objects.get(id=RIDGE).status) == ("pending_confirmation", "approved")
    assert agree(console, question).status_code == 302

    request.refresh_from_db()
    assert (request.state, Provider.objects.get(id=RIDGE).status) == ("cancelled_admin", "suspended")
    assert TimeOff.objects.count() == 1


def test_whoever_may_not_change_the_hours_is_told_nothing(patient, console):
    visit, clerk = patient.has_asked(), User.objects.create_user("clerk@example.test", PASSWORD, role=AccountRole.STAFF)
    sent, browser = filled(console.get(PRACTICE), **day_off(visit)), Client()
    browser.force_login(clerk)

    assert browser.post(PRACTICE, sent).status_code == 403
    # Who may change the practice, and not its hours, changes nothing of these: there is nothing to ask.
    clerk.user_permissions.add(Permission.objects.get(codename="change_provider"))
    assert browser.post(PRACTICE, sent).status_code == 302
    assert TimeOff.objects.count() == 0
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["add_timeoff", "change_timeoff"]))
    assert ONE in text_of(send(browser, **day_off(visit)))


def test_hundreds_of_visits_are_counted_and_the_first_of_them_shown(console, patient, provider):
    visit = patient.has_asked()
    confirm(provider, visit)
    made = copies(visit, [(visit.start + day * 24 * HOUR, visit.end + day * 24 * HOUR) for day in range(1, 11)])
    year = off(clock.now() - HOUR, clock.now() + 365 * 24 * HOUR)
    page = console.get(PRACTICE)
    with CaptureQueriesContext(connection) as few:
        send(console, page, **year)
    made += copies(visit, [(one.start, one.end) for one in made for _ in range(20)])

    with CaptureQueriesContext(connection) as many:
        question = text_of(send(console, page, **year))

    assert f"{len(made) + 1} visits, requests or suggested times" in question
    assert f"The first 50 are shown, and {len(made) - 49} more are not." in question
    assert len(re.findall(r"FH-\d{8}-[A-Z0-9]{5}", question)) == 50
    assert len(many) == len(few)
