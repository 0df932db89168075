"""A patient asks for a visit (contract 10.1; ARCHITECTURE.md, "Follow one booking")."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from bookings import policies
from bookings.actors import Actor
from bookings.holds import end_reservation, take_time
from bookings.models import Booking, Payment, PaymentOperation, TimeHold
from bookings.models.wallet import customer_of
from bookings.numbers import next_number
from bookings.payments.apply_intent import apply_intent
from bookings.payments.execution import execute_inline, refusal_of
from bookings.payments.gateway import Intent, IntentStatus
from bookings.payments.operations import open_operation
from bookings.payments.vendor import require_vendor
from bookings.services.booking_request import BookingRequest, refuse_conflicts
from bookings.services.booking_type import decide_type
from bookings.services.patients import lock_patient
from bookings.states import ENDED, INITIAL, BookingType, PaymentState, Role, State
from bookings.transitions import record
from findr import clock
from findr.accounts.models import User
from findr.api.idempotency import bind
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


@dataclass(frozen=True)
class CreateResult:
    """What came of a request.

    Attributes:
        client_secret: for the card holder to authenticate with; only while the payment waits for that.
    """

    booking: Booking
    client_secret: str | None = None

    @property
    def processing(self) -> bool:
        """The vendor has not answered; the booking will be settled in the background."""
        return self.booking.state == State.PENDING_PAYMENT and not self.client_secret


def request_booking(asked: BookingRequest, *, actor: Actor, budget: Budget) -> CreateResult:
    """Book, or ask for, a visit: one vendor call, between two short transactions.

    Raises:
        TimeInPast, TooSoon, TooFarAhead, ReservationExpired, DuplicateBooking, TooManyOpenRequests, SlotTaken: nothing was written.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing was
            written.
        PaymentRefused: the card was refused; the booking is `payment_failed` and nothing is charged.
    """
    if asked.service.price_cents:
        require_vendor()
    asked.notice.check(asked.start, now=clock.now())
    with vendor_slot():
        booking_type, receipt = decide_type(asked, budget)
        if booking_type != BookingType.INSTANT:
            asked.notice.check(asked.start, now=clock.now(), extra=policies.REQUEST_MARGIN)
        booking, operation = _write(asked, booking_type, receipt, actor=actor, number=next_number())
        if operation is None:
            return CreateResult(booking)
        return _pay(booking, operation, actor=actor, budget=budget)


def _pay(booking: Booking, operation: PaymentOperation, *, actor: Actor, budget: Budget) -> CreateResult:
    """The booking stands: from here on the answer is what the vendor said, or at worst "processing"."""
    outcome = execute_inline(operation, actor=actor, budget=budget)
    booking = outcome.booking
    refuse_if_it_came_to_nothing(booking)
    waits_for_card_holder = booking.payment.state == PaymentState.REQUIRES_ACTION and outcome.intent is not None
    secret = outcome.intent.client_secret if waits_for_card_holder and outcome.intent else None
    return CreateResult(booking, client_secret=secret)


def refuse_if_it_came_to_nothing(booking: Booking) -> None:
    """Raises PaymentRefused: its money could not be had, or it was called off before it was (contract 10.1; ARCHITECTURE.md, "Follow one booking")."""
    never_secured = booking.secured_at is None and booking.state in ENDED
    if never_secured or booking.state == State.PAYMENT_FAILED:
        raise refusal_of(booking, Role.PATIENT)


@durable("the request is written")
def _write(
    asked: BookingRequest, booking_type: BookingType, receipt: dict[str, object], *, actor: Actor, number: str
) -> tuple[Booking, PaymentOperation | None]:
    """The first transaction: the booking, its payment and the call to come. The loser of a race stops here."""
    patient = _lock_patient(asked)
    known = refuse_conflicts(asked)
    booking = _new_booking(asked, booking_type, receipt, patient=patient, number=number)
    booking.id = known.reserved_as or booking.id
    booking.previous_bookings = known.previous_bookings
    _take_time(booking)
    if known.reserved_as:
        end_reservation(known.reserved_as)
    booking.save(force_insert=True)
    booking.payment = Payment(
        booking=booking,
        state=PaymentState.AUTHORIZING,
        amount_cents=booking.price_cents,
        created_at=booking.created_at,
        updated_at=booking.created_at,
    )
    booking.payment.save(force_insert=True)
    record(booking, "created", actor, data={"bookingType": booking_type.value})
    bind("booking", booking.id)
    if not booking.price_cents:
        # Nothing to pay: the same words, without a vendor (contract 6.7).
        status = IntentStatus.SUCCEEDED if booking.is_instant else IntentStatus.REQUIRES_CAPTURE
        apply_intent(booking, Intent(id="", status=status), actor)
        return booking, None
    operation = open_operation(
        booking.payment,
        PaymentOperation.Kind.AUTHORIZE,
        amount_cents=booking.price_cents,
        parameters=_parameters(booking, asked.payment_method_id),
        lease_now=True,
    )
    return booking, operation


def _take_time(booking: Booking) -> None:
    """An instant visit has its time from now on; a request, if the practice wants it so."""
    if booking.is_instant or booking.holds_time:
        take_time(
            lane=booking.lane,
            owner=booking.id,
            start=booking.start,
            end=booking.end + booking.buffer,
            kind=TimeHold.Kind.BOOKING if booking.is_instant else TimeHold.Kind.REQUEST,
            patient_id=booking.patient_id,
        )


def _lock_patient(asked: BookingRequest) -> User:
    """One patient's requests come one at a time: the limits below count on it."""
    patient = lock_patient(asked.patient_id)
    if asked.timezone and asked.timezone != patient.timezone:
        save(patient, timezone=asked.timezone)
    return patient


def _new_booking(
    asked: BookingRequest, booking_type: BookingType, receipt: dict[str, object], *, patient: User, number: str
) -> Booking:
    now, provider, service = clock.now(), asked.provider, asked.service
    return Booking(
        number=number,
        patient=patient,
        provider=provider,
        team_member=asked.team_member,
        service=service,
        service_name=service.name,
        service_category=service.category,
        price_cents=service.price_cents,
        duration_minutes=service.duration_minutes,
        buffer_minutes=provider.buffer_minutes,
        cancellation_tier=provider.cancellation_tier,
        holds_time=provider.requests_hold_time,
        booking_type=booking_type,
        type_receipt=receipt,
        state=INITIAL,
        requested_start=asked.start,
        requested_end=asked.end,
        start=asked.start,
        end=asked.end,
        patient_timezone=patient.timezone or provider.timezone,
        notes=asked.notes,
        expires_at=policies.checkout_deadline(
            created_at=now, allowed=timedelta(minutes=settings.CHECKOUT_MINUTES), start=asked.start
        ),
        created_at=now,
        updated_at=now,
    )


def _parameters(booking: Booking, payment_method_id: str) -> dict[str, object]:
    """What the one vendor call sends, frozen. https://docs.stripe.com/payments/place-a-hold-on-a-payment-method"""
    customer = customer_of(booking.patient)
    return {
        # A saved method works with its customer only; one that was not saved works with any.
        **({"customer": customer} if customer else {}),
        "amount": booking.price_cents,
        "currency": "usd",
        "capture_method": "automatic" if booking.is_instant else "manual",
        "payment_method": payment_method_id,
        "allowed_payment_method_types": ["card"],
        "metadata": {
            "booking": str(booking.id),
            "user": str(booking.patient_id),
            "provider": str(booking.provider_id),
            "booking_type": booking.booking_type,
        },
    }
