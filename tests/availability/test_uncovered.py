"""What stands in the book and is not covered by hours and time off: just what could not be booked for these alone (lesson 58)."""

import os
from datetime import UTC, datetime, timedelta
from datetime import time as clock_face

import pytest
from acts import confirm, open_ones, suggest, wall
from availability.books import copies
from availability.situations import Situation
from cast import HARBOR, RIDGE, in_turn, wish_at
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.availability.day import verify
from bookings.availability.facts import lane_of, own_lane
from bookings.availability.schedule import Reason
from bookings.availability.uncovered import openings_to_come, uncovered, uncovered_bookings, uncovered_since
from bookings.models import Booking, Payment
from bookings.states import State
from findr import clock
from providers.demo import demo_id
from providers.models import OpeningHours, Provider, TeamMember, TimeOff

HOUR = timedelta(hours=1)
# The ordinary run's; FINDR_SITUATIONS=2000 draws many more.
SITUATIONS = int(os.environ.get("FINDR_SITUATIONS", "8"))


def remove(bookings):
    """As if they had never been."""
    ids = [booking.id for booking in bookings]
    with transaction.atomic():
        Payment.objects.filter(booking__in=ids).delete()
        Booking.objects.filter(id__in=ids).delete()


def ridge():
    return Provider.objects.get(id=RIDGE)


def away(start, end, member=None, provider=RIDGE):
    return TimeOff.objects.create(provider_id=provider, team_member=member, start=start, end=end)


def found(*bookings):
    """Of these, those that are uncovered."""
    ids = {one.booking_id for one in uncovered(ridge(), clock.now())}
    return [booking for booking in bookings if booking.id in ids]


@pytest.mark.lesson(7, 58)
def test_uncovered_is_what_could_not_be_booked_for_the_hours_alone(patient):
    """Drawn practices, days on which the clocks change among them; nothing else stands against any of these times."""
    booking, member = patient.has_asked(), TeamMember.objects.get(provider_id=RIDGE)
    counts = [0, 0]

    for number in range(SITUATIONS):
        situation = Situation(f"uncovered:{number}")
        situation.holds, situation.lead, situation.horizon = [], 0, 365
        situation.write(member)
        whose = situation.draw.choice([None, member])
        lane = lane_of(whose) if whose else own_lane(ridge())
        made = copies(booking, drawn_times(situation), team_member=whose)

        expected = {
            one.id for one in made if verify(ridge(), lane, one.start, length=one.end - one.start) == Reason.CLOSED
        }

        assert {one.booking_id for one in uncovered(ridge(), clock.now())} - {booking.id} == expected, number
        assert uncovered_bookings() - {booking.id} == expected, number
        remove(made)
        counts = [counts[0] + len(expected), counts[1] + len(made) - len(expected)]
    assert min(counts) > SITUATIONS / 2


def drawn_times(situation):
    """Of a situation's day, and about its midnights; neither too soon nor too far ahead to be booked."""
    begins = datetime.combine(situation.day, clock_face(0), tzinfo=situation.zone).astimezone(UTC)
    starts = [begins + timedelta(minutes=situation.draw.randint(-60, 26 * 60)) for _ in range(8)]
    soonest, last = clock.now() + HOUR, clock.now() + timedelta(days=364)
    return [(one, one + situation.draw.choice([HOUR / 4, HOUR, 4 * HOUR])) for one in starts if soonest < one < last]


def test_a_visit_a_request_and_suggested_times_count_until_they_are_over_or_answered(
    patient, other_patient, provider, time
):
    visit, request = patient.has_asked(**wish_at(days=5)), other_patient.has_asked(**wish_at(days=6))
    confirm(provider, visit)
    assert found(visit, request) == []
    off = away(clock.now(), clock.now() + timedelta(days=30))
    assert found(visit, request) == [visit, request]

    # A suggestion is dealt with by the practice where it suggests another time; and the other time has to be covered too.
    assert suggest(provider, request, wall(days=8), wall(days=40)).status == 200
    (first, _) = open_ones(request)
    assert [
        (one.suggestion_id, one.start) for one in uncovered(ridge(), clock.now()) if one.booking_id == request.id
    ] == [(first.id, first.start)]

    off.delete()
    assert found(visit, request) == []
    OpeningHours.objects.filter(provider_id=RIDGE, weekday=visit.start.weekday()).delete()
    assert found(visit) == [visit]
    time.set(visit.start + HOUR / 2)
    assert found(visit) == [visit]  # Under way.
    time.set(visit.end)
    assert found(visit) == []


def test_only_who_is_still_expected_counts(patient):
    booking = patient.has_asked()
    away(booking.start, booking.end)

    counts = {now.state: (bool(found(now)), bool(uncovered_bookings())) for now in in_turn(booking, State)}

    expected = ("pending_confirmation", "confirming", "confirmed")
    assert counts == {state: (state in expected,) * 2 for state in State}


def test_time_off_is_of_a_member_or_of_everybody_and_to_the_minute(patient):
    member = TeamMember.objects.get(provider_id=RIDGE)
    own = patient.has_asked(**wish_at(days=5))
    theirs = patient.has_asked(**wish_at(days=6, teamMemberId=str(member.id)))
    minute = timedelta(minutes=1)

    # Half-open, as visits are.
    away(theirs.end, theirs.end + HOUR, member)
    away(theirs.start - HOUR, theirs.start, member)
    away(own.start, own.end, member)  # Somebody else's visit.
    away(own.start, own.end, TeamMember.objects.get(provider_id=HARBOR), HARBOR)
    assert found(own, theirs) == []
    away(theirs.end - minute, theirs.end, member)
    assert found(own, theirs) == [theirs]
    away(own.start, own.start + minute)
    assert found(own, theirs) == [own, theirs]


def test_only_what_was_covered_is_uncovered_by_a_change(patient, provider, time):
    visit = patient.has_asked(**wish_at(days=5))
    member, hours = TeamMember.objects.get(provider_id=RIDGE), OpeningHours.objects.filter(provider_id=RIDGE)

    # Beside the visit, or somebody else's: nothing is uncovered. Moved over it, or everybody's: it is.
    off = [away(visit.start - 4 * HOUR, visit.start), away(visit.start, visit.end, member)]
    assert uncovered_by(lambda: hours.update(opens=clock_face(10), closes=clock_face(11))) == []
    assert uncovered_by(lambda: off[1].delete()) == []
    assert uncovered_by(lambda: put(off[0], end=visit.start + HOUR / 60)) == [visit.id]
    # More over what is not covered already uncovers nothing; nor does what covers it again.
    assert uncovered_by(lambda: away(visit.start, visit.end)) == []
    assert uncovered_by(lambda: hours.update(opens=clock_face(10, 30))) == []
    assert uncovered_by(lambda: (TimeOff.objects.all().delete(), hours.update(opens=clock_face(8)))) == []
    theirs = away(visit.start, visit.end, member)
    assert uncovered_by(lambda: put(theirs, team_member=None)) == [visit.id]

    theirs.delete()
    time.set(visit.end)
    assert uncovered_by(hours.delete) == []


def uncovered_by(change):
    before = openings_to_come(RIDGE)
    change()
    return [one.booking_id for one in uncovered_since(RIDGE, before)]


def put(row, **fields):
    TimeOff.objects.filter(id=row.id).update(**fields)


def test_what_somebody_has_not_paid_for_yet_counts_once_it_is_held(patient):
    away(clock.now(), clock.now() + timedelta(days=30))

    checkout = patient.asks(paymentMethodId="pm_card_authenticationRequired")

    assert (checkout.body["booking"]["state"], uncovered_bookings()) == ("pending_payment", set())


def test_a_book_of_hundreds_costs_two_statements_and_so_do_all_practices(patient):
    patient.has_asked(**wish_at(days=9, providerId=str(HARBOR), serviceId=str(demo_id(522))))
    booking = patient.has_asked()
    starts = [booking.start + timedelta(days=day % 40, hours=day % 3) for day in range(300)]
    copies(booking, [(start, start + HOUR) for start in starts])
    away(clock.now(), clock.now() + timedelta(days=60))
    practice = ridge()

    with CaptureQueriesContext(connection) as of_one:
        one_book = uncovered(practice, clock.now())
    with CaptureQueriesContext(connection) as of_all:
        everywhere = uncovered_bookings()

    assert (len(one_book), len(everywhere)) == (301, 301)
    assert (len(of_one), len(of_all)) == (2, 2)
    assert [one.start for one in one_book] == sorted(one.start for one in one_book)
    assert len(uncovered(ridge(), booking.start, booking.start + timedelta(days=1))) < 30
