"""The rules of booking as pure functions: times, deadlines, type (contract 6.5, 6.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bookings.states import BookingType
from findr.errors import FindrError
from providers.models import Provider

# A request, and every suggested time, needs this much more than the lead, so that there is time to answer.
REQUEST_MARGIN = timedelta(minutes=15)
SUGGESTION_WINDOW = timedelta(hours=24)
MAX_ROUNDS = 2
# Of each cancellation tier: from how long before the start cancelling is free, and from how long it costs a quarter.
FEE_BOUNDS = {
    "standard": (timedelta(hours=24), timedelta(hours=12)),
    "moderate": (timedelta(hours=48), timedelta(hours=24)),
}
# An answer window shorter than this is none.
SHORTEST_WINDOW = timedelta(minutes=15)


class TimeInPast(FindrError):
    status, code, error = 400, "time_in_past", "This time is in the past"


class TooSoon(FindrError):
    status, code, error = 400, "too_soon", "This time is too soon"


class TooFarAhead(FindrError):
    status, code, error = 400, "too_far_ahead", "This time is too far ahead"


class OutsideHours(FindrError):
    """The practice is closed then, or away. Never on the wire: only staff who move a visit are told."""

    status, code, error = 400, "outside_opening_hours", "This time is outside the opening hours"


class TimeUnchanged(FindrError):
    """A visit is moved to the time that it has. Never on the wire."""

    status, code, error = 400, "time_unchanged", "The visit is at this time already"


class Breakable(StrEnum):
    """The rules of a practice that staff may break by name when they move a visit: its notice, how far ahead it takes
    bookings, its opening hours and time off.
    """

    LEAD = "lead"
    HORIZON = "horizon"
    HOURS = "hours"


class PracticeNotApproved(FindrError):
    """Suspended, rejected, or not approved yet: it declines and cancels, and makes nothing new (contract 9.4)."""

    status, code, error = 403, "practice_not_approved", "This practice is not approved"


def refuse_unless_approved(provider: Provider) -> None:
    """Raises PracticeNotApproved: nobody confirms a visit there, or suggests one."""
    if not provider.is_approved:
        raise PracticeNotApproved


@dataclass(frozen=True)
class Notice:
    """How soon, and how far ahead, a practice takes bookings."""

    lead: timedelta
    horizon: timedelta

    def check(self, start: datetime, *, now: datetime, extra: timedelta = timedelta(0)) -> None:
        """Refuse a start that is past, too soon (inside the lead plus `extra`) or too far ahead.

        Raises:
            TimeInPast, TooSoon, TooFarAhead
        """
        if refusal := self.refusal_of(start, now=now, extra=extra):
            raise refusal

    def refusal_of(
        self, start: datetime, *, now: datetime, extra: timedelta = timedelta(0)
    ) -> type[TimeInPast | TooSoon | TooFarAhead] | None:
        """As what `check` would refuse it."""
        if start <= now:
            return TimeInPast
        if start < now + self.lead + extra:
            return TooSoon
        return TooFarAhead if start > now + self.horizon else None


def notice_of(provider: Provider) -> Notice:
    """The notice that a practice asks for now."""
    return Notice(
        lead=timedelta(minutes=provider.minimum_lead_minutes), horizon=timedelta(days=provider.maximum_advance_days)
    )


def request_deadline(
    *,
    requested_at: datetime,
    response: timedelta,
    start: datetime,
    lead: timedelta,
    hold_ends: datetime | None,
) -> datetime:
    """When an unanswered request expires: the earliest of the three of contract 6.5. Arithmetic on instants only.

    Args:
        hold_ends: when the card's hold lapses, less the margin that a capture needs; None if nothing is held.
    """
    limits = [requested_at + response, start - lead]
    return min([*limits, hold_ends] if hold_ends else limits)


def suggestion_deadline(
    *, suggested_at: datetime, latest_start: datetime, lead: timedelta, hold_ends: datetime | None
) -> datetime:
    """When suggested times expire unanswered (contract 6.5)."""
    return request_deadline(
        requested_at=suggested_at, response=SUGGESTION_WINDOW, start=latest_start, lead=lead, hold_ends=hold_ends
    )


@dataclass(frozen=True)
class Quote:
    """What cancelling costs a patient at one moment. Cents.

    Attributes:
        refund_cents: captured money that goes back; a released hold counts 0.
        until_start: never below zero.
    """

    percent: int
    fee_cents: int
    refund_cents: int
    until_start: timedelta
    cancellable: bool


def cancellation_fee_percent(tier: str, *, until_start: timedelta) -> int:
    """What a patient who cancels a confirmed visit pays, in percent of its price (contract 6.9). Exact, not rounded."""
    free, reduced = FEE_BOUNDS[tier]
    if until_start >= free:
        return 0
    if until_start >= reduced:
        return 25
    return 50 if until_start > timedelta(0) else 100


def fee_cents(price_cents: int, percent: int) -> int:
    """A share of the price, half up to the cent."""
    return (price_cents * percent + 50) // 100


def may_suggest_again(rounds: int) -> bool:
    """Whether other times may be suggested once more."""
    return rounds < MAX_ROUNDS


def checkout_deadline(*, created_at: datetime, allowed: timedelta, start: datetime) -> datetime:
    """When an unfinished checkout is over: after `allowed`, and never beyond the start."""
    return min(created_at + allowed, start)


def whole_hours(span: timedelta) -> str:
    """`24 hours`, `1 hour`: whole hours, at least one."""
    hours = max(1, int(span.total_seconds() // 3600))
    return "1 hour" if hours == 1 else f"{hours} hours"


def booking_type(
    *, connected: bool, switched_off: str = "", open_then: bool = False, free: bool = False
) -> tuple[BookingType, str]:
    """The type of a new booking, and the rule that decided it (contract 6.6). Only a clear "free" is instant.

    Args:
        switched_off: the rule by which staff have switched instant bookings off; blank if they have not.
    """
    if not connected:
        return BookingType.REQUEST, "not_connected"
    if switched_off:
        return BookingType.AUTO_REQUEST, switched_off
    if not open_then:
        return BookingType.AUTO_REQUEST, "outside_opening_hours"
    if not free:
        return BookingType.AUTO_REQUEST, "calendar_not_free"
    return BookingType.INSTANT, "calendar_free"
