"""The booking list: what waits, in which order, and how any booking is found."""

import re

import pytest
from admin.pages import LIST, numbers_in, text_of
from cast import HARBOR, run_jobs, wish_at
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.admin.time_left import time_left, urgency
from bookings.models import Booking, Payment
from bookings.services.expiry import expire_overdue
from providers.demo import demo_id


@pytest.fixture
def three(patient, other_patient, time):
    """Three requests, asked for hours apart: the first one is the most urgent."""
    made = [patient.has_asked(**wish_at(days=7))]
    time.passes(hours=9)
    made.append(other_patient.has_asked(**wish_at(days=8)))
    time.passes(hours=9)
    made.append(patient.has_asked(**wish_at(days=9)))
    return made


def test_the_list_is_the_queue_soonest_deadline_first(console, three, provider):
    answered = three[1]
    provider.post(f"/api/bookings/{answered.id}/decline", {"reason": "away"})

    page = console.get(LIST)

    assert numbers_in(page) == [three[0].number, three[2].number]
    assert "America/Denver" in text_of(page)


def test_urgency_follows_the_time_that_is_left(three, time):
    time.passes(hours=3)

    assert [urgency(booking) for booking in three] == ["high", "medium", "low"]
    time.passes(hours=3, minutes=1)
    assert urgency(three[0]) == "overdue"
    assert time_left(three[0]) == "overdue by 1 min"


def test_all_bookings_are_one_click_away(console, three, provider):
    provider.post(f"/api/bookings/{three[0].id}/decline", {"reason": "away"})

    everything = numbers_in(console.get(LIST, {"show": "all"}))
    declined = numbers_in(console.get(LIST, {"state__exact": "cancelled_provider"}))

    assert sorted(everything) == sorted(booking.number for booking in three)
    assert declined == [three[0].number]


def test_a_search_finds_any_booking_by_number_email_name_practice_and_intent(console, three, provider):
    provider.post(f"/api/bookings/{three[0].id}/decline", {"reason": "away"})
    found = {
        three[0].number: {three[0].number},
        three[0].number[:4].lower(): {booking.number for booking in three},
        three[0].payment.intent_id: {three[0].number},
        "sam@example": {three[1].number},
        "Pat Doe": {three[0].number, three[2].number},
        "Ridge": {booking.number for booking in three},
        "nobody": set(),
    }

    for words_typed, numbers in found.items():
        page = console.get(LIST, {"q": words_typed})
        assert (set(numbers_in(page)) if numbers else set()) == numbers


def test_a_search_from_within_the_queue_finds_what_no_longer_waits(console, three, provider):
    provider.post(f"/api/bookings/{three[0].id}/decline", {"reason": "away"})

    found = console.get(LIST, {"show": "waiting", "q": three[0].number})

    assert set(numbers_in(found)) == {three[0].number}
    assert 'href="?show=waiting"' in found.content.decode()  # Back to the queue, without the search.


def test_a_search_finds_a_booking_by_the_patients_phone(console, three):
    assert numbers_in(console.get(LIST, {"q": "5555550202"})) == [three[1].number]


def test_filters_by_overdue_practice_payment_and_type(console, three, patient, time):
    patient.has_asked(**wish_at(days=10, providerId=str(HARBOR), serviceId=str(demo_id(522))))
    time.passes(hours=7)

    assert numbers_in(console.get(LIST, {"overdue": "yes"})) == [three[0].number]
    assert len(numbers_in(console.get(LIST, {"overdue": "no"}))) == 3
    assert len(numbers_in(console.get(LIST, {"provider__id__exact": str(HARBOR)}))) == 1
    assert len(numbers_in(console.get(LIST, {"payment__state__exact": "held"}))) == 4
    assert len(numbers_in(console.get(LIST, {"booking_type__exact": "request"}))) == 4


def test_the_list_costs_the_same_however_long_it_is(console, patient):
    patient.has_asked(**wish_at(days=7))
    console.get(LIST)
    with CaptureQueriesContext(connection) as few:
        console.get(LIST)
    for days in range(8, 14):
        patient.has_asked(**wish_at(days=days))

    with CaptureQueriesContext(connection) as many:
        page = console.get(LIST)

    assert len(numbers_in(page)) == 7
    assert len(many) == len(few)
    assert len(many) < 10


def test_the_first_page_costs_the_same_however_many_wait(console, patient):
    patient.has_asked(**wish_at(days=7))
    console.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        console.get("/admin/")
    for days in range(8, 12):
        patient.has_asked(**wish_at(days=days))

    with CaptureQueriesContext(connection) as many:
        page = console.get("/admin/")

    assert len(re.findall(r"FH-[0-9]{8}-[A-Z0-9]{5}", text_of(page))) == 5
    assert len(many) == len(few)


def test_the_order_that_the_page_shows_is_the_one_it_has(console, three):
    assert console.get(LIST).context_data["cl"].get_ordering_field_columns() == {2: "asc"}
    assert console.get(LIST, {"show": "all"}).context_data["cl"].get_ordering_field_columns() == {2: "desc"}


def test_an_empty_queue_says_so(console):
    assert "No bookings here" in text_of(console.get(LIST))
    assert "Nothing matches this search and these filters." in text_of(console.get(LIST, {"q": "nobody"}))


def test_unfinished_payments_have_a_list_and_a_number_on_the_first_page(console, patient, time, sandbox):
    sandbox.misbehave({"action": "status", "path": "/v1/payment_intents", "method": "POST", "status": 500})
    assert patient.asks().status == 202
    time.passes(minutes=3)

    assert "Payments stuck 1" in text_of(console.get("/admin/"))
    assert len(numbers_in(console.get(LIST, {"show": "money"}))) == 1


def test_a_card_holder_who_is_at_the_bank_is_not_stuck_but_an_ended_checkout_is(console, patient, time, sandbox):
    patient.asks(paymentMethodId="pm_card_authenticationRequired")
    time.passes(minutes=3)
    assert "Payments stuck 0" in text_of(console.get("/admin/"))
    sandbox.misbehave({"action": "status", "path": "/v1/payment_intents*", "status": 500, "times": None})
    time.passes(minutes=13)
    expire_overdue()
    booking = Booking.objects.select_related("payment").get()
    assert (booking.state, booking.payment.state) == ("payment_failed", "requires_action")

    assert "Payments stuck 1" in text_of(console.get("/admin/"))
    assert numbers_in(console.get(LIST, {"show": "money"})) == [booking.number]


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("needs_response", True),
        ("lost", True),
        ("warning_under_review", True),
        ("won", False),
        ("warning_closed", False),
    ],
)
def test_disputed_payments_have_a_list_and_a_number_on_the_first_page(console, visit, other_patient, status, is_open):
    other_patient.has_asked(**wish_at(days=8))
    dispute = {"dispute_id": "dp_1", "dispute_status": status, "dispute_cents": 15000, "disputed_at": visit.start}
    Payment.objects.filter(booking=visit).update(**dispute)

    assert f"Payments disputed {int(is_open)}" in text_of(console.get("/admin/"))
    page = console.get(LIST, {"show": "disputed"})
    assert visit.number in text_of(page) if is_open else "Nothing matches" in text_of(page)
    assert console.get(LIST, {"show": "disputed"}).context_data["cl"].result_count == int(is_open)


def test_the_first_page_counts_what_waits_and_what_is_late(console, three, time):
    time.passes(hours=7)

    front = text_of(console.get("/admin/"))

    assert "Waiting for an answer 3" in front
    assert "Overdue 1" in front
    assert re.findall(r"FH-[0-9]{8}-[A-Z0-9]{5}", front) == [booking.number for booking in three]
    assert "Payments stuck 0" in front
    assert "Failed jobs 0" in front


def test_looking_changes_nothing(console, three):
    before = list(Booking.objects.order_by("id").values())

    console.get(LIST)
    run_jobs()

    assert list(Booking.objects.order_by("id").values()) == before
