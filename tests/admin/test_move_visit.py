"""Staff move a confirmed visit, on the practice's clock."""

from datetime import timedelta

import pytest
from acts import DENVER, later, once_on_the_clock, wish_for
from admin.actions import fill_in, last_decision
from admin.forms import filled
from admin.pages import LIST, editable, page_of, text_of, told
from cast import RIDGE, fresh

from bookings.models import TimeHold
from findr import clock
from providers import admin_times as times
from providers.models import Provider

LEAD, HORIZON, HOURS = "breaks_lead", "breaks_horizon", "breaks_hours"


def typed(start):
    """A moment as a browser's field at Ridge sends it."""
    return f"{start.astimezone(DENVER):%Y-%m-%dT%H:%M}"


def shown(start):
    return times.local(start, DENVER)


@pytest.mark.lesson(43, 55)
def test_a_visit_is_moved_and_the_page_shows_where_it_was(console, visit, staff, sandbox):
    new = later(visit, 2, 14, 30)
    form = console.get(f"{LIST}{visit.id}/move/")

    answer = fill_in(console, "move", visit, start=typed(new), staff_reason="Dr. Lee is away")

    assert editable(form) == ["start", LEAD, HORIZON, HOURS, "staff_reason"]
    text = text_of(form)
    assert "New time, on the clock of America/Denver" in text
    assert f"The visit moves from {shown(visit.start)} to the time that you enter, and still takes 60 minutes." in text
    assert (answer.status_code, answer.url) == (302, page_of(visit))
    assert told(answer) == [f"{visit.number}: moved to {shown(new)}."]
    assert (fresh(visit.id).start, TimeHold.objects.get().during.lower) == (new, new)
    assert last_decision(visit) == ("moved", "staff", staff.user.id, "staff")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    page = text_of(console.get(page_of(visit)))
    was, now = (times.span(start, start + timedelta(hours=1), DENVER) for start in (visit.start, new))
    assert f"to: {now} from: {was}" in page
    assert "staff reason: Dr. Lee is away" in page


@pytest.mark.parametrize(
    ("days", "hour", "why", "boxes"),
    [
        (400, 14, "is further ahead than the practice takes bookings.", [HORIZON]),
        (2, 3, "is outside the opening hours, or in time off.", [HOURS]),
        (400, 3, "is further ahead than the practice takes bookings.", [HORIZON, HOURS]),
    ],
)
def test_a_refusal_says_which_box_to_tick_and_keeps_what_was_typed(console, visit, days, hour, why, boxes):
    path, new = f"{LIST}{visit.id}/move/", later(visit, days, hour)

    refused = fill_in(console, "move", visit, start=typed(new))

    labels = {
        HORIZON: "Even if it is further ahead than the practice takes bookings",
        HOURS: "Even if it is outside the opening hours, or in time off",
    }
    asked = ", ".join(f'"{labels[box]}"' for box in boxes)
    assert f"refused. {shown(new)} {why} If the practice agrees, tick: {asked}." in text_of(refused)
    assert (refused.status_code, filled(refused)["start"]) == (200, typed(new))
    assert fresh(visit.id).start == visit.start
    answer = console.post(path, filled(refused, **dict.fromkeys(boxes, "on")))
    assert (answer.status_code, fresh(visit.id).start) == (302, new)


def test_less_notice_than_the_practice_wants_takes_its_box(console, visit):
    Provider.objects.get(id=RIDGE).opening_hours.update(opens="00:00", closes="23:59:59")
    Provider.objects.filter(id=RIDGE).update(minimum_lead_minutes=180)
    soon = once_on_the_clock((clock.now() + timedelta(minutes=30)).replace(second=0, microsecond=0))

    refused = text_of(fill_in(console, "move", visit, start=typed(soon), **{HOURS: "on"}))
    moved = fill_in(console, "move", visit, start=typed(soon), **{HOURS: "on", LEAD: "on"})

    assert "is sooner than the practice's notice." in refused
    assert '"Even if it is sooner than the practice\'s notice"' in refused
    assert (moved.status_code, fresh(visit.id).start) == (302, soon)


def test_what_no_box_helps_against(console, visit, other_patient, provider):
    taken = other_patient.has_asked(**wish_for(later(visit, 2)))
    provider.post(f"/api/bookings/{taken.id}/confirm")
    boxes = dict.fromkeys((LEAD, HORIZON, HOURS), "on")

    for start, why in (
        (taken.start, "is taken by another visit, or is too near to one. No box helps against that."),
        (visit.start, "is when the visit takes place already."),
        (visit.start - timedelta(days=30), "is in the past."),
    ):
        answer = fill_in(console, "move", visit, start=typed(start), **boxes)
        assert (answer.status_code, f"refused. {shown(start)} {why}" in text_of(answer)) == (200, True)

    assert fresh(visit.id).start == visit.start


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"start": ""}, "This field is required."),
        ({"start": "next week"}, "Enter a date and a time of day."),
        ({"start": "2099-03-08T02:30"}, "2:30 AM does not exist on 2099-03-08 in America/Denver."),
        ({"staff_reason": " "}, "This field is required."),
    ],
)
def test_a_form_that_is_not_filled_in_right_moves_nothing(console, visit, given, sentence):
    answer = fill_in(console, "move", visit, **{"start": typed(later(visit, 2)), **given})

    assert (answer.status_code, sentence in text_of(answer)) == (200, True)
    assert fresh(visit.id).start == visit.start


def test_a_second_click_and_an_older_page_move_nothing(console, visit):
    path = f"{LIST}{visit.id}/move/"
    form = filled(console.get(path), start=typed(later(visit, 2)), staff_reason="asked to")
    other = filled(console.get(path), start=typed(later(visit, 3)), staff_reason="asked to")

    first, second, third = console.post(path, form), console.post(path, form), console.post(path, other)

    assert [answer.status_code for answer in (first, second, third)] == [302, 200, 200]
    assert "It has changed since the page was opened, perhaps by your own first click." in text_of(second)
    assert fresh(visit.id).start == later(visit, 2)
    assert fresh(visit.id).events.filter(event_type="moved").count() == 1


def test_only_a_confirmed_visit_offers_it(console, patient, visit, in_state):
    request = patient.has_asked(**wish_for(later(visit, 1)))
    link = f"{LIST}{{}}/move/"
    assert link.format(visit.id) in console.get(page_of(visit)).content.decode()
    assert link.format(request.id) not in console.get(page_of(request)).content.decode()
    assert "Nothing can be done: it is pending confirmation." in text_of(console.get(link.format(request.id)))

    stale = filled(console.get(link.format(visit.id)), start=typed(later(visit, 2)), staff_reason="asked to")
    in_state(visit, "checked_in")
    now = console.get(link.format(visit.id)).context_data["seen"]
    forced = text_of(console.post(link.format(visit.id), {**stale, **now}))
    assert "Only a confirmed visit can be moved: it is checked in." in forced


def test_a_practice_that_was_suspended_keeps_its_visits_where_they_are(console, visit):
    stale = filled(console.get(f"{LIST}{visit.id}/move/"), start=typed(later(visit, 2)), staff_reason="asked to")
    Provider.objects.filter(id=RIDGE).update(status=Provider.Status.SUSPENDED)

    page = text_of(console.get(f"{LIST}{visit.id}/move/"))
    forced = text_of(console.post(f"{LIST}{visit.id}/move/", stale))

    assert "Nothing can be done: the practice is suspended. The visit can be cancelled." in page
    assert "refused. The practice is not approved any more." in forced
    assert fresh(visit.id).start == visit.start


def test_it_is_about_one_visit_and_by_post_alone(console, visit, patient):
    other = patient.has_asked(**wish_for(later(visit, 1)))

    assert console.get(f"{LIST}decide/move/?booking={visit.id}&booking={other.id}").status_code == 404
    console.get(f"{LIST}{visit.id}/move/?start={typed(later(visit, 2))}&staff_reason=x")
    assert fresh(visit.id).start == visit.start
