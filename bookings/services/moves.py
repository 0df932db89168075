"""Staff move a confirmed visit to another time (contract 15.6)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from bookings import policies
from bookings.actors import Actor
from bookings.changes import Change, ChangeKind
from bookings.effects import owe
from bookings.errors import DecisionInProgress, NotConfirmed
from bookings.holds import change_time
from bookings.models import Booking
from bookings.policies import Breakable
from bookings.states import State, status_word
from bookings.transitions import as_staff_reason, lock_booking, record
from bookings.wire.times import span_view
from findr import clock, faults
from findr.errors import FindrError, Invalid
from findr.saving import save
from findr.transactions import durable
from providers.selectors import is_open


@durable("the visit's new time is written")
def move_visit(
    *,
    booking_id: UUID,
    start: datetime,
    reason: str,
    actor: Actor,
    broken: frozenset[Breakable] = frozenset(),
    seen: str | None = None,
) -> Booking:
    """Staff give a confirmed visit another time: the same length, price and lane. No money moves, and both sides are told.

    A visit that has begun may be moved too, as long as nobody has checked in: who came late gets a later time.

    Args:
        reason: why, for the history that staff read.
        broken: the rules of the practice that the new time may break; naming one that it keeps does nothing.
        seen: only this version of the booking (`transitions.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, PracticeNotApproved, DecisionInProgress, NotConfirmed, Invalid: nothing changed.
        TimeInPast, TimeUnchanged: nothing changed.
        TooSoon, TooFarAhead, OutsideHours: nothing changed; `rules` are all those that the time breaks and nobody named.
        SlotTaken: it is, or a break that the practice wants would be, somebody else's time; nothing changed.
    """
    booking, now = lock_booking(booking_id, seen=seen), clock.now()
    policies.refuse_unless_approved(booking.provider)
    _refuse_unless_confirmed(booking, actor)
    if not reason.strip():
        raise Invalid("reason is required", reason="reason is required")
    if start <= now:
        raise policies.TimeInPast
    if start == booking.start:
        raise policies.TimeUnchanged
    end = start + timedelta(minutes=booking.duration_minutes)
    breaks = dict(_breaks(booking, start, end, now))
    if unnamed := [rule for rule in breaks if rule not in broken]:
        raise breaks[unnamed[0]](rules=[rule.value for rule in unnamed])
    data = {
        "from": span_view(booking.start, booking.end),
        "to": span_view(start, end),
        "brokenRules": [rule.value for rule in breaks],
    }
    _move(booking, start, end, actor, data | as_staff_reason(reason))
    return booking


def _refuse_unless_confirmed(booking: Booking, actor: Actor) -> None:
    state = State(booking.state)
    if state == State.CONFIRMING:
        raise DecisionInProgress
    if state != State.CONFIRMED:
        raise NotConfirmed(state=state, word=status_word(state, actor.role))


def _breaks(
    booking: Booking, start: datetime, end: datetime, now: datetime
) -> Iterator[tuple[Breakable, type[FindrError]]]:
    """The rules of the practice that a time breaks, and how each is refused."""
    provider = booking.provider
    notice = policies.notice_of(provider)
    if start < now + notice.lead:
        yield Breakable.LEAD, policies.TooSoon
    if start > now + notice.horizon:
        yield Breakable.HORIZON, policies.TooFarAhead
    if not is_open(provider, booking.team_member, start, end):
        yield Breakable.HOURS, policies.OutsideHours


def _move(booking: Booking, start: datetime, end: datetime, actor: Actor, data: dict[str, object]) -> None:
    buffer_minutes = booking.provider.buffer_minutes
    change_time(booking, start=start, end=end, buffer_minutes=buffer_minutes)
    save(booking, start=start, end=end, confirmed_start=start, confirmed_end=end, buffer_minutes=buffer_minutes)
    line = record(booking, "moved", actor, data=data)
    state = State(booking.state)
    owe(booking, Change(state, state, actor, data, beside_moves=ChangeKind.MOVED, line=line))
    faults.reach("visit moved")
