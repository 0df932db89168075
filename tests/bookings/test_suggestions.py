"""Other times: the provider suggests, the patient takes one of them, or none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from acts import accept, open_ones, suggest, wall
from cast import FREE, HOUR, booking_of, fresh, promised, run_jobs, sweep, wish_at
from money_calls import CANCEL, CAPTURE
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import BookingEvent, Payment, SuggestedTime, TimeHold
from bookings.services.expiry import expire_overdue
from bookings.states import ANSWERABLE, State
from findr import clock
from findr.api.times import instant
from providers.models import Provider

DENVER = ZoneInfo("America/Denver")


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=DENVER).astimezone(UTC)


def reschedule(provider, booking, start=None, **more):
    return provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start or wall(), **more})


def act(patient, booking, action):
    return patient.post(f"/api/bookings/{booking.id}/{action}")


def suggestion_holds(booking):
    return sorted(TimeHold.objects.filter(owner=booking.id, kind="suggestion").values_list("during", flat=True))


@pytest.fixture
def suggested(patient, provider):
    """A booking with three open suggestions."""
    booking = patient.has_asked()
    assert suggest(provider, booking, wall(8, 10), wall(9, 11), wall(8, 14), message="later?").status == 200
    return fresh(booking.id)


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


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "At least one alternative time is required"),
        ({"proposedTimes": None}, "At least one alternative time is required"),
        ({"proposedTimes": []}, "At least one alternative time is required"),
        ({"proposedTimes": "soon"}, "proposedTimes is invalid"),
        ({"proposedTimes": {}}, "proposedTimes is invalid"),
        ({"proposedTimes": ["soon"]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{}]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{"start": 5}]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{"start": "2030-01-01T10:00:30"}]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{"start": "2030-01-01"}]}, "proposedTimes is invalid"),
        (
            {"proposedTimes": [{"start": f"2030-01-01T1{n}:00"} for n in range(4)]},
            "Maximum 3 alternative times allowed",
        ),
        (
            {"proposedTimes": [{"start": "2030-01-01T10:00"}, {"start": "2030-01-01T17:00:00Z"}]},
            "Suggested times must differ",
        ),
        ({"proposedTimes": [{"start": "2030-01-01T10:00"}], "message": "x" * 501}, "message is invalid"),
    ],
)
def test_what_is_no_suggestion_is_refused(patient, provider, sandbox, body, error):
    booking = patient.has_asked()
    before = everything(sandbox)

    answer = provider.post(f"/api/bookings/{booking.id}/suggest-times", body)

    assert answer.refusal == (400, "validation", error)
    assert everything(sandbox) == before


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "proposedStart is required"),
        ({"proposedStart": " "}, "proposedStart is required"),
        ({"proposedStart": 7}, "proposedStart is invalid"),
        ({"proposedStart": "tomorrow"}, "proposedStart is invalid"),
    ],
)
def test_what_is_no_reschedule_is_refused(patient, provider, body, error):
    booking = patient.has_asked()

    answer = provider.post(f"/api/bookings/{booking.id}/reschedule", body)

    assert answer.refusal == (400, "validation", error)


@pytest.mark.parametrize(
    ("away", "code"),
    [
        (timedelta(minutes=-1), "time_in_past"),
        (timedelta(minutes=74), "too_soon"),  # The lead of an hour, and 15 minutes to answer.
        (timedelta(days=60, minutes=1), "too_far_ahead"),
    ],
)
def test_each_time_keeps_the_notice_of_the_practice(patient, provider, sandbox, away, code):
    booking = patient.has_asked()
    before = everything(sandbox)
    bad = instant((clock.now() + away).replace(second=0, microsecond=0))

    answer = suggest(provider, booking, wall(), bad)
    single = reschedule(provider, booking, bad)

    assert (answer.status, answer.body["code"], answer.body["index"]) == (400, code, 1)
    assert (single.status, single.body["code"], single.body["index"]) == (400, code, 0)
    assert everything(sandbox) == before


def test_seventy_six_minutes_are_enough(patient, provider):
    booking = patient.has_asked()

    soon = (clock.now() + timedelta(minutes=77)).replace(second=0, microsecond=0)

    assert suggest(provider, booking, instant(soon)).status == 200
    assert fresh(booking.id).expires_at == soon - timedelta(hours=1)


@pytest.mark.lesson(7)
def test_a_time_that_the_clocks_skip_is_named_by_its_index(patient, provider, time, sandbox):
    time.set(datetime(clock.now().year + 1, 3, 1, 12, tzinfo=UTC))
    booking = patient.has_asked()
    march = datetime(clock.now().year, 3, 8, tzinfo=UTC)
    sunday = march + timedelta(days=(6 - march.weekday()) % 7)  # The second of March: 2 a.m. does not exist.
    before = everything(sandbox)

    answer = suggest(provider, booking, wall(), f"{sunday:%Y-%m-%d}T02:30")
    single = reschedule(provider, booking, f"{sunday:%Y-%m-%d}T02:30")

    expected = (400, "time_does_not_exist", "This time does not exist on that day")
    assert (answer.refusal, answer.body["index"]) == (expected, 1)
    assert (single.refusal, single.body["index"]) == (expected, 0)
    assert everything(sandbox) == before


@pytest.mark.lesson(7)
def test_what_is_wrong_with_a_body_is_told_before_what_the_clocks_skip(patient, provider, time, sandbox):
    time.set(datetime(clock.now().year + 1, 3, 1, 12, tzinfo=UTC))
    booking = patient.has_asked()
    march = datetime(clock.now().year, 3, 8, tzinfo=UTC)
    day = f"{march + timedelta(days=(6 - march.weekday()) % 7):%Y-%m-%d}"
    skipped, at_three, half_past_three = f"{day}T02:30", f"{day}T03:00", f"{day}T03:30"
    before = everything(sandbox)

    malformed = suggest(provider, booking, skipped, "soon")
    skipped_twice = suggest(provider, booking, skipped, skipped)
    equal_too = suggest(provider, booking, skipped, at_three, at_three)
    only_skipped = suggest(provider, booking, half_past_three, skipped)  # Not the same, though the clocks jump there.

    assert malformed.refusal == (400, "validation", "proposedTimes is invalid")
    assert skipped_twice.refusal == equal_too.refusal == (400, "validation", "Suggested times must differ")
    assert (only_skipped.refusal[:2], only_skipped.body["index"]) == ((400, "time_does_not_exist"), 1)
    assert everything(sandbox) == before


@pytest.mark.lesson(7)
def test_the_second_of_two_equal_wall_times_can_be_accepted_by_it(patient, provider, time):
    time.set(datetime(clock.now().year + 1, 10, 25, 12, tzinfo=UTC))
    booking = patient.has_asked(**wish_at(days=2))
    november = datetime(clock.now().year, 11, 1, tzinfo=UTC)
    sunday = november + timedelta(days=(6 - november.weekday()) % 7)
    assert suggest(provider, booking, f"{sunday:%Y-%m-%d}T01:30-07:00").status == 200

    answer = accept(patient, booking, selectedDate=f"{sunday:%Y-%m-%d}", selectedTime="1:30 AM")

    assert answer.status == 200
    assert answer.body["booking"]["appointmentDate"] == f"{sunday:%Y-%m-%d}T08:30:00Z"


@pytest.mark.parametrize("state", ANSWERABLE)
def test_a_request_that_waits_can_be_answered_with_other_times(patient, provider, in_state, state):
    booking = in_state(patient.has_asked(), state)

    assert suggest(provider, booking).status == 200
    assert fresh(booking.id).state == "reschedule_proposed"


@pytest.mark.parametrize("state", [state for state in State if state not in ANSWERABLE])
def test_nothing_else_can_be_answered_with_other_times(patient, provider, sandbox, in_state, state):
    booking = in_state(patient.has_asked(), state)
    before = everything(sandbox)

    answer = suggest(provider, booking)

    expected = {
        "pending_payment": (404, "booking_not_found", None),  # Never secured: not there for its provider.
        "confirming": (409, "decision_in_progress", None),
    }.get(state, (400, "booking_not_pending", state))
    assert (*answer.refusal[:2], answer.body.get("currentState")) == expected
    assert everything(sandbox) == before


def test_a_bad_time_is_told_before_the_state(patient, provider, in_state):
    booking = in_state(patient.has_asked(), "expired")

    assert suggest(provider, booking, "2020-01-01T10:00").refusal[:2] == (400, "time_in_past")


def test_an_overdue_request_takes_no_suggestions(patient, provider, time, sandbox):
    booking = patient.has_asked()
    time.passes(hours=24, seconds=1)
    before = everything(sandbox)

    answer = suggest(provider, booking)

    assert (answer.refusal[:2], answer.body["currentState"]) == ((400, "booking_not_pending"), "expired")
    assert everything(sandbox) == before


def test_strangers_suggest_nothing(patient, other_patient, other_provider, suggested, sandbox):
    before = everything(sandbox)

    assert suggest(other_provider, suggested).refusal[:2] == (404, "booking_not_found")
    assert suggest(patient, suggested).refusal[:2] == (403, "forbidden")
    for action in ("accept-reschedule", "decline-reschedule", "decline-suggested-times"):
        assert act(other_patient, suggested, action).refusal == (403, "forbidden", "Unauthorized")
        assert act(other_provider, suggested, action).status == 403
    assert accept(other_patient, suggested, open_ones(suggested)[0]).refusal[:2] == (403, "forbidden")
    assert everything(sandbox) == before


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


# --- Accepting ---------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(2, 13)
def test_accepting_takes_the_time_and_the_money_and_frees_the_rest(patient, suggested, sandbox):
    chosen = open_ones(suggested)[1]

    answer = accept(patient, suggested, chosen)

    confirmed, view = fresh(suggested.id), answer.body["booking"]
    assert (answer.status, answer.body["message"]) == (200, "Time accepted! Booking confirmed.")
    assert (confirmed.state, confirmed.payment.state) == ("confirmed", "paid")
    assert (confirmed.start, confirmed.end, confirmed.confirmed_start) == (chosen.start, chosen.end, chosen.start)
    assert (view["appointmentDate"], view["appointmentTime"]) == (instant(chosen.start), "11:00 AM")
    assert (view["suggestedTimes"], view["expiresAt"], view["status"]) == ([], None, "confirmed")
    assert view["confirmedAt"]
    assert view["dateTime"]["requestedStart"] == instant(suggested.start)
    assert [(hold.during.lower, hold.kind) for hold in TimeHold.objects.all()] == [(chosen.start, "booking")]
    assert open_ones(suggested) == []
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    assert len(sandbox.stripe.ledger()["payment_intents"]) == 1
    told = [(event.event_type, event.actor_role) for event in confirmed.events.all()][-3:]
    assert told == [("reschedule_accepted", "patient"), ("payment_captured", "system"), ("confirmed", "system")]
    assert books.check_books() == []


@pytest.mark.parametrize("time_text", ["11:00 AM", "11:00am", "11:00"])
def test_a_suggestion_can_be_named_by_its_wall_time(patient, suggested, time_text):
    day = wish_at(days=9)["appointmentDate"]

    answer = accept(patient, suggested, selectedDate=day, selectedTime=time_text)

    assert answer.status == 200
    assert fresh(suggested.id).start == moment(wall(9, 11))


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "validation", "suggestedTimeId is required")),
        ({"suggestedTimeId": ""}, (400, "validation", "suggestedTimeId is required")),
        ({"suggestedTimeId": 7}, (400, "validation", "suggestedTimeId is invalid")),
        ({"selectedDate": "2030-01-01"}, (400, "validation", "suggestedTimeId is required")),
        ({"selectedTime": "10:00"}, (400, "validation", "suggestedTimeId is required")),
        ({"selectedDate": "2030-01-01", "selectedTime": "late"}, (400, "validation", "selectedTime is invalid")),
        ({"selectedDate": "soon", "selectedTime": "10:00"}, (400, "validation", "selectedDate is invalid")),
        ({"suggestedTimeId": "sug_1"}, (404, "suggested_time_not_found", "Suggested time not found")),
        ({"suggestedTimeId": HOUR.hex}, (404, "suggested_time_not_found", "Suggested time not found")),
        (
            {"selectedDate": "2030-01-01", "selectedTime": "10:00"},
            (404, "suggested_time_not_found", "Suggested time not found"),
        ),
    ],
)
def test_what_names_no_open_suggestion_is_refused(patient, suggested, sandbox, body, refusal):
    before = everything(sandbox)

    answer = patient.post(f"/api/bookings/{suggested.id}/accept-suggested-time", body)

    assert answer.refusal == refusal
    assert everything(sandbox) == before


def test_a_suggestion_of_an_earlier_round_cannot_be_accepted(patient, provider, suggested, sandbox):
    old = open_ones(suggested)[0]
    suggest(provider, suggested, wall(10))
    before = everything(sandbox)

    assert accept(patient, suggested, old).refusal[:2] == (404, "suggested_time_not_found")
    assert everything(sandbox) == before


def test_a_suggestion_of_another_booking_cannot_be_accepted(patient, provider, suggested, sandbox):
    other = patient.has_asked(**wish_at(days=20))
    suggest(provider, other, wall(21))
    before = everything(sandbox)

    assert accept(patient, suggested, open_ones(other)[0]).refusal[:2] == (404, "suggested_time_not_found")
    assert everything(sandbox) == before


def test_a_request_without_suggestions_has_none_to_accept(patient, sandbox):
    booking = patient.has_asked()
    before = everything(sandbox)

    assert accept(patient, booking, suggestedTimeId=str(HOUR)).refusal[:2] == (404, "suggested_time_not_found")
    assert act(patient, booking, "accept-reschedule").refusal == (400, "no_pending_reschedule", "No pending reschedule")
    assert act(patient, booking, "decline-reschedule").refusal[:2] == (400, "no_pending_reschedule")
    assert everything(sandbox) == before


@pytest.mark.parametrize("state", [one for one in State if not one.startswith(("pending", "reschedule"))])
def test_every_other_state_is_refused_and_nothing_changes(patient, suggested, sandbox, in_state, state):
    chosen = open_ones(suggested)[0]
    booking = in_state(suggested, state)
    before = everything(sandbox)

    answers = [
        accept(patient, booking, chosen),
        act(patient, booking, "accept-reschedule"),
        act(patient, booking, "decline-reschedule"),
        act(patient, booking, "decline-suggested-times"),
    ]

    expected = (409, "decision_in_progress") if state == "confirming" else (400, "booking_not_pending")
    assert {(answer.status, answer.body["code"]) for answer in answers} == {expected}
    assert everything(sandbox) == before


@pytest.mark.parametrize("overdue", [False, True])
def test_a_checkout_has_nothing_to_accept_and_can_be_called_off_even_when_it_is_overdue(
    patient, sandbox, time, overdue
):
    """Overdue is a word of requests: a checkout waits for what the vendor says (contract 1, 6.5)."""
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    time.passes(minutes=16 if overdue else 1)
    before = everything(sandbox)

    assert accept(patient, booking, suggestedTimeId=str(HOUR)).refusal[:2] == (404, "suggested_time_not_found")
    for action in ("accept-reschedule", "decline-reschedule"):
        refused = act(patient, booking, action)
        assert (refused.refusal[:2], refused.body["currentState"]) == (
            (400, "no_pending_reschedule"),
            "pending_payment",
        )
    assert everything(sandbox) == before
    assert act(patient, booking, "decline-suggested-times").status == 200
    assert fresh(booking.id).state == "cancelled_patient"


def test_an_overdue_suggestion_is_effective_state_expired(patient, suggested, time, sandbox):
    chosen = open_ones(suggested)[1]
    time.passes(hours=24, seconds=1)
    before = everything(sandbox)

    answers = [
        accept(patient, suggested, chosen),
        *(
            act(patient, suggested, name)
            for name in ("accept-reschedule", "decline-reschedule", "decline-suggested-times")
        ),
    ]

    assert {answer.refusal[:2] for answer in answers} == {(400, "booking_not_pending")}
    assert {answer.body["currentState"] for answer in answers} == {"expired"}
    assert everything(sandbox) == before


def test_a_time_whose_lead_is_gone_is_410_and_the_others_stay(patient, provider, time, sandbox):
    booking = patient.has_asked()
    soon = (clock.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    suggest(provider, booking, instant(soon), wall(9))
    early, late = open_ones(booking)
    time.set(soon - timedelta(minutes=59))
    before = everything(sandbox)

    answer = accept(patient, booking, early)

    assert answer.refusal == (410, "suggested_time_expired", "Suggested time has expired")
    assert everything(sandbox) == before
    assert accept(patient, booking, late).status == 200


@pytest.mark.parametrize("reader", ["Busy", "Failed", "Free"])
def test_only_a_calendar_that_says_busy_blocks(patient, suggested, settings, sandbox, reader):
    settings.CALENDAR_READER = f"readers.{reader}"
    before = everything(sandbox)

    answer = accept(patient, suggested, open_ones(suggested)[0])

    if reader == "Busy":
        assert answer.refusal == (409, "slot_taken", "Slot not available")
        assert everything(sandbox) == before
    else:
        assert answer.status == 200


def test_a_suggestion_that_lost_its_time_is_refused_and_the_others_stay(patient, suggested, sandbox):
    """However that came about: accepting never assumes that it holds what it was promised."""
    first, second, _ = open_ones(suggested)
    held = TimeHold.objects.get(owner=suggested.id, during__startswith=first.start)
    TimeHold.objects.filter(id=held.id).update(owner=HOUR, kind="reservation")
    before = everything(sandbox)

    answer = accept(patient, suggested, first)

    assert answer.refusal[:2] == (409, "slot_taken")
    assert everything(sandbox) == before
    assert accept(patient, suggested, second).status == 200


@pytest.mark.lesson(11)
def test_a_refused_capture_returns_to_the_old_start_with_the_suggestions_open(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking, wall(8), wall(9))
    before, chosen = fresh(booking.id), open_ones(booking)[0]

    answer = accept(patient, booking, chosen)

    now = fresh(booking.id)
    assert answer.refusal == (402, "card_declined", "Payment failed")
    assert (now.state, now.payment.state, now.start, now.expires_at) == (
        "reschedule_proposed",
        "held",
        booking.start,
        before.expires_at,
    )
    assert (now.accepted_suggestion, now.decision, len(open_ones(now))) == (None, "", 2)
    assert [hold.lower for hold in suggestion_holds(now)] == [moment(wall(8)), moment(wall(9))]
    assert not TimeHold.objects.filter(kind="booking").exists()
    assert sandbox.stripe.totals() == {"held": 15000, "received": 0, "refunded": 0}
    assert books.check_books() == []
    assert accept(patient, booking, chosen).status == 402
    assert act(patient, booking, "decline-suggested-times").status == 200


def test_a_hold_that_is_gone_ends_the_booking(patient, provider, sandbox):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")
    suggest(provider, booking)

    answer = accept(patient, booking, open_ones(booking)[0])

    ended = fresh(booking.id)
    assert answer.refusal == (402, "payment_failed", "Payment failed")
    assert (ended.state, ended.payment.state, open_ones(ended)) == ("payment_failed", "failed", [])
    assert not TimeHold.objects.exists()
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_the_vendor_down_is_202_and_the_sweep_settles_it(patient, provider, suggested, sandbox, time, failure):
    first, second, _ = open_ones(suggested)
    sandbox.misbehave({**CAPTURE, "action": failure})

    answer = accept(patient, suggested, first)

    view = answer.body["booking"]
    assert (answer.status, answer.body["processing"]) == (202, True)
    assert answer.body["message"] == "Your payment is being processed."
    assert (view["state"], view["paymentStatus"], view["appointmentDate"]) == (
        "confirming",
        "processing",
        instant(first.start),
    )
    assert len(view["suggestedTimes"]) == 3
    assert books.check_books(with_vendor=False) == []
    by_id = accept(patient, suggested, first), accept(patient, suggested, second)
    by_wall_time = (
        accept(patient, suggested, selectedDate=wish_at(days=8)["appointmentDate"], selectedTime="10:00 AM"),
        accept(patient, suggested, selectedDate=wish_at(days=9)["appointmentDate"], selectedTime="11:00 AM"),
    )
    for again, other in (by_id, by_wall_time):
        assert (again.status, again.body["booking"]["state"]) == (202, "confirming")
        assert again.body["booking"]["appointmentDate"] == instant(first.start)
        assert other.refusal[:2] == (409, "decision_in_progress")
    for refused in (
        act(patient, suggested, "decline-suggested-times"),
        act(patient, suggested, "decline-reschedule"),
        provider.post(f"/api/bookings/{suggested.id}/confirm"),
        suggest(provider, suggested),
    ):
        assert refused.refusal[:2] == (409, "decision_in_progress")
    time.passes(seconds=11)
    sweep()
    settled = fresh(suggested.id)
    assert (settled.state, settled.payment.state, settled.start) == ("confirmed", "paid", first.start)
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    assert books.check_books() == []


def test_refused_only_in_the_background_returns_to_the_suggestions(patient, provider, sandbox, time):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking)
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert act(patient, booking, "accept-reschedule").status == 202
    assert act(patient, booking, "accept-reschedule").status == 202

    time.passes(seconds=11)
    sweep()

    now = fresh(booking.id)
    assert (now.state, now.start, len(open_ones(now))) == ("reschedule_proposed", booking.start, 1)
    assert books.check_books() == []


def test_without_a_payment_vendor_nothing_is_accepted(patient, suggested, sandbox, settings):
    settings.STRIPE_SECRET_KEY = ""
    before = everything(sandbox)

    assert accept(patient, suggested, open_ones(suggested)[0]).refusal[:2] == (503, "temporarily_unavailable")
    assert everything(sandbox) == before


def test_accepting_a_reschedule_needs_no_id(patient, provider):
    booking = patient.has_asked()
    reschedule(provider, booking)

    answer = act(patient, booking, "accept-reschedule")

    assert (answer.status, answer.body["message"]) == (200, "Reschedule accepted")
    assert fresh(booking.id).start == moment(wall())
    assert act(patient, booking, "accept-reschedule").refusal[:2] == (400, "booking_not_pending")


def test_of_several_suggestions_one_must_be_named(patient, suggested, sandbox):
    before = everything(sandbox)

    answer = act(patient, suggested, "accept-reschedule")

    assert answer.refusal == (400, "validation", "suggestedTimeId is required")
    assert everything(sandbox) == before


def test_a_free_service_is_suggested_and_accepted_without_a_vendor(patient, provider, sandbox):
    booking = patient.has_asked(serviceId=str(FREE), paymentMethodId=None)
    suggest(provider, booking)

    answer = accept(patient, booking, open_ones(booking)[0])

    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "paid")
    assert (fresh(booking.id).state, sandbox.log()) == ("confirmed", [])
    assert books.check_books() == []


# --- Declining ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("decline-suggested-times", "Booking request cancelled. Payment hold released."),
        ("decline-reschedule", "Reschedule declined, booking cancelled"),
    ],
)
@pytest.mark.lesson(10)
def test_declining_all_ends_the_request_and_releases_the_hold(patient, suggested, sandbox, action, message):
    answer = act(patient, suggested, action)

    ended, view = fresh(suggested.id), answer.body["booking"]
    assert (answer.status, answer.body["message"], answer.body["refundAmount"]) == (200, message, 0)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert (view["cancelledBy"], view["cancellationReason"]) == ("user", "Declined suggested times")
    assert (view["suggestedTimes"], view["paymentStatus"]) == ([], "released")
    assert ended.events.get(new_state="cancelled_patient", old_state="reschedule_proposed").event_type == (
        "reschedule_declined"
    )
    assert not TimeHold.objects.exists()
    assert open_ones(ended) == []
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []
    assert act(patient, suggested, action).refusal[:2] == (400, "booking_not_pending")


def test_declining_without_suggestions_is_a_cancellation(patient, sandbox):
    booking = patient.has_asked()

    answer = act(patient, booking, "decline-suggested-times")

    ended = fresh(booking.id)
    assert (answer.status, ended.state, ended.payment.state) == (200, "cancelled_patient", "released")
    assert ended.events.get(old_state="pending_confirmation").event_type == "cancelled"


def test_declining_a_checkout_closes_its_intent(patient, sandbox):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))

    answer = act(patient, booking, "decline-suggested-times")

    assert (answer.status, fresh(booking.id).payment.state) == (200, "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert books.check_books() == []


def test_declining_while_the_vendor_is_silent_is_settled_later(patient, suggested, sandbox, time):
    sandbox.misbehave({**CANCEL, "action": "drop_before"})

    answer = act(patient, suggested, "decline-suggested-times")

    assert answer.body["message"] == "Booking request cancelled. Payment hold will be released."
    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "held")
    assert fresh(suggested.id).state == "cancelled_patient"
    assert not TimeHold.objects.exists()
    time.passes(seconds=11)
    sweep()
    assert fresh(suggested.id).payment.state == "released"
    assert books.check_books() == []


# --- The provider's other answers, while times are suggested ------------------------------------------------------------
def test_confirming_withdraws_the_suggestions_and_takes_the_time_first_asked_for(patient, provider, suggested, sandbox):
    answer = provider.post(f"/api/bookings/{suggested.id}/confirm")

    confirmed = fresh(suggested.id)
    assert (answer.status, confirmed.state, confirmed.start) == (200, "confirmed", suggested.start)
    assert (open_ones(confirmed), answer.body["booking"]["proposedTimes"]) == ([], [])
    assert TimeHold.objects.get().during.lower == suggested.start
    assert sandbox.stripe.totals()["received"] == 15000
    assert books.check_books() == []


def test_a_confirm_from_suggestions_that_is_refused_leaves_them_open(patient, provider):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking)

    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 402

    assert (fresh(booking.id).state, len(open_ones(booking))) == ("reschedule_proposed", 1)
    assert books.check_books() == []


def test_while_a_confirm_is_on_its_way_nothing_can_be_accepted(patient, provider, suggested, sandbox):
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert provider.post(f"/api/bookings/{suggested.id}/confirm").status == 202

    assert accept(patient, suggested, open_ones(suggested)[0]).refusal[:2] == (409, "decision_in_progress")


def test_declining_withdraws_the_suggestions(patient, provider, suggested):
    assert provider.post(f"/api/bookings/{suggested.id}/decline", {"reason": "no"}).status == 200

    assert open_ones(suggested) == []
    assert not TimeHold.objects.exists()
    assert accept(patient, suggested, SuggestedTime.objects.first()).refusal[:2] == (400, "booking_not_pending")
    assert books.check_books() == []


def test_calling_it_off_withdraws_the_suggestions(patient, provider, suggested, sandbox):
    chosen = open_ones(suggested)[0]

    answer = provider.post(f"/api/bookings/{suggested.id}/cancel-provider", {"reason": "ill"})

    view = answer.body["booking"]
    assert (answer.status, answer.body["refund"]["description"]) == (200, "Payment hold released")
    assert (view["state"], view["proposedTimes"], view["reschedule"]["current"]) == ("cancelled_provider", [], None)
    assert patient.get(f"/api/bookings/{suggested.id}").body["booking"]["suggestedTimes"] == []
    assert open_ones(suggested) == []
    assert not TimeHold.objects.exists()
    assert accept(patient, suggested, chosen).refusal[:2] == (400, "booking_not_pending")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


# --- No way around the guard --------------------------------------------------------------------------------------------
@pytest.mark.lesson(2)
@pytest.mark.parametrize("path", ["create", "confirm", "accept", "suggest"])
def test_the_guard_holds_on_every_path_into_an_occupying_state(
    patient, other_patient, provider, sandbox, settings, path
):
    """One time is taken; each path that could take it again is refused, and changes nothing."""
    mine = patient.has_asked(**wish_at(days=8))
    other = other_patient.has_asked(**wish_at(days=8) if path == "confirm" else wish_at(days=9))
    if path == "accept":
        suggest(provider, other, wall(8))
        TimeHold.objects.filter(owner=other.id).delete()
    assert provider.post(f"/api/bookings/{mine.id}/confirm").status == 200
    if path == "create":
        settings.CALENDAR_READER = "readers.Free"
    before = everything(sandbox)

    answer = {
        "create": lambda: other_patient.asks(**wish_at(days=8)),
        "confirm": lambda: provider.post(f"/api/bookings/{other.id}/confirm"),
        "accept": lambda: act(other_patient, other, "accept-reschedule"),
        "suggest": lambda: suggest(provider, other, wall(8)),
    }[path]()

    assert answer.refusal[:2] == (409, "slot_taken")
    assert everything(sandbox) == before
