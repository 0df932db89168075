"""Each side was told of each move and of each reminder once: by a frame in the feed, and by a notification where one goes
with it. Who is owed what, `effects` knows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from bookings.changes import ChangeKind, change_of
from bookings.effects import Effects, effects_of
from bookings.models import Booking, BookingEvent, Reminder
from bookings.reconciliation.booking_page import BookingPage, about
from bookings.reconciliation.finding import Finding
from findr import clock
from notifications.models import FeedEvent, Notification

# What is told is written in the transaction of its line of history, after it.
_ONE_TRANSACTION = timedelta(minutes=1)
# A recipient, a booking, and the type of a frame or of a notification.
Telling = tuple[UUID, UUID, str]
# Of a reminder, by whether it is of a request: what the patient or the practice is owed.
_OF_REMINDERS = {
    False: Effects(patient_frame="booking_reminder"),
    True: Effects(provider_frame="booking.expiring_soon", provider_push="booking_expiring_reminder"),
}


@dataclass(frozen=True)
class _Way:
    """One way of telling: its table, and the types that effects owe the patient and the practice by it."""

    invariant: str
    verb: str
    table: type[FeedEvent] | type[Notification]

    def types_of(self, owed: Effects) -> tuple[str | None, str | None]:
        if self.table is FeedEvent:
            return owed.patient_frame, owed.provider_frame
        return owed.patient_push, owed.provider_push

    def since(self, kept_since: datetime) -> datetime:
        """From when on it owes something: as long as the feed is kept, and since findr has this way at all."""
        if self.table is FeedEvent:
            return kept_since
        first = Notification.objects.order_by("created_at").values_list("created_at", flat=True).first()
        return max(kept_since, first - _ONE_TRANSACTION if first else clock.now())


_WAYS = (_Way("feed", "told", FeedEvent), _Way("notification", "notified of", Notification))


@dataclass(frozen=True)
class _Owed:
    """What something owed, when it was written, and whether it surely owed it: of refunds only some are told."""

    booking: Booking
    effects: Effects
    at: datetime
    is_certain: bool = True


def check_feeds(page: BookingPage) -> Iterator[Finding]:
    """Each side was told of each move and reminder once, in each way, as long as the feed is kept."""
    since = clock.now() - timedelta(days=settings.FEED_DAYS)
    owed = [*_by_moves(page, since - _ONE_TRANSACTION), *_by_reminders(page, since - _ONE_TRANSACTION)]
    for way in _WAYS:
        yield from _compare(page, way, owed, way.since(since))


def _by_moves(page: BookingPage, since: datetime) -> Iterator[_Owed]:
    for booking in page.bookings:
        for event in page.events.get(booking.id, []):
            if event.created_at >= since and (owed := _owed_by(booking, event)):
                yield owed


def _owed_by(booking: Booking, event: BookingEvent) -> _Owed | None:
    change = change_of(event)
    if change is None:
        return None
    is_certain = change.beside_moves != ChangeKind.REFUNDED
    return _Owed(booking, effects_of(booking, change), event.created_at, is_certain)


def _by_reminders(page: BookingPage, since: datetime) -> Iterator[_Owed]:
    bookings = {booking.id: booking for booking in page.bookings}
    for sent in Reminder.objects.filter(booking__in=page.ids, told=True, created_at__gte=since):
        yield _Owed(bookings[sent.booking_id], _OF_REMINDERS[sent.kind == Reminder.Kind.EXPIRING], sent.created_at)


def _compare(page: BookingPage, way: _Way, owed: Iterable[_Owed], since: datetime) -> Iterator[Finding]:
    certain: Counter[Telling] = Counter()
    possible: Counter[Telling] = Counter()
    for one in owed:
        sides = zip((one.booking.patient_id, one.booking.provider_id), way.types_of(one.effects), strict=True)
        tellings = [(side, one.booking.id, kind) for side, kind in sides if kind]
        possible.update(tellings)
        certain.update(tellings if one.is_certain and one.at >= since else [])
    written = _written(way, set(possible), since)
    of_booking: dict[UUID, list[Telling]] = defaultdict(list)
    for telling in sorted({*possible, *written}):
        of_booking[telling[1]].append(telling)
    for booking in page.bookings:
        for telling in of_booking[booking.id]:
            number = written[telling]
            said = (
                f"{'the patient' if telling[0] == booking.patient_id else 'the provider'} was {way.verb} {telling[2]}"
            )
            if number < certain[telling]:
                yield about(booking, way.invariant, f"{said} {number} of {certain[telling]} times")
            elif number > possible[telling]:
                yield about(booking, way.invariant, f"{said} {number} times, not {possible[telling]}")


def _written(way: _Way, tellings: set[Telling], since: datetime) -> Counter[Telling]:
    """How often each was written; types that nothing of these owes are somebody else's."""
    if not tellings:
        return Counter()
    recipients, bookings, kinds = (set(column) for column in zip(*tellings, strict=True))
    rows = way.table._default_manager.filter(
        recipient__in=recipients, booking_id__in=bookings, type__in=kinds, created_at__gte=since
    )
    counted = rows.order_by().values_list("recipient", "booking_id", "type").annotate(Count("id"))
    return Counter({(recipient, booking, kind): number for recipient, booking, kind, number in counted})
