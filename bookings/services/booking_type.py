"""Instant, or a request: decided by a live look into the calendar (contract 6.6)."""

from functools import partial

from django.conf import settings

from bookings import policies
from bookings.services.booking_request import BookingRequest, refuse_conflicts
from bookings.states import BookingType
from calendars.reading import CalendarAnswer
from calendars.selectors import is_connected, live_reading
from findr.switches import Switch, is_on
from findr.vendors.budget import Budget
from providers.selectors import is_open


def decide_type(asked: BookingRequest, budget: Budget) -> tuple[BookingType, dict[str, object]]:
    """Ask the calendar, live, about the exact interval; write down what decided (the freshness receipt).

    Where staff have switched it off no calendar is asked, and the receipt has nothing but the rule.
    """
    provider_id, member_id = asked.provider.id, asked.team_member.id if asked.team_member else None
    if switched_off := _switched_off():
        connected = is_connected(provider_id, member_id)
        booking_type, rule = policies.booking_type(connected=connected, switched_off=switched_off)
        return booking_type, {"rule": rule}
    reading = live_reading(
        provider_id,
        member_id,
        asked.start,
        asked.buffered_end,
        seconds=budget.for_call(settings.CALENDAR_CALL_SECONDS),
        may_have_one=asked.has_calendar,
        # Without a calendar the locked check comes at once.
        before_asking=partial(refuse_conflicts, asked),
    )
    connected = reading.answer != CalendarAnswer.NOT_CONNECTED
    booking_type, rule = policies.booking_type(
        connected=connected,
        open_then=connected and is_open(asked.provider, asked.team_member, asked.start, asked.end),
        free=reading.answer == CalendarAnswer.FREE,
    )
    receipt: dict[str, object] = {
        "rule": rule,
        "answer": reading.answer.value,
        "readAt": reading.read_at.isoformat(),
        "tookMs": reading.took_ms,
    }
    if reading.vendor:
        receipt["vendor"] = reading.vendor
    if reading.error:
        receipt["error"] = reading.error
    return booking_type, receipt


def _switched_off() -> str:
    """The rule by which nothing is instant and no calendar is asked about a new booking; blank if all is on."""
    if not is_on(Switch.CALENDAR_CHECKS):
        return "calendar_checks_off"
    return "" if is_on(Switch.INSTANT_BOOKING) else "instant_booking_off"
