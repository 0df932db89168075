"""What staff may break by name when they move a visit, and what nobody may."""

from datetime import timedelta

import pytest
from acts import later, propose, wish_for
from cast import RIDGE, fresh, in_turn
from snapshots import everything

from bookings import reconciliation as books
from bookings.errors import BookingNotFound, ChangedMeanwhile, DecisionInProgress, NotConfirmed, SlotTaken
from bookings.models import Booking
from bookings.policies import (
    Breakable,
    OutsideHours,
    PracticeNotApproved,
    TimeInPast,
    TimeUnchanged,
    TooFarAhead,
    TooSoon,
)
from bookings.states import ENDED, VISITS, WAITING
from bookings.transitions import version_of
from findr import clock
from findr.api.times import instant
from findr.errors import Invalid
from providers.models import Provider, TimeOff


# --- What may be broken by name ----------------------------------------------------------------------------------------
def soon(visit):
    """Within the notice that Ridge wants, on a whole minute."""
    return clock.now().replace(second=0, microsecond=0) + timedelta(minutes=5)


def far(visit):
    return later(visit, 400)


def closed(visit):
    return later(visit, 2, 3)


def away(visit):
    TimeOff.objects.create(provider_id=RIDGE, start=later(visit, 2, 12), end=later(visit, 2, 15))
    return later(visit, 2, 14, 30)


BREAKS = {
    "too_soon": (soon, {Breakable.LEAD}, TooSoon),
    "too_far_ahead": (far, {Breakable.HORIZON}, TooFarAhead),
    "closed": (closed, {Breakable.HOURS}, OutsideHours),
    "away": (away, {Breakable.HOURS}, OutsideHours),
}


@pytest.mark.lesson(55)
@pytest.mark.parametrize("what", BREAKS)
def test_a_rule_is_broken_only_by_name(visit, moves, sandbox, what):
    start, rules, refusal = BREAKS[what]
    new = start(visit)
    others = set(Breakable) - rules
    if what == "too_soon":
        # Ridge may be closed now; what this is about is its notice.
        others |= {Breakable.HOURS}
    before = everything(sandbox)

    for named in (set(), others):
        with pytest.raises(refusal) as refused:
            moves(visit, new, *named)
        assert set(refused.value.extra["rules"]) >= {rule.value for rule in rules}
        assert everything(sandbox) == before

    moves(visit, new, *rules, *(others & {Breakable.HOURS}))

    now = fresh(visit.id)
    assert now.start == new
    assert {rule.value for rule in rules} <= set(now.events.latest("id").data["brokenRules"])
    assert books.check_books() == []


@pytest.mark.lesson(55)
def test_of_several_broken_rules_each_has_to_be_named_and_a_refusal_names_the_rest(visit, moves):
    new = later(visit, 400, 3)

    with pytest.raises(TooFarAhead) as refused:
        moves(visit, new)
    assert refused.value.extra["rules"] == ["horizon", "hours"]
    with pytest.raises(OutsideHours) as refused:
        moves(visit, new, Breakable.HORIZON)
    assert (refused.value.code, refused.value.extra["rules"]) == ("outside_opening_hours", ["hours"])

    moves(visit, new, *Breakable)
    assert fresh(visit.id).events.latest("id").data["brokenRules"] == ["horizon", "hours"]


# --- What never is -----------------------------------------------------------------------------------------------------
@pytest.mark.lesson(2, 55)
@pytest.mark.parametrize("minute", [0, 30])
def test_somebody_elses_time_is_never_taken_whatever_is_named(visit, moves, other_patient, provider, sandbox, minute):
    taken = other_patient.has_asked(**wish_for(later(visit, 2)))
    assert provider.post(f"/api/bookings/{taken.id}/confirm").status == 200
    before = everything(sandbox)

    with pytest.raises(SlotTaken):
        moves(visit, later(visit, 2, 14, minute), *Breakable)

    assert everything(sandbox) == before


def test_a_time_that_is_suggested_to_somebody_is_theirs(visit, moves, other_patient, provider):
    other = other_patient.has_asked(**wish_for(later(visit, 1, 9)))
    assert propose(provider, other, [{"start": instant(later(visit, 2))}]).status == 200

    with pytest.raises(SlotTaken):
        moves(visit, later(visit, 2))


def test_the_break_after_a_visit_counts_as_the_practice_wants_it_now(visit, moves, other_patient, provider):
    taken = other_patient.has_asked(**wish_for(later(visit, 2)))
    provider.post(f"/api/bookings/{taken.id}/confirm")
    Provider.objects.update(buffer_minutes=15)

    with pytest.raises(SlotTaken):
        moves(visit, later(visit, 2, 13))
    moves(visit, later(visit, 2, 12, 45))


REFUSED = {
    "the past": (lambda visit: clock.now() - timedelta(minutes=1), {}, TimeInPast),
    "the same time": (lambda visit: visit.start, {}, TimeUnchanged),
    "no reason": (lambda visit: later(visit, 2), {"reason": " "}, Invalid),
    "an older page": (lambda visit: later(visit, 2), {"seen": "as it was"}, ChangedMeanwhile),
}


@pytest.mark.parametrize("what", REFUSED)
def test_these_are_refused_and_nothing_changes(visit, moves, sandbox, what):
    start, more, refusal = REFUSED[what]
    before = everything(sandbox)

    with pytest.raises(refusal):
        moves(visit, start(visit), *Breakable, **more)

    assert everything(sandbox) == before


def test_only_a_confirmed_visit_is_moved(patient, moves, sandbox):
    for booking in in_turn(patient.has_asked(), [*WAITING, *ENDED, *VISITS[1:]]):
        before = everything(sandbox)

        with pytest.raises(DecisionInProgress if booking.state == "confirming" else NotConfirmed):
            moves(booking, later(booking, 2), *Breakable)

        assert everything(sandbox) == before, booking.state


def test_a_practice_that_is_not_approved_gets_no_visit_at_a_new_time(visit, moves, sandbox):
    Provider.objects.update(status=Provider.Status.SUSPENDED)
    before = everything(sandbox)

    with pytest.raises(PracticeNotApproved):
        moves(visit, later(visit, 2))

    assert everything(sandbox) == before


def test_there_has_to_be_a_booking(visit, moves):
    with pytest.raises(BookingNotFound):
        moves(Booking(), later(visit, 2))


def test_a_page_of_before_the_move_is_noticed(visit, moves):
    seen = version_of(visit)
    moves(visit, later(visit, 2), seen=seen)

    with pytest.raises(ChangedMeanwhile):
        moves(visit, later(visit, 3), seen=seen)
