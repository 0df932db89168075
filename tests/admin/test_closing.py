"""Staff suspend a practice, or disable a person: they see what waits there, and may cancel it in the same act."""

import pytest
from acts import confirm, reschedule
from admin.forms import filled
from admin.pages import editable, text_of, told
from cast import RIDGE, booking_of, fresh, wish_at
from frames import feed
from snapshots import everything, states
from stripe_events import AUTHENTICATION

from bookings import reconciliation as books
from findr.accounts.models import User
from providers.models import Provider, TeamMember

PRACTICE = f"/admin/providers/provider/{RIDGE}/change/"
YES = {"waiting-cancel": "on", "waiting-reason": "the practice has closed"}


def person_page(person):
    return f"/admin/accounts/user/{person.user.id}/change/"


def close(console, page, **changes):
    """Send the page as it stands but for what closes it; gives what comes back."""
    return console.post(page, filled(console.get(page), **changes))


def answer(console, page, question, **given):
    return console.post(page, filled(question, **given))


@pytest.fixture
def requests(patient, other_patient, provider):
    """What waits at Ridge: a request, another one with a suggested time, and a checkout; a visit is confirmed."""
    visit = patient.has_asked(**wish_at(days=5))
    confirm(provider, visit)
    asked = patient.has_asked()
    suggested = other_patient.has_asked(**wish_at(days=9))
    reschedule(provider, suggested)
    checkout = booking_of(other_patient.asks(**wish_at(days=10, paymentMethodId=AUTHENTICATION)))
    return {"visit": visit, "asked": asked, "suggested": suggested, "checkout": checkout}


@pytest.mark.parametrize("status", ["suspended", "rejected", "draft", "pending"])
def test_what_waits_is_shown_before_a_practice_is_closed(console, requests, sandbox, status):
    before = everything(sandbox)

    question = close(console, PRACTICE, status=status)

    page = text_of(question)
    assert question.status_code == 200
    assert all(requests[name].number in page for name in ("asked", "suggested", "checkout"))
    assert requests["visit"].number not in page
    assert "on the patient's card is released and nothing is charged" in page
    assert editable(question) == ["waiting-cancel", "waiting-reason"]
    assert everything(sandbox) == before


def test_a_practice_is_suspended_and_what_waits_is_cancelled_in_one_act(
    console, requests, patient, other_patient, provider, staff, sandbox
):
    since = {person.id: feed(person)["lastSeq"] for person in (patient, other_patient, provider)}
    question = close(console, PRACTICE, status="suspended", phone="+15555550999")

    saved = answer(console, PRACTICE, question, **YES)

    assert saved.status_code == 302
    assert Provider.objects.values_list("status", "phone").get(id=RIDGE) == ("suspended", "+15555550999")
    assert [states(requests[name]) for name in ("asked", "suggested")] == [("cancelled_admin", "released")] * 2
    assert fresh(requests["checkout"].id).state == "cancelled_admin"
    assert states(requests["visit"]) == ("confirmed", "paid")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    assert fresh(requests["asked"].id).cancellation_reason == "the practice has closed"
    events = {
        person.id: [one["type"] for one in feed(person, since[person.id])["events"]] for person in (patient, provider)
    }
    assert events == {patient.id: ["booking_cancelled"], provider.id: ["booking.cancelled"] * 2}
    assert len(feed(other_patient, since[other_patient.id])["events"]) == 2
    assert fresh(requests["asked"].id).events.filter(event_type="cancelled").get().actor_user_id == staff.user.id
    assert books.check_books() == []


def test_a_practice_may_be_suspended_and_what_waits_left_waiting(console, requests, sandbox):
    question = close(console, PRACTICE, status="suspended")

    saved = answer(console, PRACTICE, question)

    assert Provider.objects.get(id=RIDGE).status == "suspended"
    assert fresh(requests["asked"].id).state == "pending_confirmation"
    assert "Ridge Physical Therapy: 3 requests go on waiting." in told(saved)


def test_a_cancellation_has_a_reason(console, requests, sandbox):
    question = close(console, PRACTICE, status="suspended")
    before = everything(sandbox)

    again = answer(console, PRACTICE, question, **{"waiting-cancel": "on", "waiting-reason": "  "})

    assert "Say why they are cancelled." in text_of(again)
    assert everything(sandbox) == before
    assert answer(console, PRACTICE, again, **YES).status_code == 302
    assert states(requests["asked"]) == ("cancelled_admin", "released")


def test_a_page_that_is_refused_cancels_nothing(console, requests):
    question = close(console, PRACTICE, status="suspended", practice_name="")

    refused = answer(console, PRACTICE, question, **YES)

    assert "This field is required." in text_of(refused)
    assert Provider.objects.get(id=RIDGE).status == "approved"
    assert fresh(requests["asked"].id).state == "pending_confirmation"


def test_what_was_not_shown_is_not_cancelled(console, requests, patient):
    question = close(console, PRACTICE, status="suspended")
    late = patient.has_asked(**wish_at(days=12))

    saved = answer(console, PRACTICE, question, **YES)

    assert states(late) == ("pending_confirmation", "held")
    assert "Ridge Physical Therapy: 1 request goes on waiting." in told(saved)


def test_what_was_answered_meanwhile_stays_answered(console, requests, provider):
    question = close(console, PRACTICE, status="suspended")
    confirm(provider, requests["asked"])

    answer(console, PRACTICE, question, **YES)

    assert states(requests["asked"]) == ("confirmed", "paid")
    assert states(requests["suggested"]) == ("cancelled_admin", "released")


def test_nothing_is_asked_where_nothing_waits_or_nothing_is_closed(console, provider, requests):
    Provider.objects.filter(id=RIDGE).update(status="suspended")

    assert close(console, PRACTICE, status="rejected").status_code == 302  # It is closed already.
    assert close(console, PRACTICE, status="approved").status_code == 302
    assert close(console, PRACTICE, city="Helena").status_code == 302


def test_rows_of_a_page_come_through_the_question(console, requests):
    row = {"team_members-TOTAL_FORMS": "2", "team_members-1-name": "Kim Lee", "team_members-1-provider": str(RIDGE)}

    answer(console, PRACTICE, close(console, PRACTICE, status="suspended", **row))

    assert TeamMember.objects.filter(provider_id=RIDGE, name="Kim Lee").exists()


def test_a_patient_is_disabled_and_what_they_asked_for_is_cancelled_in_one_act(
    console, requests, patient, provider, sandbox
):
    since = feed(provider)["lastSeq"]
    question = close(console, person_page(patient), is_active=None)
    assert requests["asked"].number in text_of(question)
    assert requests["suggested"].number not in text_of(question)
    assert User.objects.get(id=patient.user.id).is_active

    saved = answer(console, person_page(patient), question, **YES)

    assert saved.status_code == 302
    assert not User.objects.get(id=patient.user.id).is_active
    assert states(requests["asked"]) == ("cancelled_admin", "released")
    assert states(requests["suggested"]) == ("reschedule_proposed", "held")
    assert [one["type"] for one in feed(provider, since)["events"]] == ["booking.cancelled"]


def test_a_desk_is_disabled_and_what_waits_for_it_is_shown(console, requests, provider):
    question = close(console, person_page(provider), is_active=None)

    assert all(requests[name].number in text_of(question) for name in ("asked", "suggested"))
    answer(console, person_page(provider), question, **YES)
    assert states(requests["suggested"]) == ("cancelled_admin", "released")
