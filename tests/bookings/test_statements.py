"""What a create, a confirm, a suggestion and an accept ask of the database, statement by statement. A new one needs a reason here."""

import re

import pytest
from cast import Answer, wish_at
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import numbers
from bookings.actors import JOB
from bookings.services.expiry import expire_bookings

CREATE = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT calendars_calendarconnection",  # who is asked, what it costs, how long it takes; whether a calendar may decide; in one
    "BEGIN",
    "SELECT accounts_user FOR NO KEY UPDATE",  # one patient's requests come one at a time
    "SELECT bookings_booking",  # the 409s under the lock: duplicate, open requests and taken time; how often this patient has been here; in one
    "WITH bookings_booking",  # the booking, its payment, created, and the row before the call, in one
    "COMMIT",
    # --- the one vendor call ---
    "BEGIN",
    "SELECT bookings_paymentoperation FOR NO KEY UPDATE",  # and its booking and payment, in one
    "WITH bookings_payment",  # held; pending_confirmation; payment_held; the call is done; in one
    "WITH procrastinate_jobs",  # all jobs: their mails, and one for the notifications; both sides' frames; in one
    "COMMIT",
]
CONFIRM = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT bookings_booking",  # the provider's selector: whose booking is it
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the booking, in one
    "INSERT bookings_timehold",  # the guard
    "WITH bookings_booking",  # confirming; confirm_started; capturing; the row before the call; in one
    "COMMIT",
    # --- the one vendor call ---
    "BEGIN",
    "SELECT bookings_paymentoperation FOR NO KEY UPDATE",  # and its booking and payment, in one
    "WITH bookings_payment",  # paid; payment_captured; confirmed; the call is done; in one
    "SELECT calendars_calendarconnection",  # whether the visit is to be written into a calendar
    "SELECT bookings_booking",  # view V in the provider's frame: how often this patient has been here
    "WITH procrastinate_jobs",  # all jobs: their mails, and one for the notifications; both sides' frames; in one
    "COMMIT",
    "SELECT calendars_calendarevent",  # view V in the answer
]
SUGGEST = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT bookings_booking",  # the provider's selector: whose booking is it
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the booking, in one
    "SELECT bookings_timehold",  # what the round before kept, to be freed after the new times are taken
    "INSERT bookings_timehold",  # the guard, once for each time
    "INSERT bookings_suggestedtime",
    "WITH bookings_booking",  # reschedule_proposed, and its line of history, in one
    "SELECT bookings_suggestedtime",  # view V in the provider's frame: what is suggested,
    "SELECT bookings_booking",  # and how often this patient has been here
    "WITH procrastinate_jobs",  # all jobs: their mails, and one for the notifications; both sides' frames; in one
    "COMMIT",
    "SELECT bookings_suggestedtime",  # view V in the answer
]
ACCEPT = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT bookings_booking",  # the patient's selector: whose booking is it
    "SELECT bookings_suggestedtime",  # what could be accepted, and whose calendar is to be asked about it
    "SELECT calendars_calendarconnection",  # whether there is one
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the booking, in one
    "SELECT bookings_suggestedtime",  # what is open now, under the lock
    "INSERT bookings_timehold",  # the guard: it holds the time already, and does not rely on it
    "WITH bookings_booking",  # confirming, at the new time; reschedule_accepted; capturing; the row before the call; in one
    "COMMIT",
    # --- the one vendor call ---
    "BEGIN",
    "SELECT bookings_paymentoperation FOR NO KEY UPDATE",  # and its booking and payment, in one
    "WITH bookings_payment",  # paid, and payment_captured, in one
    "UPDATE bookings_suggestedtime",  # none of them is open any more
    "WITH bookings_booking",  # confirmed, and its line of history, in one
    "DELETE bookings_timehold",  # what was kept for the answer
    "WITH bookings_paymentoperation",  # the call is done
    "SELECT calendars_calendarconnection",  # whether the visit is to be written into a calendar
    "SELECT bookings_booking",  # view V in the provider's frame: how often this patient has been here
    "WITH procrastinate_jobs",  # all jobs: their mails, and one for the notifications; both sides' frames; in one
    "COMMIT",
]
LIST = [  # However many bookings it shows.
    "SELECT accounts_user",  # the token's account still stands
    "SELECT providers_provider",  # the practice, on whose clocks all of them are shown
    "SELECT bookings_practicecount",  # how long the list is, and how many are urgent
    "SELECT bookings_booking",  # a page of it
    "SELECT bookings_booking",  # how often these patients have been here
    "SELECT calendars_calendarconnection",  # whether a calendar is connected
]
QUEUE = [
    "SELECT accounts_user",  # the token's account still stands
    "SELECT bookings_booking",  # what is to be answered
    "SELECT bookings_booking",  # how often these patients have been here
]
EXPIRE = [  # However many expire together.
    "BEGIN",
    "SELECT bookings_payment FOR NO KEY UPDATE",  # and the bookings, in one
    "SELECT providers_provider",  # their practices, by whose clocks and names people are told
    "UPDATE bookings_booking",  # expired
    "INSERT bookings_bookingevent",
    "DELETE bookings_timehold",
    "UPDATE bookings_payment",  # releasing
    "SELECT bookings_paymentoperation",  # whether somebody is at it already
    "INSERT bookings_paymentoperation",  # the rows before the calls
    "WITH procrastinate_jobs",  # all jobs: the calls, their mails, the notifications; and all frames; in one
    "COMMIT",
]


def shape(sql):
    """`SELECT table`, with its lock; the first table named is the one it is about."""
    verb = sql.split(maxsplit=1)[0]
    if verb == "SELECT" and "nextval" in sql:
        return "SELECT nextval"
    if verb in ("BEGIN", "COMMIT"):
        return verb
    table = re.search(r'(?:FROM|INTO|UPDATE) "?(?!jsonb)([a-z]+_[a-z_]+)"?', sql)[1]
    return f"{verb} {table}" + (" FOR NO KEY UPDATE" if "FOR NO KEY UPDATE" in sql else "")


@pytest.fixture
def statements(stage):
    """Runs something, and gives the statements that it took."""

    def of(thing):
        with CaptureQueriesContext(connection) as captured:
            answer = thing()
        if isinstance(answer, Answer):
            assert answer.status in (200, 201), answer.body
        shapes = [shape(query["sql"].strip()) for query in captured]
        # Of the kill switches a process reads each once in a while, whoever comes by.
        return [one for one in shapes if one != "SELECT waffle_switch"]

    return of


def test_a_create_takes_these_statements(patient, statements):
    patient.asks(**wish_at(days=3))
    if not numbers._drawn:
        numbers.next_number()  # Of twenty creates of a process one draws the numbers of all, whoever comes by.

    assert statements(patient.asks) == CREATE


def test_a_confirm_takes_these_statements(patient, provider, statements):
    booking = patient.has_asked()

    assert statements(lambda: provider.post(f"/api/bookings/{booking.id}/confirm", {"note": "x"})) == CONFIRM


def test_a_suggestion_takes_these_statements(patient, provider, statements):
    booking = patient.has_asked()
    body = {"proposedStart": f"{wish_at(days=9)['appointmentDate']}T10:00"}

    assert statements(lambda: provider.post(f"/api/bookings/{booking.id}/reschedule", body)) == SUGGEST


def test_an_accept_takes_these_statements(patient, provider, statements):
    booking = patient.has_asked()
    body = {"proposedStart": f"{wish_at(days=9)['appointmentDate']}T10:00"}
    provider.post(f"/api/bookings/{booking.id}/reschedule", body)

    assert statements(lambda: patient.post(f"/api/bookings/{booking.id}/accept-reschedule")) == ACCEPT


def test_requests_that_expire_together_take_these_statements(patient, other_patient, time, statements):
    ids = [patient.has_asked().id, *(other_patient.has_asked(**wish_at(days=day, hour=14)).id for day in (8, 9))]
    time.passes(hours=25)

    assert statements(lambda: expire_bookings(booking_ids=ids, actor=JOB)) == EXPIRE


def test_a_practices_list_and_its_queue_take_these_statements(patient, provider, statements):
    for day in (3, 4):
        patient.has_asked(**wish_at(days=day))
    path = f"/api/bookings/provider/{provider.id}"

    assert statements(lambda: provider.get(path)) == LIST
    assert statements(lambda: provider.get(f"{path}/pending")) == QUEUE
