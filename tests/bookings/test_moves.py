"""Staff move a confirmed visit to another time: what it keeps, what it frees, who is told."""

from datetime import timedelta

import pytest
from acts import later, wish_for
from cast import fresh, promised
from frames import to_patient, with_view

from bookings import reconciliation as books
from bookings.errors import NotConfirmed
from bookings.models import Booking, TimeHold
from bookings.policies import Breakable
from findr.api.times import instant
from notifications.models import FeedEvent
from providers.models import Provider


def holds(booking):
    return [(hold.kind, hold.during.lower, hold.during.upper) for hold in TimeHold.objects.filter(owner=booking.id)]


@pytest.mark.lesson(5, 55)
def test_the_visit_is_at_the_new_time_and_keeps_all_else(visit, moves, staff, sandbox):
    Provider.objects.update(buffer_minutes=15)
    paid, calls = sandbox.stripe.totals(), len(sandbox.log())

    moved = moves(visit, later(visit, 2))

    now = fresh(visit.id)
    assert (now.start, now.end) == (now.confirmed_start, now.confirmed_end) == (later(visit, 2), later(visit, 2, 15))
    assert (now.requested_start, now.state, now.payment.state) == (visit.requested_start, "confirmed", "paid")
    assert (now.price_cents, now.duration_minutes, now.lane) == (visit.price_cents, 60, visit.lane)
    assert now.updated_at > visit.updated_at
    assert (moved.start, moved.buffer_minutes) == (now.start, now.buffer_minutes) == (later(visit, 2), 15)
    assert holds(visit) == [("booking", later(visit, 2), later(visit, 2, 15, 15))]
    line = now.events.latest("id")
    assert (line.event_type, line.old_state, line.new_state) == ("moved", "confirmed", "confirmed")
    assert (line.actor_role, line.actor_user_id, line.source) == ("staff", staff.user.id, "staff")
    assert line.data == {
        "from": {"startTime": instant(visit.start), "endTime": instant(visit.end)},
        "to": {"startTime": instant(later(visit, 2)), "endTime": instant(later(visit, 2, 15))},
        "brokenRules": [],
        "staffReason": "Dr. Lee is away",
    }
    assert (sandbox.stripe.totals(), len(sandbox.log()), promised()) == (paid, calls, [])
    assert books.check_books() == []


def test_both_sides_are_told_once_and_the_reason_is_for_staff_alone(visit, moves, patient, provider, heard):
    told = heard(lambda: moves(visit, later(visit, 2), Breakable.LEAD))

    data = {
        "appointmentDate": instant(later(visit, 2)),
        "appointmentTime": "2:00 PM",
        "providerTimezone": "America/Denver",
        "providerName": "Ridge Physical Therapy",
        "confirmationNote": None,
    }
    assert told == [
        [to_patient(visit, "booking_confirmed", "Your appointment was moved", **data)],
        [with_view(visit, "booking.updated")],
    ]
    for person in (patient, provider):
        line = person.get(f"/api/bookings/{visit.id}/history").body["events"][-1]
        assert (line["eventType"], line["previousStatus"], line["newStatus"]) == ("moved", "confirmed", "confirmed")
        assert line["data"] == {
            "from": {"startTime": instant(visit.start), "endTime": instant(visit.end)},
            "to": {"startTime": instant(later(visit, 2)), "endTime": instant(later(visit, 2, 15))},
            "brokenRules": [],
        }
        assert person.get(f"/api/bookings/{visit.id}").body["booking"]["appointmentDate"] == instant(later(visit, 2))


@pytest.mark.lesson(5)
def test_a_visit_does_not_stand_in_its_own_way(visit, moves, patient):
    half_an_hour_later = visit.start + timedelta(minutes=30)

    moves(visit, half_an_hour_later)
    moves(visit, half_an_hour_later + timedelta(minutes=15))

    assert holds(visit) == [("booking", visit.start + timedelta(minutes=45), visit.end + timedelta(minutes=45))]
    assert books.check_books() == []


@pytest.mark.lesson(22)
def test_the_old_time_is_free_again_and_the_new_one_is_not(visit, moves, other_patient, provider, settings):
    settings.CALENDAR_READER = "readers.Free"
    moves(visit, later(visit, 2))

    assert other_patient.asks().body["bookingType"] == "instant"
    assert other_patient.asks(**wish_for(later(visit, 2))).refusal[:2] == (409, "slot_taken")


def test_what_has_begun_is_moved_as_long_as_nobody_checked_in(visit, moves, time, in_state):
    time.set(visit.start + timedelta(minutes=10))

    moves(visit, later(visit, 2))
    assert fresh(visit.id).start == later(visit, 2)

    in_state(visit, "checked_in")
    with pytest.raises(NotConfirmed):
        moves(visit, later(visit, 3))
    assert fresh(visit.id).start == later(visit, 2)


def test_a_member_of_the_team_keeps_the_visit(patient, provider, moves):
    member = Provider.objects.get(id=provider.id).team_members.filter(accepts_bookings=True).first()
    visit = patient.has_asked(teamMemberId=str(member.id))
    provider.post(f"/api/bookings/{visit.id}/confirm")

    moves(visit, later(visit, 2))

    assert (TimeHold.objects.get().lane, TimeHold.objects.get().during.lower) == (member.id, later(visit, 2))
    assert books.check_books() == []


# --- The books ---------------------------------------------------------------------------------------------------------
def test_the_books_notice_a_visit_that_is_not_where_its_history_says(visit, moves):
    moves(visit, later(visit, 2))
    moves(visit, later(visit, 3))
    Booking.objects.filter(id=visit.id).update(start=later(visit, 2), end=later(visit, 2, 15))

    found = {(finding.invariant, finding.detail) for finding in books.check_books()}

    told = f"begins at {instant(later(visit, 2))}, it was last moved to {instant(later(visit, 3))}"
    assert {("history", told), ("hold", "occupies its time and does not hold it")} <= found


def test_the_books_notice_a_move_that_is_missing_from_the_history(visit, moves, no_triggers):
    for days in (2, 3, 4):
        moves(visit, later(visit, days))
    visit.events.filter(data__to__startTime=instant(later(visit, 3))).delete()

    details = [finding.detail for finding in books.check_books() if finding.invariant == "history"]

    assert details == [
        f"the visit moves from {instant(later(visit, 3))}, the move before led to {instant(later(visit, 2))}"
    ]


def test_the_books_notice_a_time_that_was_left_behind_and_frames_that_were_not_sent(visit, moves):
    moves(visit, later(visit, 2))
    left = TimeHold.objects.get()
    TimeHold.objects.create(lane=left.lane, owner=left.owner, during=(visit.start, visit.end), kind="booking")
    FeedEvent.objects.filter(type="booking.updated").delete()

    found = {(finding.invariant, finding.detail) for finding in books.check_books()}

    assert any(invariant == "hold" and "without a reason" in detail for invariant, detail in found)
    assert ("feed", "the provider was told booking.updated 0 of 1 times") in found
