"""The break after a visit: as the practice wants it at the moment a booking takes its time, and so it stays (6.4)."""

from datetime import timedelta

import pytest
from acts import accept, confirm, open_ones, suggest, wall
from cast import fresh, wish_at

from bookings import reconciliation as books
from bookings.models import TimeHold
from providers.models import Provider


def wants(minutes):
    Provider.objects.update(buffer_minutes=minutes)


def holds(booking, kind="booking"):
    """How many minutes after the visit the booking keeps, by the start of each of its holds of a kind."""
    found = TimeHold.objects.filter(owner=booking.id, kind=kind)
    hour = timedelta(hours=1)
    return {hold.during.lower: (hold.during.upper - hold.during.lower - hour) / timedelta(minutes=1) for hold in found}


def suggested(provider, booking, *starts):
    """The suggestions that are open once the practice has made these."""
    assert suggest(provider, booking, *starts).status == 200
    return open_ones(booking)


def test_a_request_takes_its_time_with_the_break_of_its_confirmation(patient, other_patient, provider):
    booking, later = patient.has_asked(appointmentTime="10:00"), other_patient.has_asked(appointmentTime="11:00")
    wants(15)

    assert confirm(provider, booking).status == 200

    assert holds(booking) == {booking.start: 15}
    assert fresh(booking.id).buffer_minutes == 15
    assert confirm(provider, later).refusal[:2] == (409, "slot_taken")
    assert books.check_books() == []


def test_a_break_that_is_no_longer_wanted_blocks_nobody(patient, other_patient, provider):
    wants(15)
    booking, later = patient.has_asked(appointmentTime="10:00"), other_patient.has_asked(appointmentTime="11:00")
    wants(0)

    assert [confirm(provider, booking).status, confirm(provider, later).status] == [200, 200]
    assert holds(booking) | holds(later) == {booking.start: 0, later.start: 0}


def test_a_confirmed_visit_keeps_its_break_when_the_practice_changes_its_mind(patient, provider, other_patient):
    wants(15)
    booking = patient.has_asked(appointmentTime="10:00")
    assert confirm(provider, booking).status == 200
    wants(60)

    half_past = other_patient.has_asked(appointmentTime="11:15")

    assert confirm(provider, half_past).status == 200
    assert (holds(booking), holds(half_past)) == ({booking.start: 15}, {half_past.start: 60})


def test_a_request_that_holds_its_time_keeps_the_break_with_which_it_took_it(patient, provider):
    wants(15)
    Provider.objects.update(requests_hold_time=True)
    booking = patient.has_asked()
    wants(60)

    assert confirm(provider, booking).status == 200

    assert holds(booking) == {booking.start: 15}
    assert books.check_books() == []


def test_suggested_times_take_the_break_of_the_moment_they_are_suggested(patient, provider):
    booking = patient.has_asked()
    wants(15)
    (first,) = suggested(provider, booking, wall(8, 10))
    assert holds(booking, "suggestion") == {first.start: 15}
    wants(30)

    second, third = suggested(provider, booking, wall(9, 10), wall(9, 14))

    assert holds(booking, "suggestion") == {second.start: 30, third.start: 30}


@pytest.mark.parametrize("now", [0, 60])
def test_accepting_keeps_the_break_of_the_suggestion(patient, other_patient, provider, now):
    booking = patient.has_asked()
    wants(15)
    (chosen,) = suggested(provider, booking, wall(8, 10))
    neighbour = other_patient.has_asked(**wish_at(days=8, hour=11, minute=15))
    assert confirm(provider, neighbour).status == 200
    wants(now)

    assert accept(patient, booking, chosen).status == 200

    assert holds(booking) == {chosen.start: 15}
    assert fresh(booking.id).buffer_minutes == 15
    assert books.check_books() == []


def test_the_calendar_is_asked_about_the_break_of_the_suggestion(patient, provider, settings):
    booking = patient.has_asked()
    wants(15)
    (chosen,) = suggested(provider, booking, wall(8, 10))
    wants(60)
    settings.CALENDAR_READER = "readers.FreeFor75Minutes"

    assert accept(patient, booking, chosen).status == 200


@pytest.mark.parametrize("holding", [False, True])
def test_a_refused_acceptance_leaves_the_time_asked_for_with_its_own_break(patient, provider, sandbox, holding):
    """The break of the accepted time must not stick to the time that the provider may still confirm."""
    wants(15)
    Provider.objects.update(requests_hold_time=holding)
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    wants(30)
    (chosen,) = suggested(provider, booking, wall(8, 10))
    assert accept(patient, booking, chosen).status == 402
    wants(45)
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*/capture", "action": "drop_before"})

    assert confirm(provider, booking).status == 202

    assert holds(booking) == {booking.start: 15 if holding else 45}
    assert holds(booking, "suggestion") == {chosen.start: 30}
    assert fresh(booking.id).buffer_minutes == (15 if holding else 45)
    assert books.check_books(with_vendor=False) == []
