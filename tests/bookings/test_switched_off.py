"""What staff have switched off: no calendar is asked, and what would be instant is a request. Nobody is turned away."""

import pytest
import switches
from acts import accept, open_ones, suggest
from admin.pages import page_of, text_of
from cast import booking_of, fresh, wish_at
from django.test import Client
from switches import turn

from bookings import reconciliation as books
from bookings.models import TimeHold
from findr.switches import Switch

BOTH = [Switch.CALENDAR_CHECKS, Switch.INSTANT_BOOKING]


@pytest.fixture
def free_calendar(settings):
    settings.CALENDAR_READER = "readers.Free"


@pytest.fixture
def unasked(settings):
    settings.CALENDAR_READER = "readers.NeverAsked"


@pytest.mark.parametrize("switch", BOTH)
def test_what_is_off_makes_a_request_without_a_look_into_the_calendar(patient, provider, sandbox, unasked, switch):
    turn(switch, on=False)

    answer = patient.asks()

    booking = booking_of(answer)
    assert (answer.status, answer.body["bookingType"], answer.body["isRequest"]) == (201, "auto-request", True)
    assert (booking.state, booking.payment.state) == ("pending_confirmation", "held")
    assert booking.type_receipt == {"rule": f"{switch}_off"}
    assert sandbox.stripe.totals() == {"held": 15000, "received": 0, "refunded": 0}
    assert not TimeHold.objects.exists()
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    assert books.check_books() == []


@pytest.mark.parametrize("switch", BOTH)
def test_what_is_on_again_books_at_once_again(patient, free_calendar, switch):
    turn(switch, on=False)
    assert patient.asks().body["bookingType"] == "auto-request"

    turn(switch, on=True)

    assert patient.asks(**wish_at(days=8)).body["bookingType"] == "instant"


def test_with_both_off_no_calendar_is_asked_either(patient, unasked):
    for switch in BOTH:
        turn(switch, on=False)

    assert booking_of(patient.asks()).type_receipt == {"rule": "calendar_checks_off"}


@pytest.mark.parametrize("switch", BOTH)
def test_without_a_calendar_it_is_a_request_as_ever(patient, switch):
    turn(switch, on=False)

    booking = patient.has_asked()

    assert (booking.booking_type, booking.type_receipt) == ("request", {"rule": "not_connected"})


@pytest.mark.parametrize("switch", BOTH)
def test_a_time_that_is_taken_is_refused_all_the_same(patient, other_patient, provider, unasked, switch):
    turn(switch, on=False)
    provider.post(f"/api/bookings/{patient.has_asked().id}/confirm")

    assert other_patient.asks().refusal[:2] == (409, "slot_taken")


def test_a_suggested_time_is_accepted_without_a_look_while_calendar_checks_are_off(
    patient, provider, settings, unasked
):
    turn(Switch.CALENDAR_CHECKS, on=False)
    booking = patient.has_asked()
    suggest(provider, booking)

    assert accept(patient, booking, open_ones(booking)[0]).status == 200
    assert fresh(booking.id).state == "confirmed"


def test_a_suggested_time_is_looked_up_while_only_instant_bookings_are_off(patient, provider, settings):
    settings.CALENDAR_READER = "readers.Busy"
    turn(Switch.INSTANT_BOOKING, on=False)
    booking = patient.has_asked()
    suggest(provider, booking)

    assert accept(patient, booking, open_ones(booking)[0]).refusal[:2] == (409, "slot_taken")


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        (Switch.CALENDAR_CHECKS, "A request, because calendars were not asked: calendar_checks was switched off."),
        (Switch.INSTANT_BOOKING, "A request, because nothing was booked at once: instant_booking was switched off."),
    ],
)
def test_staff_read_why_it_is_a_request(patient, staff, free_calendar, switch, words):
    turn(switch, on=False)
    booking = patient.has_asked()
    console = Client()
    console.force_login(staff.user)

    assert words in text_of(console.get(page_of(booking)))


def test_a_new_database_has_a_row_for_each_switch_and_a_migration_turns_none_on(stage):
    assert {name: row.active for name, row in switches.as_migrated().items()} == dict.fromkeys(Switch, True)
    turn(Switch.CALENDAR_CHECKS, on=False)

    rows = switches.as_migrated()

    assert not rows[Switch.CALENDAR_CHECKS].active
