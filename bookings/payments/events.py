"""What the payment vendor reports by itself: stored, acknowledged, and then read at the vendor (contract 13).

An event only says where to look. It may come twice, late, out of order, or never; so what it says is not believed, the
payment is read as it is now, and what is read goes the same way as everything else that is learned of money: through
`apply_intent`, under the booking's lock. Nothing here gives up: it slows down.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from bookings.actors import WEBHOOK
from bookings.errors import BookingNotFound
from bookings.models import Booking, Payment, PaymentOperation, StripeEvent
from bookings.models.webhooks import EventReason
from bookings.payments import snapshots
from bookings.payments.event_gateway import Event, PaymentSnapshot
from bookings.payments.gateway import Intent, pages
from bookings.payments.rules import RULES
from bookings.payments.vendor import event_gateway
from bookings.transitions import lock_booking
from findr import clock
from findr.outbox import leases, sweeps
from findr.outbox.jobs import promise
from findr.saving import save
from findr.transactions import durable
from findr.vendors.errors import VendorError

logger = logging.getLogger(__name__)

Outcome = StripeEvent.Outcome


def read_event(body: bytes, signature: str) -> Event:
    """The event in a raw body.

    Raises:
        UnsignedEvent, MalformedEvent: of `bookings.payments.event_gateway`.
    """
    return event_gateway().read_event(body, signature)


@durable("the event is stored")
def receive(event: Event) -> bool:
    """Store an event and promise to process it; False if it is known. Of two at once, one waits for the other's commit."""
    now = clock.now()
    fields = {
        "type": event.type,
        "object_id": event.object_id,
        "intent_id": event.intent_id,
        "made_at": event.made_at,
        "received_at": now,
        **leases.handed_back(now),
    }
    if not event.intent_id:
        fields |= {"processed_at": now, "outcome": Outcome.IGNORED}
    stored, is_new = StripeEvent.objects.get_or_create(id=event.id, defaults=fields)
    if is_new and event.intent_id:
        promise("bookings.process_event", event_id=stored.id)
    return is_new


def fetch_undelivered() -> int:
    """Take in what the vendor could not bring to our door; how many events were new.

    A refund that fails weeks later, a dispute, a refund by hand: nothing else tells of these. After an outage of ours there
    may be very many: each page is taken in as it comes, so that one that cannot be read loses none before it.
    """
    since = clock.now() - timedelta(hours=settings.EVENT_LOOKBACK_HOURS)
    vendor, seconds = event_gateway(), settings.JOB_CALL_SECONDS
    read = pages(lambda after: vendor.undelivered_page(since, after=after, seconds=seconds))
    return sum(receive(event) for page in read for event in page if event.intent_id)


def pending_events() -> list[str]:
    """Events that are not processed and nobody is at work on, longest waiting first."""
    return sweeps.due(StripeEvent.objects.filter(processed_at=None))


def process_event(event_id: str) -> None:
    """Read at the vendor what an event is about, and apply what is true now.

    Running it twice is harmless: the lease lets one in at a time, an event is processed once, and learning the
    same of a payment again changes nothing.
    """
    event = _claim(event_id)
    if event is None:
        return
    before = snapshots.version_of(event.intent_id)
    try:
        snapshot = event_gateway().snapshot(event.intent_id, seconds=settings.JOB_CALL_SECONDS)
    except VendorError as error:
        logger.warning("%s could not be read: %s", event, error)
        _try_later(event, EventReason.UNCLEAR)
        return
    if snapshot is None or (booking_id := _booking_of(snapshot.intent)) is None:
        _finish(event, Outcome.UNKNOWN)
    else:
        _apply(event, booking_id, snapshot, before)


@durable("the event is to be read again")
def process_again(event_id: str) -> bool:
    """Staff want an event processed now: one that waits for its next try, or that has been processed before.

    False, and nothing changed, if it is about no payment, or somebody is at work on it.
    """
    now = clock.now()
    waits = Q(processed_at__isnull=False) | Q(claimed_until__lte=now) | Q(lease_token=None)
    won = StripeEvent.objects.filter(waits, id=event_id).exclude(intent_id="")
    if not won.update(processed_at=None, outcome="", **leases.handed_back(now)):
        return False
    promise("bookings.process_event", event_id=event_id)
    return True


@durable("the event is taken")
def _claim(event_id: str) -> StripeEvent | None:
    pending = StripeEvent.objects.filter(id=event_id, processed_at=None)
    return leases.claim(pending, seconds=settings.OPERATION_LEASE_SECONDS, reason="")


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
def _apply(event: StripeEvent, booking_id: UUID, snapshot: PaymentSnapshot, before: datetime | None) -> None:
    try:
        booking = lock_booking(booking_id)
    except BookingNotFound:
        _finish(event, Outcome.UNKNOWN)
        return
    call = _running_call(booking)
    if call and RULES[snapshot.intent.status].answers_patient:
        save(event, **leases.handed_back(call.claimed_until), reason=EventReason.LEFT_TO_CALL)
        return
    if snapshots.apply_snapshot(booking, snapshot, before, WEBHOOK):
        _finish(event, Outcome.APPLIED)
    else:
        _try_later(event, EventReason.PAYMENT_CHANGING)


def _running_call(booking: Booking) -> PaymentOperation | None:
    """The patient's own call, while it waits for the vendor.

    A card that was refused, or wants its holder, is that call's answer: learned here first, it would reach the patient
    a second time, as news.
    """
    if booking.payment.intent_id:
        return None
    first = booking.payment.operations.filter(
        kind=PaymentOperation.Kind.AUTHORIZE,
        state=PaymentOperation.Status.PENDING,
        attempts=1,
        lease_token__isnull=False,
        claimed_until__gt=clock.now(),
    )
    return first.first()


def _finish(event: StripeEvent, outcome: StripeEvent.Outcome) -> None:
    save(event, processed_at=clock.now(), outcome=outcome, reason="")


def _try_later(event: StripeEvent, reason: EventReason) -> None:
    wait = leases.failed(event, first=settings.OPERATION_RETRY_SECONDS, cap=settings.OPERATION_RETRY_CAP_SECONDS)
    save(event, **wait, reason=reason)
