"""What the payment vendor reports by itself: stored, acknowledged, and then read at the vendor (contract 13).

An event only says where to look. It may come twice, late, out of order, or never; so what it says is not believed, the
payment is read as it is now, and what is read goes the same way as everything else that is heard of money: through
`intents.learn`, under the booking's lock. Nothing here gives up: it slows down.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from bookings.actors import WEBHOOK
from bookings.errors import BookingNotFound
from bookings.models import Booking, Payment, PaymentOperation, StripeEvent
from bookings.payments.base import Intent, IntentStatus
from bookings.payments.events import Event, Statement
from bookings.services import statements, steps
from bookings.services.asking import event_gateway
from findr import clock
from findr.errors import VendorError
from findr.jobs import promise
from findr.transactions import durable

logger = logging.getLogger(__name__)

Outcome = StripeEvent.Outcome
# What the patient's own call is about to answer.
_ITS_OWN_NEWS = (
    IntentStatus.REQUIRES_ACTION,
    IntentStatus.REQUIRES_PAYMENT_METHOD,
    IntentStatus.REQUIRES_CONFIRMATION,
)


def read_event(body: bytes, signature: str) -> Event:
    """The event in a raw body.

    Raises:
        BadSignature, MalformedEvent: of `bookings.payments.events`.
    """
    return event_gateway().read_event(body, signature)


@durable("the event is stored")
def receive(event: Event) -> bool:
    """Store an event and promise to hear it; False if it is known. Of two at once, one waits for the other's commit."""
    now = clock.now()
    fields = {
        "type": event.type,
        "object_id": event.object_id,
        "intent_id": event.intent_id,
        "made_at": event.made_at,
        "received_at": now,
        "claimed_until": now,
    }
    if not event.intent_id:
        fields |= {"processed_at": now, "outcome": Outcome.IGNORED}
    stored, is_new = StripeEvent.objects.get_or_create(id=event.id, defaults=fields)
    if is_new and event.intent_id:
        promise("bookings.hear_event", event_id=stored.id)
    return is_new


def fetch_undelivered() -> int:
    """Take in what the vendor could not bring to our door; how many events were new.

    A refund that fails weeks later, a dispute, a refund by hand: nothing else tells of these.
    """
    since = clock.now() - timedelta(hours=settings.EVENT_LOOKBACK_HOURS)
    events = event_gateway().undelivered(since, seconds=settings.JOB_CALL_SECONDS)
    return sum(receive(event) for event in events if event.intent_id)


def unheard() -> list[str]:
    """Events that nobody has heard to the end and nobody is at work on, longest waiting first."""
    open_ones = StripeEvent.objects.filter(processed_at=None, claimed_until__lte=clock.now())
    return list(open_ones.order_by("claimed_until").values_list("id", flat=True)[: settings.SWEEP_BATCH])


def hear(event_id: str) -> None:
    """Read at the vendor what an event is about, and apply what is true now.

    Running it twice is harmless: the lease lets one in at a time, an event is heard to the end once, and hearing the
    same of a payment again changes nothing.
    """
    event = _claim(event_id)
    if event is None:
        return
    before = statements.version_of(event.intent_id)
    try:
        said = event_gateway().statement(event.intent_id, seconds=settings.JOB_CALL_SECONDS)
    except VendorError as error:
        logger.warning("%s could not be read: %s", event, error)
        _try_later(event, error="unclear")
        return
    if said is None or (booking_id := _booking_of(said.intent)) is None:
        _finish(event, Outcome.UNKNOWN)
    else:
        _apply(event, booking_id, said, before)


@durable("the event is to be read again")
def hear_again(event_id: str) -> bool:
    """Staff want an event heard now: one that waits for its next try, or that has been heard before.

    False, and nothing changed, if it is about no payment, or somebody is at work on it.
    """
    now = clock.now()
    waits = Q(processed_at__isnull=False) | Q(claimed_until__lte=now) | ~Q(error="")
    won = StripeEvent.objects.filter(waits, id=event_id).exclude(intent_id="")
    if not won.update(processed_at=None, outcome="", claimed_until=now):
        return False
    promise("bookings.hear_event", event_id=event_id)
    return True


@durable("the event is taken")
def _claim(event_id: str) -> StripeEvent | None:
    """The lease, by compare-and-swap."""
    now = clock.now()
    won = StripeEvent.objects.filter(id=event_id, processed_at=None, claimed_until__lte=now).update(
        claimed_until=now + timedelta(seconds=settings.OPERATION_LEASE_SECONDS), attempts=F("attempts") + 1, error=""
    )
    return StripeEvent.objects.get(id=event_id) if won else None


def _booking_of(intent: Intent) -> UUID | None:
    """The booking of an intent: the payment that has its id, else the booking that it names."""
    if found := Payment.objects.filter(intent_id=intent.id).values_list("booking_id", flat=True).first():
        return found
    try:
        named = UUID(intent.metadata.get("booking", ""))
    except ValueError:
        return None
    return named if Payment.objects.filter(booking_id=named).exists() else None


@durable("the event is applied")
def _apply(event: StripeEvent, booking_id: UUID, said: Statement, before: object) -> None:
    try:
        booking = steps.lock_booking(booking_id)
    except BookingNotFound:
        _finish(event, Outcome.UNKNOWN)
        return
    call = _running_call(booking)
    if call and said.intent.status in _ITS_OWN_NEWS:
        steps.save(event, claimed_until=call.claimed_until, error="left to the patient's own call")
        return
    if statements.hear(booking, said, before, WEBHOOK):
        _finish(event, Outcome.APPLIED)
    else:
        _try_later(event, error="the payment is being changed")


def _running_call(booking: Booking) -> PaymentOperation | None:
    """The patient's own call, while it waits for the vendor.

    A card that was refused, or wants its holder, is that call's answer: heard here first, it would reach the patient
    a second time, as news.
    """
    if booking.payment.intent_id:
        return None
    first = booking.payment.operations.filter(
        kind=PaymentOperation.Kind.AUTHORIZE, state="pending", attempts=1, error_code="", claimed_until__gt=clock.now()
    )
    return first.first()


def _finish(event: StripeEvent, outcome: StripeEvent.Outcome) -> None:
    steps.save(event, processed_at=clock.now(), outcome=outcome, error="")


def _try_later(event: StripeEvent, *, error: str) -> None:
    steps.save(event, claimed_until=steps.next_try(event.attempts), error=error)
