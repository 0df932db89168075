"""Other times: the provider suggests, the patient takes one of them, or none."""

from datetime import timedelta

import pytest
from acts import accept, moment, open_ones, reschedule, suggest, suggestion_holds, wall
from cast import fresh, promised, run_jobs, wish_at
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import BookingEvent, Payment, TimeHold
from bookings.services.expiry import expire_overdue
from findr import clock
from findr.api.times import instant
from providers.models import Provider


# --- Suggesting --------------------------------------------------------------------------------------------------------
def test_the_times_are_kept_for_the_patient_and_wait_for_an_answer(patient, provider, sandbox):
    booking = patient.has_asked()

    answer = suggest(provider, booking, wall(8, 14), wall(8, 10), message="later?")

    now, (first, second) = fresh(booking.id), open_ones(booking)
    assert (answer.status, answer.body["message"]) == (200, "Alternative times suggested")
    assert (now.state, now.payment.state, now.rounds, now.suggestion_message) == (
        "reschedule_proposed",
        "held",
        1,
        "later?",
    )
    assert (now.start, now.requested_start) == (booking.start, booking.start)
    assert [first.start, second.start] == [moment(wall(8, 14)), moment(wall(8, 10))]
    assert {time.end - time.start for time in (first, second)} == {timedelta(hours=1)}
    assert [hold.lower for hold in suggestion_holds(booking)] == [second.start, first.start]
    view = answer.body["booking"]
    assert view["proposedTimes"] == [
        {"id": str(time.id), "start": instant(time.start), "end": instant(time.end)} for time in (first, second)
    ]
    assert view["reschedule"]["current"] == {
        "proposedBy": "provider",
        "proposedAt": instant(now.suggested_at),
        "proposedStart": instant(first.start),
        "proposedEnd": instant(first.end),
        "responseDeadline": instant(now.expires_at),
        "message": "later?",
    }
    assert (view["reschedule"]["count"], view["reschedule"]["maxAttempts"]) == (1, 2)
    event = BookingEvent.objects.get(booking=booking, event_type="reschedule_proposed")
    assert (event.old_state, event.new_state, event.actor_role) == (
        "pending_confirmation",
        "reschedule_proposed",
        "provider",
    )
    assert promised() == []
    assert sandbox.stripe.totals() == {"held": 15000, "received": 0, "refunded": 0}
    assert books.check_books() == []


def test_a_reschedule_is_one_suggestion(patient, provider):
    booking = patient.has_asked()

    answer = reschedule(provider, booking, message="sorry")

    assert (answer.status, answer.body["message"]) == (200, "Reschedule proposed")
    assert [time.start for time in open_ones(booking)] == [moment(wall())]
    assert answer.body["booking"]["reschedule"]["current"]["message"] == "sorry"


@pytest.mark.lesson(5)
def test_new_times_replace_the_old_ones_and_may_overlap_them(suggested, provider):
    old = open_ones(suggested)

    answer = suggest(provider, suggested, wall(8, 10, 30), wall(8, 14))

    assert answer.status == 200
    new = open_ones(suggested)
    assert [time.start for time in new] == [moment(wall(8, 10, 30)), moment(wall(8, 14))]
    assert {time.id for time in new}.isdisjoint({time.id for time in old})
    assert [hold.lower for hold in suggestion_holds(suggested)] == [time.start for time in new]
    assert fresh(suggested.id).rounds == 2
    last = suggested.events.get(old_state="reschedule_proposed")
    assert last.new_state == "reschedule_proposed"
    assert books.check_books() == []


@pytest.mark.lesson(5)
def test_its_own_time_and_overlapping_times_may_be_suggested(patient, provider):
    Provider.objects.update(requests_hold_time=True)
    booking = patient.has_asked()
    start = wall(7, 10)

    assert suggest(provider, booking, start, wall(7, 10, 30)).status == 200

    (first, second) = open_ones(booking)
    assert first.start == booking.start
    assert accept(patient, booking, second).status == 200
    assert TimeHold.objects.get(owner=booking.id).during.lower == second.start
    assert books.check_books() == []


def test_a_third_round_is_refused(suggested, provider, sandbox):
    suggest(provider, suggested, wall(10))
    before = everything(sandbox)

    answers = [suggest(provider, suggested, wall(11)), reschedule(provider, suggested, wall(11))]

    assert {answer.refusal for answer in answers} == {(400, "reschedule_limit", "Reschedule limit reached")}
    assert everything(sandbox) == before


def test_the_buffer_is_kept_free_after_a_suggestion_too(patient, other_patient, provider):
    Provider.objects.update(buffer_minutes=15)
    booking, other = patient.has_asked(), other_patient.has_asked()
    suggest(provider, booking, wall(8, 10))

    assert suggest(provider, other, wall(8, 11)).refusal[:2] == (409, "slot_taken")
    assert suggest(provider, other, wall(8, 11, 15)).status == 200


@pytest.mark.lesson(2)
def test_a_suggested_time_is_kept_from_everybody_else(patient, other_patient, provider, sandbox, settings):
    booking, other = patient.has_asked(), other_patient.has_asked(**wish_at(days=9, hour=11))
    assert suggest(provider, booking, wall(8, 10), wall(9, 11), wall(8, 14)).status == 200
    before = everything(sandbox)

    confirmed = provider.post(f"/api/bookings/{other.id}/confirm")
    proposed = suggest(provider, other, wall(12, 8), wall(8, 13, 30))
    settings.CALENDAR_READER = "readers.Free"
    instant_one = other_patient.asks(**wish_at(days=8, hour=10))

    assert confirmed.refusal[:2] == instant_one.refusal[:2] == (409, "slot_taken")
    assert (proposed.refusal[:2], proposed.body["index"]) == ((409, "slot_taken"), 1)
    assert everything(sandbox) == before
    assert suggest(provider, other, wall(8, 11), wall(8, 13)).status == 200  # Back to back.


# --- Deadlines ---------------------------------------------------------------------------------------------------------
def test_the_patient_has_a_day_from_the_suggestion_on(patient, provider, time):
    booking = patient.has_asked()
    time.passes(hours=20)

    suggest(provider, booking)

    now = fresh(booking.id)
    assert now.expires_at == now.suggested_at + timedelta(hours=24)
    assert now.expires_at > booking.expires_at


def test_the_deadline_leaves_the_lead_before_the_latest_time(patient, provider):
    booking = patient.has_asked()
    soon = (clock.now() + timedelta(hours=3)).replace(second=0, microsecond=0)

    suggest(provider, booking, instant(soon + timedelta(hours=2)), instant(soon))

    assert fresh(booking.id).expires_at == soon + timedelta(hours=1)


def test_the_deadline_leaves_the_capture_margin_before_the_hold_lapses(patient, provider):
    booking = patient.has_asked()
    lapses = clock.now() + timedelta(hours=12)
    Payment.objects.update(capture_before=lapses)

    suggest(provider, booking)

    assert fresh(booking.id).expires_at == lapses - timedelta(hours=2)


def test_a_hold_that_lapses_too_soon_allows_no_suggestion(patient, provider, sandbox):
    booking = patient.has_asked()
    Payment.objects.update(capture_before=clock.now() + timedelta(hours=2, minutes=14))
    before = everything(sandbox)

    answer = suggest(provider, booking)

    assert answer.refusal == (400, "too_soon", "This time is too soon")
    assert everything(sandbox) == before


@pytest.mark.lesson(20)
def test_unanswered_suggestions_end_and_give_time_and_money_back(suggested, time, sandbox):
    time.passes(hours=24, seconds=1)

    expire_overdue()
    run_jobs()

    ended = fresh(suggested.id)
    assert (ended.state, ended.payment.state, open_ones(ended)) == ("expired", "released", [])
    assert ended.events.get(event_type="expired").data == {"reason": "patient_no_answer"}
    assert not TimeHold.objects.exists()
    assert sandbox.stripe.totals()["held"] == 0
    assert books.check_books() == []
