"""A calendar that clearly says "free" makes a booking instant; anything else makes it a request."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cast import FREE, booking_of, fresh, run_jobs, sweep, wish_at

from bookings import reconciliation as books
from bookings.models import Booking, TimeHold
from findr import clock
from providers.models import Provider, TimeOff


@pytest.fixture
def free_calendar(settings):
    settings.CALENDAR_READER = "readers.Free"


def test_a_free_calendar_charges_and_confirms_at_once(patient, sandbox, free_calendar):
    answer = patient.asks()

    booking = booking_of(answer)
    assert (answer.status, answer.body["message"]) == (201, "Appointment confirmed!")
    assert (answer.body["bookingType"], answer.body["isRequest"]) == ("instant", False)
    assert (booking.state, booking.payment.state, booking.expires_at) == ("confirmed", "paid", None)
    assert [(event.old_state, event.event_type) for event in booking.events.all()] == [
        ("", "created"),
        ("pending_payment", "confirm_started"),
        ("confirming", "payment_captured"),
        ("confirming", "confirmed"),
    ]
    calls = [(call["method"], call["path"], call["form"]["capture_method"]) for call in sandbox.log()]
    assert calls == [("POST", "/v1/payment_intents", "automatic")]
    assert TimeHold.objects.get().owner == booking.id
    assert books.check_books() == []


def test_the_receipt_says_what_decided(patient, free_calendar):
    receipt = booking_of(patient.asks()).type_receipt

    assert (receipt["rule"], receipt["answer"]) == ("calendar_free", "free")
    assert clock.now() - datetime.fromisoformat(receipt["readAt"]) < timedelta(seconds=10)
    assert receipt["tookMs"] >= 0


@pytest.mark.parametrize(
    ("reader", "rule"), [("readers.Busy", "calendar_not_free"), ("readers.Failed", "calendar_not_free")]
)
def test_a_busy_or_silent_calendar_makes_a_request(patient, settings, reader, rule):
    settings.CALENDAR_READER = reader

    booking = patient.has_asked()

    assert (booking.booking_type, booking.state) == ("auto-request", "pending_confirmation")
    assert booking.type_receipt["rule"] == rule


@pytest.mark.parametrize(("hour", "kind"), [(7, "auto-request"), (17, "instant"), (18, "auto-request")])
def test_outside_the_opening_hours_nothing_is_instant(patient, free_calendar, hour, kind):
    assert patient.has_asked(appointmentTime=f"{hour:02d}:00").booking_type == kind


def test_in_time_off_nothing_is_instant(patient, free_calendar):
    wish = wish_at()
    ridge = Provider.objects.get(id=wish["providerId"])
    noon = datetime.fromisoformat(f"{wish['appointmentDate']}T12:00").replace(tzinfo=ZoneInfo("America/Denver"))
    TimeOff.objects.create(provider=ridge, start=noon - timedelta(hours=2), end=noon)

    assert patient.has_asked(appointmentTime="11:30").booking_type == "auto-request"
    assert patient.has_asked(appointmentTime="12:30").booking_type == "instant"


def test_a_free_service_can_be_instant_too(patient, sandbox, free_calendar):
    answer = patient.asks(serviceId=str(FREE), paymentMethodId=None)

    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (201, "paid")
    assert sandbox.log() == []
    assert books.check_books() == []


def test_a_refused_card_gives_the_time_back(patient, other_patient, free_calendar):
    assert patient.asks(paymentMethodId="pm_card_visa_chargeDeclined").status == 402

    assert not TimeHold.objects.exists()
    assert other_patient.asks().status == 201


def test_an_instant_booking_keeps_its_time_while_the_card_holder_authenticates(
    patient, other_patient, sandbox, time, free_calendar
):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    assert other_patient.asks().refusal == (409, "slot_taken", "Slot not available")

    sandbox.stripe.authenticate(booking.payment.intent_id)
    time.passes(seconds=20)
    sweep()

    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("confirmed", "paid")
    assert books.check_books() == []


def test_an_abandoned_instant_checkout_frees_its_time_after_the_vendor_closed_it(
    patient, other_patient, sandbox, time, free_calendar
):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))

    time.passes(minutes=16)
    sweep()
    run_jobs()

    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert other_patient.asks().status == 201
    assert books.check_books() == []


@pytest.mark.lesson(13)
def test_an_instant_charge_behind_a_dropped_connection_is_found_not_repeated(patient, sandbox, time, free_calendar):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    answer = patient.asks()
    assert answer.status == 202
    assert TimeHold.objects.exists()

    time.passes(seconds=11)
    sweep()

    assert booking_of(answer).state == "confirmed"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    assert books.check_books() == []


def test_an_instant_charge_that_surfaces_after_the_checkout_ended_is_refunded(
    patient, sandbox, time, settings, free_calendar
):
    settings.JOB_CALL_SECONDS = 0.2
    sandbox.misbehave(
        {"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"},
        {"path": "/v1/*", "action": "drop_before", "times": None},
    )
    booking = booking_of(patient.asks())
    time.passes(minutes=16)
    sweep()
    assert fresh(booking.id).state == "payment_failed"
    assert not TimeHold.objects.exists()

    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    run_jobs()

    assert fresh(booking.id).payment.state == "refunded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert books.check_books() == []


@pytest.mark.lesson(3)
def test_partial_overlaps_are_refused_and_back_to_back_is_fine(patient, other_patient, free_calendar):
    assert patient.asks(appointmentTime="10:00").status == 201

    half_past = other_patient.asks(appointmentTime="10:30")
    before = other_patient.asks(appointmentTime="09:30")
    right_after = other_patient.asks(appointmentTime="11:00")
    right_before = other_patient.asks(appointmentTime="09:00")

    assert [half_past.body["code"], before.body["code"]] == ["slot_taken", "slot_taken"]
    assert [right_after.status, right_before.status] == [201, 201]
    assert Booking.objects.count() == 3


@pytest.mark.lesson(9)
def test_a_buffer_is_kept_free_after_a_visit_as_it_was_when_it_was_taken(patient, other_patient, free_calendar):
    Provider.objects.update(buffer_minutes=15)
    assert patient.asks(appointmentTime="10:00").status == 201
    Provider.objects.update(buffer_minutes=0)

    assert other_patient.asks(appointmentTime="11:00").body["code"] == "slot_taken"
    assert other_patient.asks(appointmentTime="11:15").status == 201


def test_lanes_are_independent(patient, other_patient, free_calendar):
    assert patient.asks(teamMemberId="00000000-0000-4000-8000-000000000401").status == 201

    assert other_patient.asks().status == 201
    third = other_patient.asks(appointmentTime="10:00", teamMemberId="00000000-0000-4000-8000-000000000401")
    assert third.body["code"] == "duplicate_booking"
