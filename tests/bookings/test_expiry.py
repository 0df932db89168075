"""What nobody answers ends by itself, once, and gives the money back."""

from io import StringIO

import pytest
from cast import fresh, promised, run_jobs, sweep
from django.core.management import call_command
from django.db import connection

from bookings import reconciliation as books
from bookings.actors import JOB
from bookings.models import BookingEvent, TimeHold
from bookings.services.expiry import expire_booking, expire_overdue
from providers.models import Provider


@pytest.mark.lesson(20)
def test_every_request_ends_at_its_deadline_and_not_before(patient, time, sandbox):
    booking = patient.has_asked()

    time.set(booking.expires_at.replace(microsecond=0))
    assert expire_overdue().expired == []
    time.passes(seconds=2)
    assert expire_overdue().expired == [booking.id]

    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state, ended.expires_at) == ("expired", "releasing", None)
    assert promised() == ["bookings.run_operation"]
    run_jobs()
    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    event = BookingEvent.objects.get(booking=booking, event_type="expired")
    assert (event.data, event.actor_role, event.source) == ({"reason": "provider_no_answer"}, "system", "job")
    assert books.check_books() == []


@pytest.mark.lesson(20)
def test_expiring_twice_changes_nothing(patient, time):
    booking = patient.has_asked()
    time.passes(hours=25)
    expire_overdue()
    run_jobs()
    events = BookingEvent.objects.count()

    assert expire_overdue().expired == []
    assert expire_booking(booking_id=booking.id, actor=JOB) is None

    assert BookingEvent.objects.count() == events
    assert promised() == []


@pytest.mark.lesson(10)
def test_a_release_after_expiry_survives_an_outage(patient, time, sandbox):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/cancel", "action": "drop_before", "times": 2})
    time.passes(hours=25)
    expire_overdue()
    run_jobs()
    assert fresh(booking.id).payment.state == "releasing"

    for _ in range(2):
        time.passes(minutes=11)
        sweep()

    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"


def test_a_request_that_held_its_time_gives_it_back(patient, other_patient, time):
    Provider.objects.update(requests_hold_time=True)
    patient.has_asked()
    time.passes(hours=25)

    expire_overdue()

    assert not TimeHold.objects.exists()
    assert other_patient.asks().status == 201


def test_a_confirmed_booking_never_expires(patient, provider, time):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    time.passes(hours=30)

    assert expire_overdue().expired == []
    assert fresh(booking.id).state == "confirmed"


def test_one_booking_that_cannot_be_expired_does_not_stop_the_rest(patient, other_patient, time):
    broken, sound = patient.has_asked(), other_patient.has_asked(appointmentTime="14:00")
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE bookings_bookingevent ADD CONSTRAINT broken"
            f" CHECK (booking_id <> '{broken.id}' OR event_type <> 'expired')"
        )
    try:
        time.passes(hours=25)
        swept = expire_overdue()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_bookingevent DROP CONSTRAINT broken")

    assert (swept.failed, swept.expired) == ([broken.id], [sound.id])
    assert fresh(broken.id).state == "pending_confirmation"


def test_the_command_and_the_job_are_one_service(patient, time):
    booking = patient.has_asked()
    time.passes(hours=25)
    out = StringIO()

    call_command("expire_requests", stdout=out)

    assert out.getvalue() == "Requests expired: 1. Checkouts followed up: 0.\n"
    assert fresh(booking.id).state == "expired"


def test_the_command_follows_up_abandoned_checkouts(patient, time, sandbox):
    answer = patient.asks(paymentMethodId="pm_card_authenticationRequired")
    time.passes(minutes=16)
    out = StringIO()

    call_command("expire_requests", stdout=out)
    run_jobs()

    assert out.getvalue() == "Requests expired: 0. Checkouts followed up: 1.\n"
    assert fresh(answer.body["bookingId"]).state == "payment_failed"
    assert sandbox.stripe.intent(answer.body["booking"]["paymentIntentId"])["status"] == "canceled"
