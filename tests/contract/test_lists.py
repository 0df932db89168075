"""What the lists hold: filters, order, pages, dates (contract 2.5, 6.3, 10.2, 11.1)."""

from datetime import timedelta

import pytest
from cast import fresh, put_into
from contract.scene import MOMENT
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, SuggestedTime
from bookings.states import State
from findr import clock

WAITING = {"pending_payment", "pending_confirmation", "reschedule_proposed", "confirming"}
OVER = {"confirmed_over", "checked_in_over", "in_progress_over"}
ENDED_BADLY = {"cancelled_patient", "cancelled_provider", "cancelled_admin", "expired", "payment_failed"}
EVERYTHING = {*State, *OVER}
# Word -> what the patient's list holds, what the practice's does (contract 6.3).
FILTERS = {
    "": (EVERYTHING, EVERYTHING - {"pending_payment"}),
    "all": (EVERYTHING, EVERYTHING - {"pending_payment"}),
    "pending": (WAITING, WAITING - {"pending_payment"}),
    "pending_payment": ({"pending_payment"}, set()),
    "pending_confirmation": ({"pending_confirmation"}, {"pending_confirmation", "confirming"}),
    "reschedule_proposed": ({"reschedule_proposed"},) * 2,
    "confirming": ({"confirming"},) * 2,
    "confirmed": ({"confirmed", "confirmed_over"},) * 2,
    "checked_in": ({"checked_in", "checked_in_over"},) * 2,
    "in_progress": ({"in_progress", "in_progress_over"},) * 2,
    "upcoming": ({"confirmed", "checked_in", "in_progress"},) * 2,
    "completed": ({"completed", "no_show", *OVER}, {"completed"}),
    "past": ({"completed", "no_show", *OVER},) * 2,
    "no_show": ({"no_show"},) * 2,
    "cancelled": (ENDED_BADLY, ENDED_BADLY),
    **{word: ({word},) * 2 for word in ENDED_BADLY},
    "pending,upcoming": (
        {*WAITING, "confirmed", "checked_in", "in_progress"},
        {*WAITING, "confirmed", "checked_in", "in_progress"} - {"pending_payment"},
    ),
    "expired, no_show": ({"expired", "no_show"},) * 2,
    "expired,all": (EVERYTHING, EVERYTHING - {"pending_payment"}),
}


@pytest.fixture
def book(ask):
    """One booking in every state, visits that are over, and two that never came to anything; names by id."""
    names = {
        str(put_into(ask(), state, secured_at=None if state == State.PENDING_PAYMENT else MOMENT).id): state.value
        for state in State
    }
    for number, state in enumerate((State.CONFIRMED, State.CHECKED_IN, State.IN_PROGRESS)):
        end = clock.now() - timedelta(days=number)
        names[str(put_into(ask(), state, start=end - timedelta(minutes=30), end=end).id)] = f"{state}_over"
    for state in (State.PAYMENT_FAILED, State.CANCELLED_PATIENT):
        names[str(put_into(ask(), state, secured_at=None).id)] = f"{state}_never_secured"
    return names


def named(answer, book):
    assert answer.status == 200, answer.body
    return {book[one["id"]] for one in answer.body["bookings"]}


# --- Filters --------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(46)
def test_each_status_word_selects_what_it_says(book, patient, provider):
    found = {
        word: tuple(
            named(one.get(path), book)
            for one, path in (
                (patient, f"/api/bookings/user?limit=100&status={word.replace(' ', '%20')}"),
                (provider, f"/api/bookings/provider?limit=100&status={word.replace(' ', '%20')}"),
            )
        )
        for word in FILTERS
    }

    assert found == FILTERS


@pytest.mark.parametrize("word", ["booked", "PENDING", "pending,", ",", "pending,booked", "%00", "pending;upcoming"])
def test_an_unknown_status_word_is_refused(word, patient, provider):
    answers = [patient.get(f"/api/bookings/user?status={word}"), provider.get(f"/api/bookings/provider?status={word}")]

    assert {one.refusal for one in answers} == {(400, "validation", "status is invalid")}


def test_upcoming_narrows_any_filter(book, patient):
    def listed(query):
        return named(patient.get(f"/api/bookings/user?limit=100&{query}"), book)

    assert listed("upcoming=true") == {"confirmed", "checked_in", "in_progress"}
    assert listed("upcoming=true&status=confirmed") == {"confirmed"}
    assert listed("upcoming=true&status=pending") == set()
    assert listed("upcoming=false&status=confirmed") == {"confirmed", "confirmed_over"}


@pytest.mark.lesson(46)
def test_a_visit_is_upcoming_until_its_end(ask, patient, provider, time):
    booking = ask()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    time.set(booking.end - timedelta(seconds=5))
    before = patient.get("/api/bookings/user?status=upcoming").body["total"]
    time.set(booking.end)
    after = patient.get("/api/bookings/user?status=upcoming").body["total"]

    assert (before, after) == (1, 0)
    assert patient.get("/api/bookings/user?status=past").body["total"] == 1


def test_the_lists_hold_only_ones_own(ask, patient, other_patient, provider, other_provider):
    mine, theirs = ask(), ask(other_patient)

    assert [one["id"] for one in patient.get("/api/bookings/user").body["bookings"]] == [str(mine.id)]
    assert {one["id"] for one in provider.get("/api/bookings/provider").body["bookings"]} == {
        str(mine.id),
        str(theirs.id),
    }
    assert other_provider.get("/api/bookings/provider").body["totalCount"] == 0


@pytest.mark.parametrize("path", ["/api/bookings/user", "/api/bookings/user/{id}", "/api/users/me/bookings"])
def test_the_aliases_give_the_same_list(path, ask, patient):
    booking = ask()

    answer = patient.get(path.format(id=patient.id))

    assert [one["id"] for one in answer.body["bookings"]] == [str(booking.id)]


# --- Order ----------------------------------------------------------------------------------------------------------
QUEUES = ["pending", "pending_confirmation", "pending,confirming", "reschedule_proposed,pending_payment,pending"]


def test_the_order_goes_with_the_words(ask, patient, provider):
    first, second, third = (ask() for _ in range(3))
    for booking, hours in ((first, 3), (second, 1), (third, 2)):
        Booking.objects.filter(id=booking.id).update(expires_at=MOMENT + timedelta(hours=hours))

    def order(query):
        answers = [patient.get(f"/api/bookings/user{query}"), provider.get(f"/api/bookings/provider{query}")]
        (ids,) = {tuple(one["id"] for one in answer.body["bookings"]) for answer in answers}
        return list(ids)

    by_deadline = [str(one.id) for one in (second, third, first)]
    latest_first = [str(one.id) for one in (third, second, first)]

    assert [order(f"?status={words}") for words in QUEUES] == [by_deadline] * len(QUEUES)
    assert [order(query) for query in ("", "?status=all", "?status=pending,cancelled")] == [latest_first] * 3
    for booking in (first, second, third):
        put_into(booking, State.CONFIRMED)
    assert order("?status=upcoming") == latest_first[::-1]
    assert order("?status=upcoming,pending") == latest_first


def test_ties_are_in_the_order_of_the_ids(ask, patient):
    ids = sorted(str(ask().id) for _ in range(4))
    Booking.objects.update(
        start=MOMENT + timedelta(days=3),
        end=MOMENT + timedelta(days=3, minutes=30),
        expires_at=MOMENT + timedelta(days=1),
    )

    for query in ("", "?status=pending"):
        assert [one["id"] for one in patient.get(f"/api/bookings/user{query}").body["bookings"]] == ids


# --- The queue of answers -------------------------------------------------------------------------------------------
def test_the_queue_says_how_urgent_an_answer_is(ask, provider):
    soon = [(-60, "high", "0.0"), (10, "high", "0.0"), (4 * 3600 - 60, "high", "4.0"), (4 * 3600 + 60, "medium", "4.0")]
    late = [(12 * 3600 - 60, "medium", "12.0"), (12 * 3600 + 60, "low", "12.0"), (20 * 3600, "low", "20.0")]
    for seconds, _, _ in [*late, *soon]:
        Booking.objects.filter(id=ask().id).update(expires_at=clock.now() + timedelta(seconds=seconds))

    answer = provider.get(f"/api/bookings/provider/{provider.id}/pending")

    assert [(one["urgency"], one["hoursUntilExpiry"]) for one in answer.body["bookings"]] == [
        (word, hours) for _, word, hours in [*soon, *late]
    ]
    assert answer.body["count"] == 7


@pytest.mark.lesson(46)
def test_the_queue_holds_what_is_shown_as_waiting_for_an_answer(book, provider):
    answer = provider.get("/api/bookings/provider/pending?limit=1")

    assert named(answer, book) == {"pending_confirmation", "confirming"}
    assert {one["status"] for one in answer.body["bookings"]} == {"pending_confirmation"}


def test_urgent_are_requests_with_less_than_six_hours_left(ask, provider):
    for seconds in (-5, 60, 6 * 3600 - 60, 6 * 3600 + 60):
        Booking.objects.filter(id=ask().id).update(expires_at=clock.now() + timedelta(seconds=seconds))
    put_into(ask(), State.CONFIRMING, expires_at=MOMENT + timedelta(hours=1))
    put_into(ask(), State.RESCHEDULE_PROPOSED, expires_at=MOMENT + timedelta(hours=1))

    counts = [
        provider.get(f"/api/bookings/provider?status={word}").body["urgentCount"] for word in ("all", "cancelled")
    ]

    assert counts == [2, 2]


def test_a_patient_who_has_completed_visits_here_is_known(ask, patient, other_patient, provider):
    old, older, new, stranger = ask(), ask(), ask(), ask(other_patient)
    put_into(old, State.COMPLETED)
    put_into(older, State.NO_SHOW)

    shown = {one["id"]: one for one in provider.get("/api/bookings/provider").body["bookings"]}

    assert [
        (shown[str(one.id)]["previousBookingCount"], shown[str(one.id)]["isReturningPatient"])
        for one in (new, stranger)
    ] == [
        (1, True),
        (0, False),
    ]


# --- As many questions for ten as for one ---------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/api/bookings/user", "/api/bookings/provider", "/api/bookings/provider/pending"])
def test_a_list_asks_the_database_as_often_for_ten_as_for_one(path, ask, patient, provider):
    who = patient if path.endswith("user") else provider
    member = str(fresh(ask().id).provider.team_members.get().id)

    def questions():
        with CaptureQueriesContext(connection) as captured:
            assert who.get(path).status == 200
        return len(captured)

    for_one = questions()
    for number in range(9):
        ask(**({"teamMemberId": member} if number % 2 else {}))

    assert questions() == for_one
    assert len(who.get(path).body["bookings"]) == 10


# --- What is shown of each ------------------------------------------------------------------------------------------
def test_a_list_shows_each_booking_as_its_own_page_does(book, patient, provider):
    """A list reads fewer columns, of all its bookings at once: nothing is missing, and nothing is asked for one by one."""
    words = ("confirmation_note", "decline_reason", "cancellation_reason", "suggestion_message", "notes")
    moments = ("confirmed_start", "confirmed_end", "declined_at", "cancelled_at", "checked_in_at", "completed_at")
    some = list(book)[::2]
    Booking.objects.filter(id__in=some).update(
        team_member=provider.provider.team_members.first(),
        cancelled_by="user",
        rounds=1,
        suggested_at=MOMENT,
        **{name: f'{name} "ä" 日本\u2028' for name in words},
        **{name: MOMENT + timedelta(hours=number) for number, name in enumerate(moments)},
    )
    for booking_id in some:
        times = {"start": MOMENT, "end": MOMENT + timedelta(minutes=30)}
        SuggestedTime.objects.create(booking_id=booking_id, round=1, position=0, **times)

    for who, side in ((patient, "user"), (provider, "provider")):
        with CaptureQueriesContext(connection) as asked:
            listed = {one["id"]: one for one in who.get(f"/api/bookings/{side}?limit=100").body["bookings"]}
        assert len(asked) <= 8
        assert set(some) & set(listed)
        assert {name: who.get(f"/api/bookings/{name}").body["booking"] for name in listed} == listed
