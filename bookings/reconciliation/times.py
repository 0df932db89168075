"""The time guard against the bookings: who holds time, who should, and who shares it with a stranger."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from bookings.models import Booking, SuggestedTime, TimeHold
from bookings.reconciliation.booking_page import BookingPage, about
from bookings.reconciliation.finding import Finding, Remedy
from bookings.states import VISITS, WAITING, BookingType, State
from findr import clock

Kind = TimeHold.Kind
CHOOSING = (State.RESCHEDULE_PROPOSED, State.CONFIRMING)
_INSTANT = Q(booking_type=BookingType.INSTANT)
# What occupies its time, and what keeps the time that it asked for while it waits.
OCCUPYING = Q(state__in=[State.CONFIRMING, *VISITS]) | (_INSTANT & Q(state=State.PENDING_PAYMENT))
KEEPING = Q(state__in=WAITING, holds_time=True) & ~_INSTANT


def without_reason(holds: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the holds that no booking has a reason for: its state, its lane, and the start of its time."""
    occupied = OCCUPYING | Q(state__in=[State.COMPLETED, State.NO_SHOW])
    suggested = Q(state__in=CHOOSING, suggestions__closed_at=None, suggestions__start=OuterRef("begins"))
    reasons = (
        Q(kind=Kind.BOOKING) & Exists(_owners(occupied, start=OuterRef("begins"))),
        Q(kind=Kind.REQUEST) & Exists(_owners(KEEPING, requested_start=OuterRef("begins"))),
        Q(kind=Kind.SUGGESTION) & Exists(_owners(suggested)),
    )
    any_reason = reasons[0] | reasons[1] | reasons[2]
    ours = holds.exclude(kind=Kind.RESERVATION)  # Not a booking's: its reason is its own deadline.
    unexplained: QuerySet[Any] = ours.annotate(begins=F("during__startswith")).exclude(any_reason)
    return unexplained


def _owners(may_hold: Q, **time: Any) -> QuerySet[Booking]:
    on_lane = Q(team_member=OuterRef("lane")) | Q(team_member=None, provider=OuterRef("lane"))
    return Booking.objects.filter(may_hold & on_lane, id=OuterRef("owner"), **time)


def check_holds(hold_ids: Sequence[int]) -> Iterator[Finding]:
    """No time hold without its reason."""
    number = Booking.objects.filter(id=OuterRef("owner")).values("number")
    holds = TimeHold.objects.filter(id__in=hold_ids).annotate(number=Subquery(number)).order_by("id")
    for hold in without_reason(holds):
        span = f"{hold.during.lower:%Y-%m-%d %H:%M} to {hold.during.upper:%Y-%m-%d %H:%M}"
        yield Finding(
            "hold",
            hold.number or str(hold.owner),
            f"holds {span} as a {hold.kind} without a reason",
            booking_id=hold.owner if hold.number else None,
            key=hold.id,
            remedy=Remedy.FREE_TIME,
        )


def check_overlaps(hold_ids: Sequence[int]) -> Iterator[Finding]:
    """No two strangers share a time. The constraint says so too; this asks without trusting it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.id, one.id, coalesce(one.number, a.owner::text), coalesce(other.number, b.owner::text),
                lower(a.during * b.during)
            FROM bookings_timehold a JOIN bookings_timehold b
            ON a.lane = b.lane AND a.owner < b.owner AND a.during && b.during
            LEFT JOIN bookings_booking one ON one.id = a.owner LEFT JOIN bookings_booking other ON other.id = b.owner
            WHERE a.id = ANY(%s) ORDER BY a.id, b.id
            """,
            [list(hold_ids)],
        )
        for key, booking_id, one, other, start in cursor.fetchall():
            shared = f"shares the time from {start:%Y-%m-%d %H:%M} with {other}"
            yield Finding("overlap", one, shared, booking_id=booking_id, key=key)


def lacks_visit_time() -> Q:
    """Occupies time that is still to come, and does not hold all of it."""
    held = _held().filter(during__startswith__lte=OuterRef("start"), during__endswith__gte=OuterRef("end"))
    return OCCUPYING & Q(end__gt=clock.now()) & ~Q(Exists(held))


def lacks_asked_time() -> Q:
    """Keeps what it asked for while it waits, and does not hold all of it."""
    held = _held().filter(
        kind=Kind.REQUEST,
        during__startswith__lte=OuterRef("requested_start"),
        during__endswith__gte=OuterRef("requested_end"),
    )
    return KEEPING & Q(requested_end__gt=clock.now()) & ~Q(Exists(held))


def _held() -> QuerySet[TimeHold]:
    on_lane = Coalesce(OuterRef("team_member_id"), OuterRef("provider_id"))
    return TimeHold.objects.filter(owner=OuterRef("id"), lane=on_lane)


def check_occupying(page: BookingPage) -> Iterator[Finding]:
    """What occupies its time, or keeps it while it waits, holds it."""
    of_page = Booking.objects.filter(id__in=page.ids)
    for booking in of_page.filter(lacks_visit_time() | lacks_asked_time()).order_by("id"):
        yield about(booking, "hold", "occupies its time and does not hold it", Remedy.TAKE_TIME)


def open_suggestions(suggestions: QuerySet[SuggestedTime]) -> QuerySet[Any]:
    """Those that a patient may accept, and `is_kept`: whether their time is held for that patient."""
    held = TimeHold.objects.filter(
        owner=OuterRef("booking"), during__startswith=OuterRef("start"), during__endswith__gte=OuterRef("kept_until")
    )
    buffer = F("buffer_minutes") * Value(timedelta(minutes=1))
    kept_until = ExpressionWrapper(F("end") + buffer, DateTimeField())
    open_ones = suggestions.filter(closed_at=None).annotate(kept_until=kept_until)
    return open_ones.annotate(is_kept=Exists(held)).order_by("booking", "start")


def check_suggestions(page: BookingPage) -> Iterator[Finding]:
    """What a patient may accept is kept for that patient, and nothing can be accepted once a booking waits no more."""
    of_page = SuggestedTime.objects.filter(booking__in=page.ids)
    for suggested in open_suggestions(of_page).select_related("booking"):
        booking, time = suggested.booking, f"{suggested.start:%Y-%m-%d %H:%M}"
        if booking.state not in CHOOSING:
            late = f"{time} can be accepted, and it is {booking.state}"
            yield about(booking, "suggestion", late, Remedy.CLOSE_SUGGESTIONS)
        elif not suggested.is_kept and suggested.start > clock.now():
            yield about(booking, "suggestion", f"{time} is suggested, and not kept", Remedy.TAKE_TIME)
