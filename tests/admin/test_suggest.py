"""Staff suggest other times, on the practice's clock."""

from datetime import timedelta

import pytest
from admin.actions import fill_in, last_decision
from admin.forms import filled
from admin.pages import LIST, editable, page_of, text_of, told
from cast import RIDGE, fresh, wish_at

from bookings.models import SuggestedTime
from findr import clock
from providers import admin_times as times
from providers.models import Provider


def wall(days, hour=14, minute=0):
    """A wall time so many days from today, as a browser's field sends it."""
    return f"{(clock.now() + timedelta(days=days)).date().isoformat()}T{hour:02d}:{minute:02d}"


def test_three_times_are_kept_for_the_patient(console, patient, staff, sandbox):
    booking = patient.has_asked()
    form = console.get(f"{LIST}{booking.id}/suggest/")

    answer = fill_in(
        console, "suggest", booking, first=wall(8), second=wall(9, 9, 30), third=wall(8, 16), message="Dr. Lee is away"
    )

    assert editable(form) == ["first", "second", "third", "message", "staff_reason"]
    assert "First time, on the clock of America/Denver" in text_of(form)
    assert "The hold of 150.00 USD stays as it is; it is charged once the patient accepts a time." in text_of(form)
    assert "This is round 1 of 2." in text_of(form)
    after = fresh(booking.id)
    until = times.local(after.expires_at, after.provider.zone)
    assert (answer.status_code, answer.url) == (302, page_of(booking))
    assert told(answer) == [f"{booking.number}: 3 times suggested. The patient can choose until {until}."]
    assert (after.state, after.payment.state, after.rounds) == ("reschedule_proposed", "held", 1)
    starts = [time.start.astimezone(after.provider.zone).strftime("%H:%M") for time in after.suggestions.all()]
    assert starts == ["14:00", "09:30", "16:00"]
    assert last_decision(booking) == ("reschedule_proposed", "staff", staff.user.id, "staff")
    assert sandbox.stripe.totals() == {"held": 15000, "received": 0, "refunded": 0}
    page = text_of(console.get(page_of(booking)))
    assert "Dr. Lee is away" in page
    assert page.count("2:00 PM to 3:00 PM America/Denver open -") == 1


def test_a_second_round_takes_the_place_of_the_first_and_there_is_no_third(console, patient):
    booking = patient.has_asked()
    fill_in(console, "suggest", booking, first=wall(8))
    again = console.get(f"{LIST}{booking.id}/suggest/")

    fill_in(console, "suggest", booking, first=wall(9))
    page = console.get(f"{LIST}{booking.id}/suggest/")
    forced = console.post(
        f"{LIST}{booking.id}/suggest/",
        {"first": wall(10), "message": "", "staff_reason": "asked to", **page.context_data["seen"]},
    )

    assert "They take the place of the times that were suggested before. This is round 2 of 2." in text_of(again)
    assert "Nothing can be done: other times have been suggested twice" in text_of(page)
    assert editable(page) == []
    assert "refused. Other times have been suggested twice" in text_of(forced)
    assert fresh(booking.id).rounds == 2
    told_of = text_of(console.get(page_of(booking))).split("Suggested times")[1]
    assert (told_of.count(" closed "), told_of.count(" open ")) == (1, 1)
    assert f"{LIST}{booking.id}/suggest/" not in console.get(page_of(booking)).content.decode()


def test_an_accepted_time_is_told_from_the_others(console, patient):
    booking = patient.has_asked()
    fill_in(console, "suggest", booking, first=wall(8), second=wall(9))
    chosen = SuggestedTime.objects.get(position=1)

    assert (
        patient.post(f"/api/bookings/{booking.id}/accept-suggested-time", {"suggestedTimeId": str(chosen.id)}).status
        == 200
    )

    told_of = text_of(console.get(page_of(booking))).split("Suggested times")[1]
    assert (told_of.count(" accepted "), told_of.count(" closed ")) == (1, 1)


def test_a_time_that_is_taken_is_named_and_what_was_typed_stays(console, patient, other_patient, provider):
    booking = patient.has_asked()
    taken = other_patient.has_asked(**wish_at(days=8, hour=14))
    provider.post(f"/api/bookings/{taken.id}/confirm")
    given = {"first": wall(9), "second": wall(8), "message": "sorry"}

    answer = fill_in(console, "suggest", booking, **given)

    when = times.local(taken.start, taken.provider.zone)
    assert answer.status_code == 200
    assert f"refused. The second time ({when}) is taken by another visit." in text_of(answer)
    assert given.items() <= filled(answer).items()
    assert fresh(booking.id).state == "pending_confirmation"
    assert SuggestedTime.objects.count() == 0
    assert console.post(f"{LIST}{booking.id}/suggest/", filled(answer, second=wall(10))).status_code == 302


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (-1, "is in the past."),
        (400, "is too far ahead: the practice takes bookings for"),
    ],
)
def test_a_time_out_of_bounds_is_named(console, patient, days, sentence):
    booking = patient.has_asked()

    answer = text_of(fill_in(console, "suggest", booking, first=wall(8), second=wall(days)))

    assert "The second time (" in answer
    assert sentence in answer
    assert fresh(booking.id).rounds == 0


def test_a_time_that_is_too_soon_says_how_much_notice_the_practice_wants(console, patient):
    booking = patient.has_asked()
    practice = Provider.objects.get(id=RIDGE)
    soon = (clock.now() + timedelta(minutes=practice.minimum_lead_minutes + 10)).astimezone(practice.zone)

    answer = text_of(fill_in(console, "suggest", booking, first=f"{soon:%Y-%m-%dT%H:%M}"))

    notice = f"{practice.minimum_lead_minutes} minutes' notice and 15 for the answer"
    assert f"is too soon: the practice wants {notice}." in answer
    assert fresh(booking.id).rounds == 0


def test_a_hold_that_lapses_too_soon_leaves_no_time_to_answer(console, patient, time):
    booking = patient.has_asked()
    Provider.objects.filter(id=RIDGE).update(response_hours=72)
    type(booking.payment).objects.filter(id=booking.payment.id).update(capture_before=clock.now())

    answer = text_of(fill_in(console, "suggest", booking, first=wall(8)))

    assert "The patient would have less than 15 minutes to answer before the hold on the card lapses." in answer
    assert fresh(booking.id).rounds == 0


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"first": ""}, "This field is required."),
        ({"first": "tomorrow"}, "Enter a date and a time of day."),
        ({"first": "2027-03-14T02:30"}, "2:30 AM does not exist on 2027-03-14 in America/Denver."),
        ({"second": "same"}, "The suggested times must differ."),
        ({"message": "x" * 501}, "at most 500 characters"),
    ],
)
def test_a_form_that_is_not_filled_in_right_suggests_nothing(console, patient, given, sentence):
    booking = patient.has_asked()
    given = {name: wall(8) if value == "same" else value for name, value in given.items()}

    answer = fill_in(console, "suggest", booking, **{"first": wall(8), **given})

    assert (answer.status_code, sentence in text_of(answer)) == (200, True), text_of(answer)
    assert fresh(booking.id).state == "pending_confirmation"


def test_a_second_click_uses_up_no_second_round(console, patient):
    booking = patient.has_asked()
    path = f"{LIST}{booking.id}/suggest/"
    form = filled(console.get(path), first=wall(8), staff_reason="asked to")

    first, second = console.post(path, form), console.post(path, form)

    assert (first.status_code, second.status_code) == (302, 200)
    assert "It has changed since the page was opened, perhaps by your own first click." in text_of(second)
    assert fresh(booking.id).rounds == 1


def test_what_does_not_wait_gets_no_times(console, patient, provider, sandbox):
    booking = patient.has_asked()
    stale = filled(console.get(f"{LIST}{booking.id}/suggest/"), first=wall(8), staff_reason="asked to")
    provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "away"})

    page = console.get(f"{LIST}{booking.id}/suggest/")
    forced = console.post(f"{LIST}{booking.id}/suggest/", {**stale, **page.context_data["seen"]})

    assert "Nothing can be done: it is cancelled provider." in text_of(page)
    assert "refused. It does not wait for an answer any more: it is cancelled provider." in text_of(forced)


def test_a_decision_in_progress_gets_no_times(console, patient, sandbox):
    booking = patient.has_asked()
    sandbox.misbehave({"action": "status", "path": "*/capture", "status": 500})
    fill_in(console, "confirm", booking)

    page = console.get(f"{LIST}{booking.id}/suggest/")
    forced = console.post(
        f"{LIST}{booking.id}/suggest/",
        {"first": wall(8), "message": "", "staff_reason": "asked to", **page.context_data["seen"]},
    )

    assert "Nothing can be done: it is confirming." in text_of(page)
    assert "refused. Somebody's decision is being processed right now." in text_of(forced)
