"""The lists of suggest-times, and which suggestion an accept may name: bad ones are refused, nothing is written."""

from datetime import timedelta

import pytest
from acts import accept, propose
from cast import fresh
from contract.doors import STRANGE, WRONG_TYPES, soon, written
from contract.scene import MOMENT

from bookings.models import SuggestedTime
from findr import clock
from providers.demo import demo_id

NONE, INVALID = "At least one alternative time is required", "proposedTimes is invalid"
MANY, ALIKE = "Maximum 3 alternative times allowed", "Suggested times must differ"


@pytest.fixture
def booking(patient, time, settings):
    time.set(MOMENT)
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    return patient.has_asked()


def times(*numbers):
    return [{"start": soon(number).isoformat()} for number in numbers]


def refusal(answer):
    return answer.status, answer.body["code"], answer.body["error"], answer.body.get("fields")


def validation(sentence):
    return 400, "validation", sentence, {"proposedTimes": sentence}


BAD_LISTS = (
    *((value, NONE) for value in (None, [])),
    *((value, INVALID) for value in (*WRONG_TYPES, "", "x", "2030-01-01T10:00") if value != []),
    *(([value], INVALID) for value in (*WRONG_TYPES, None, "", "2030-01-01T10:00")),
    ([[{"start": "2030-01-01T10:00"}]], INVALID),
    ([{}] * 4, MANY),
    ([{}] * 10_000, MANY),
)


def test_a_bad_list_is_refused(booking, provider):
    before = written()

    for given, sentence in BAD_LISTS:
        assert refusal(propose(provider, booking, given)) == validation(sentence), given

    assert written() == before


def test_without_a_list_there_is_nothing_to_suggest(booking, provider):
    answer = provider.post(f"/api/bookings/{booking.id}/suggest-times", {"message": "call us"})

    assert refusal(answer) == validation(NONE)


BAD_STARTS = (
    *(value for value in WRONG_TYPES),
    *(None, "", " ", "x", "2030-01-01", "10:00", "2030-01-01 10:00", "2030-13-01T10:00", "2030-02-30T10:00"),
    *("2030-01-01T24:00", "2030-01-01T10:00:30", "2030-01-01T10:00+25:00", "0000-01-01T10:00", "9" * 50, "a\x00b"),
    *STRANGE,
)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_bad_start_is_refused_wherever_it_stands(position, booking, provider):
    """Every bad one at the first place, and some at the others, since one line reads them all."""
    before = written()
    wrong = []

    for start in (..., *BAD_STARTS)[:: 6 if position else 1]:
        given = times(1, 2, 3)
        given[position] = {} if start is ... else {"start": start}
        answer = propose(provider, booking, given)
        if refusal(answer) != validation(INVALID):
            wrong.append((start, answer.body))

    assert wrong == []
    assert written() == before


def test_a_lone_surrogate_is_no_json(booking, provider):
    answer = propose(provider, booking, [{"start": "2030-01-01T10:00\ud800"}])

    assert answer.refusal == (400, "validation", "body is invalid")


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    ("span", "refused"),
    [
        (timedelta(minutes=-1), (400, "time_in_past", "This time is in the past")),
        (timedelta(minutes=73), (400, "too_soon", "This time is too soon")),
        (timedelta(days=61), (400, "too_far_ahead", "This time is too far ahead")),
    ],
    ids=["past", "soon", "far"],
)
def test_a_time_out_of_bounds_is_named_by_its_place(span, refused, position, booking, provider):
    before = written()
    moment = (clock.now() + span).replace(second=0, microsecond=0)
    given = times(1, 2, 3)
    given[position] = {"start": moment.isoformat()}

    answer = propose(provider, booking, given)

    assert (answer.refusal, answer.body["index"]) == (refused, position)
    assert written() == before


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_taken_time_is_named_by_its_place(position, booking, patient, other_patient, provider):
    """Tentatively taken: suggested to somebody else and not yet answered."""
    other = other_patient.has_asked()
    assert propose(provider, other, times(5)).status == 200
    before = written()
    given = times(1, 2, 3)
    given[position] = times(5)[0]

    answer = propose(provider, booking, given)

    assert answer.refusal == (409, "slot_taken", "Slot not available")
    assert answer.body["index"] == position
    assert written() == before


def test_times_of_one_booking_may_overlap(booking, provider):
    """They are kept for that booking, which takes one of them at most (contract 6.4)."""
    given = [{"start": (soon(1) + timedelta(minutes=minutes)).isoformat()} for minutes in (0, 30)]

    answer = propose(provider, booking, given)

    assert answer.status == 200
    assert len(answer.body["booking"]["proposedTimes"]) == 2


def test_one_instant_in_two_spellings_is_one(booking, provider):
    local = soon(1).astimezone(booking.provider.zone)
    before = written()

    answer = propose(provider, booking, [{"start": f"{local:%Y-%m-%dT%H:%M}"}, {"start": soon(1).isoformat()}])

    assert refusal(answer) == validation(ALIKE)
    assert written() == before


@pytest.mark.parametrize("end", [None, 5, "x", [], {}, True, "2020-01-01T10:00"])
def test_the_end_and_what_else_an_item_holds_are_ignored(end, booking, provider):
    answer = propose(provider, booking, [{**times(1)[0], "end": end, "id": str(demo_id(1)), "price": 1}])

    (time,) = answer.body["booking"]["proposedTimes"]
    (row,) = SuggestedTime.objects.all()
    assert time["id"] == str(row.id) != str(demo_id(1))
    assert row.end - row.start == timedelta(minutes=booking.duration_minutes)


def test_the_times_keep_the_order_of_the_practice(booking, patient, provider):
    propose(provider, booking, times(3, 1, 2))

    shown = patient.get(f"/api/bookings/{booking.id}").body["booking"]["suggestedTimes"]

    assert [time["startTime"] for time in shown] == [f"{soon(number):%Y-%m-%dT%H:%M:%SZ}" for number in (3, 1, 2)]


# --- Which suggestion an accept may name ----------------------------------------------------------------------------
UNKNOWN = (404, "suggested_time_not_found", "Suggested time not found")


def ids_of(booking):
    return [str(one.id) for one in booking.suggestions.filter(closed_at=None)]


def test_another_bookings_suggestion_is_unknown(booking, patient, other_patient, provider):
    mine, theirs = patient.has_asked(appointmentTime="15:00"), other_patient.has_asked()
    for number, one in enumerate((booking, mine, theirs), 1):
        assert propose(provider, one, times(number)).status == 200
    before = written()

    answers = [accept(patient, booking, suggestedTimeId=ids_of(one)[0]) for one in (mine, theirs)]

    assert [one.refusal for one in answers] == [UNKNOWN] * 2
    assert written() == before


def test_a_suggestion_of_an_earlier_round_is_unknown(booking, patient, provider):
    propose(provider, booking, times(1))
    (earlier,) = ids_of(booking)
    propose(provider, booking, times(2))
    before = written()

    answers = [accept(patient, booking, suggestedTimeId=earlier), accept(patient, booking, **by_the_clock(booking, 1))]

    assert [one.refusal for one in answers] == [UNKNOWN] * 2
    assert written() == before


def by_the_clock(booking, number, form="%H:%M"):
    local = soon(number).astimezone(booking.provider.zone)
    return {"selectedDate": f"{local:%Y-%m-%d}", "selectedTime": f"{local:{form}}"}


@pytest.mark.parametrize("form", ["%H:%M", "%I:%M %p", "%I:%M%p"])
def test_a_wall_time_picks_the_suggestion(form, booking, patient, provider):
    propose(provider, booking, times(1, 2))

    answer = accept(patient, booking, **by_the_clock(booking, 2, form))

    assert answer.status == 200
    assert fresh(booking.id).start == soon(2)


def test_the_id_wins_over_the_wall_time(booking, patient, provider):
    propose(provider, booking, times(1, 2))

    accept(patient, booking, suggestedTimeId=ids_of(booking)[0], **by_the_clock(booking, 2))

    assert fresh(booking.id).start == soon(1)


NO_WALL_TIMES = {
    "selectedDate": ("x", "2030-02-30", "01/02/2030", *STRANGE[:6]),
    "selectedTime": ("x", "25:00", "13:00 PM", "noon", *STRANGE[:6]),
}


@pytest.mark.parametrize("field", NO_WALL_TIMES)
def test_a_wall_time_that_is_none_is_invalid(field, booking, patient, provider):
    propose(provider, booking, times(1))
    before = written()

    for wrong in NO_WALL_TIMES[field]:
        answer = accept(patient, booking, **{**by_the_clock(booking, 1), field: wrong})
        assert answer.refusal == (400, "validation", f"{field} is invalid"), wrong

    assert written() == before
