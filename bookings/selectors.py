"""Reads that need thought. What a viewer may see is decided here, and nowhere else (contract 1, 3.2, 6.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, QuerySet, Subquery

from bookings import deadlines
from bookings.errors import BookingNotFound
from bookings.models import BookFinding, Booking, BookingEvent, Payment, PaymentOperation, StripeEvent, SuggestedTime
from bookings.states import ANSWERABLE, CANCELLED, LIVE, VISITS, WAITING, PaymentState, Role, State
from findr import clock
from findr.api.identity import Identity
from findr.errors import Forbidden, Invalid

# Waiting words, for the order of results (contract 6.3).
_QUEUE_WORDS = {"pending", *WAITING}
# Of a dispute: there is none, or nothing is left to be done about it.
_NO_DISPUTE = ("", "won", "warning_closed")


@dataclass(frozen=True)
class BookingView:
    """A booking, and what must be known beside it to show it: see `views_of`.

    Attributes:
        open_suggestions: what the patient may accept, in the provider's order.
        previous_bookings: how many visits this patient has completed with this practice; known to the practice alone.
    """

    booking: Booking
    open_suggestions: Sequence[SuggestedTime]
    previous_bookings: int


def views_of(bookings: Iterable[Booking], audience: Role) -> list[BookingView]:
    """Bookings as this side is shown them; one statement for each thing beside them, however long the list is.

    Expects bookings read through `with_parties`, or locked by a service.
    """
    shown = list(bookings)
    suggestions = _open_suggestions(shown)
    previous = _previous_bookings(shown) if audience == Role.PROVIDER else {}
    return [
        BookingView(
            booking=booking,
            open_suggestions=suggestions.get(booking.id, ()),
            previous_bookings=previous.get((booking.patient_id, booking.provider_id), 0),
        )
        for booking in shown
    ]


def view_of(booking: Booking, audience: Role) -> BookingView:
    """One booking as this side is shown it."""
    return views_of([booking], audience)[0]


def _open_suggestions(bookings: list[Booking]) -> dict[UUID, list[SuggestedTime]]:
    asked = [booking.id for booking in bookings if booking.rounds and booking.state in WAITING]
    found: dict[UUID, list[SuggestedTime]] = {}
    if asked:
        for suggested in SuggestedTime.objects.filter(booking__in=asked, closed_at=None):
            found.setdefault(suggested.booking_id, []).append(suggested)
    return found


def _previous_bookings(bookings: list[Booking]) -> dict[tuple[UUID, UUID], int]:
    patients = {booking.patient_id for booking in bookings}
    providers = {booking.provider_id for booking in bookings}
    completed = Booking.objects.filter(patient__in=patients, provider__in=providers, state=State.COMPLETED)
    counted = completed.order_by().values_list("patient_id", "provider_id").annotate(Count("id"))
    return {(patient_id, provider_id): number for patient_id, provider_id, number in counted}


def with_parties(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Whose booking it is, at which practice, and its money, in the same statement."""
    return bookings.select_related("provider", "patient", "team_member", "payment")


def bookings_of_patient(patient_id: UUID) -> QuerySet[Booking]:
    """The patient's list: without those that were never secured and came to nothing."""
    came_to_nothing = Q(secured_at=None, state__in=[State.PAYMENT_FAILED, *CANCELLED])
    return Booking.objects.filter(patient_id=patient_id).exclude(came_to_nothing)


def bookings_of_provider(provider_id: UUID) -> QuerySet[Booking]:
    """What a practice may see: bookings secured by money, ever."""
    return Booking.objects.filter(provider_id=provider_id, secured_at__isnull=False)


def visible_to(viewer: Identity) -> QuerySet[Booking]:
    """Every booking that this viewer may open."""
    if viewer.kind == "patient":
        return Booking.objects.filter(patient_id=viewer.user_id)
    if viewer.kind == "provider" and viewer.provider_id:
        return bookings_of_provider(viewer.provider_id)
    return Booking.objects.none()


def booking_for(viewer: Identity, booking_id: UUID) -> Booking:
    """One booking, for whoever may open it.

    Raises:
        BookingNotFound: it does not exist, or not for this viewer.
    """
    booking = with_parties(visible_to(viewer)).filter(id=booking_id).first()
    if booking is None:
        raise BookingNotFound
    return booking


def own_booking(patient: Identity, booking_id: UUID) -> Booking:
    """One booking, for its patient to act on. That another patient has it is told, unlike what it is (contract 3.2).

    Raises:
        BookingNotFound: it does not exist. Forbidden: it is another patient's.
    """
    try:
        return booking_for(patient, booking_id)
    except BookingNotFound:
        if Booking.objects.filter(id=booking_id).exists():
            raise Forbidden from None
        raise


def history_for(viewer: Identity, booking_id: UUID) -> QuerySet[BookingEvent]:
    """The events of a booking, oldest first; a provider sees them from the moment it was secured.

    Raises:
        BookingNotFound
    """
    booking = visible_to(viewer).filter(id=booking_id).first()
    if booking is None:
        raise BookingNotFound
    events = BookingEvent.objects.filter(booking=booking).select_related("booking").order_by("id")
    if viewer.kind == "provider":
        leaving_checkout = BookingEvent.objects.filter(booking=booking, old_state=State.PENDING_PAYMENT)
        secured = leaving_checkout.exclude(new_state=State.PENDING_PAYMENT).order_by("id").values("id")[:1]
        events = events.filter(id__gte=Subquery(secured))
    return events


def with_status(words: str, audience: str, *, now: datetime) -> Q:
    """The condition behind `?status=`: one word, or several separated by commas (contract 6.3).

    Raises:
        Invalid: an unknown word.
    """
    condition = Q(pk__in=[])
    for word in words.split(","):
        condition |= _one_status(word.strip(), audience, now=now)
    return condition


def _one_status(word: str, audience: str, *, now: datetime) -> Q:
    over = Q(state__in=[State.COMPLETED, State.NO_SHOW]) | Q(state__in=VISITS, end__lte=now)
    words = {word: Q(state=word) for word in State} | {
        "pending": Q(state__in=WAITING),
        "upcoming": Q(state__in=VISITS, end__gt=now),
        "past": over,
        "cancelled": Q(state__in=[*CANCELLED, State.EXPIRED, State.PAYMENT_FAILED]),
        "all": Q(),
    }
    words |= {
        "patient": {"completed": over},
        "provider": {"pending_confirmation": Q(state__in=[State.PENDING_CONFIRMATION, State.CONFIRMING])},
        "staff": {"in_progress": Q(state__in=[State.CHECKED_IN, State.IN_PROGRESS])},
    }[audience]
    if word not in words:
        raise Invalid("status is invalid", status="status is invalid")
    # Q() means "everything", but an empty Q disappears from a union.
    return words[word] or Q(pk__isnull=False)


def in_order(bookings: QuerySet[Booking], words: str) -> QuerySet[Booking]:
    """The order that goes with a status filter (contract 6.3)."""
    asked = {word.strip() for word in words.split(",")} if words else set()
    if asked and asked <= _QUEUE_WORDS:
        return bookings.order_by("expires_at", "id")
    if asked == {"upcoming"}:
        return bookings.order_by("start", "id")
    return bookings.order_by("-start", "id")


def urgent_count(provider_id: UUID) -> int:
    """Requests of this practice with less than six hours left."""
    requests = bookings_of_provider(provider_id).filter(state=State.PENDING_CONFIRMATION)
    return requests.filter(deadlines.urgent(clock.now())).count()


def answer_queue(provider_id: UUID) -> QuerySet[Booking]:
    """What the practice has to answer, soonest deadline first."""
    return (
        with_parties(bookings_of_provider(provider_id))
        .filter(state__in=[State.PENDING_CONFIRMATION, State.CONFIRMING])
        .order_by("expires_at", "id")
    )


@dataclass(frozen=True)
class Conflicts:
    """What stands in the way of a new booking."""

    duplicate_id: UUID | None
    open_requests: int
    taken: bool

    @property
    def too_many_open(self) -> bool:
        """The patient already has as many waiting bookings as anybody may."""
        return self.open_requests >= int(settings.MAX_OPEN_REQUESTS)


def conflicts_of(
    *, patient_id: UUID, provider_id: UUID, lane: UUID, start: datetime, end: datetime, buffered_end: datetime
) -> Conflicts:
    """All that may stand in the way of [start, end), in one statement. Only a lock makes it more than a hint."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT
                (SELECT id FROM bookings_booking WHERE patient_id = %(patient)s AND provider_id = %(provider)s
                    AND state = ANY(%(live)s) AND start < %(end)s AND "end" > %(start)s ORDER BY start LIMIT 1),
                (SELECT count(*) FROM bookings_booking WHERE patient_id = %(patient)s AND state = ANY(%(waiting)s)),
                EXISTS (SELECT FROM bookings_timehold WHERE lane = %(lane)s
                    AND during && tstzrange(%(start)s, %(buffered_end)s, '[)'))
            """,
            {
                "patient": patient_id,
                "provider": provider_id,
                "live": list(LIVE),
                "waiting": list(WAITING),
                "lane": lane,
                "start": start,
                "end": end,
                "buffered_end": buffered_end,
            },
        )
        duplicate_id, open_requests, taken = cursor.fetchone()
    return Conflicts(duplicate_id=duplicate_id, open_requests=open_requests, taken=taken)


def run_out() -> QuerySet[Booking]:
    """Checkouts and requests that have to end, since their time is over."""
    return Booking.objects.filter(deadlines.run_out(clock.now())).order_by("expires_at")


def waiting_for_an_answer() -> QuerySet[Booking]:
    """What the practice or the patient has to answer, late ones included, soonest deadline first."""
    return Booking.objects.filter(state__in=ANSWERABLE).order_by("expires_at", "id")


def unanswered() -> QuerySet[Booking]:
    """What should have been answered by now, by the practice or by the patient."""
    return Booking.objects.filter(deadlines.unanswered(clock.now()))


def stuck_since() -> datetime:
    """Whatever has been unfinished since before this moment takes too long."""
    return clock.now() - timedelta(seconds=settings.BOOKS_GRACE_SECONDS)


def stuck_operations() -> QuerySet[PaymentOperation]:
    """Calls to the payment vendor that take too long; a card holder who is still busy with the bank is not one.

    Once the checkout is over nobody is busy with it: what the card still holds has to be given back.
    """
    at_the_bank = Q(
        kind=PaymentOperation.Kind.AUTHORIZE,
        payment__state=PaymentState.REQUIRES_ACTION,
        payment__booking__state=State.PENDING_PAYMENT,
    )
    unfinished = PaymentOperation.objects.filter(state=PaymentOperation.Status.PENDING, created_at__lt=stuck_since())
    return unfinished.exclude(at_the_bank)


def stuck_events() -> QuerySet[StripeEvent]:
    """Reports of the payment vendor that have been waiting to be processed for too long."""
    return StripeEvent.objects.filter(processed_at=None, received_at__lt=stuck_since())


def events_about(booking: Booking, operations: Iterable[PaymentOperation]) -> QuerySet[StripeEvent]:
    """What the payment vendor reported about its payment, and about any other intent of its operations, oldest first."""
    intents = {booking.payment.intent_id, *(operation.intent_id for operation in operations)} - {None, ""}
    return StripeEvent.objects.filter(intent_id__in=intents).order_by("received_at", "id")


def disputed_payments() -> QuerySet[Payment]:
    """Charges that the card holder's bank wants back, or has taken back."""
    return Payment.objects.exclude(dispute_status__in=_NO_DISPUTE)


def open_findings() -> QuerySet[BookFinding]:
    """What does not balance, as far as the last check of the books knows."""
    return BookFinding.objects.filter(resolved_at=None)
