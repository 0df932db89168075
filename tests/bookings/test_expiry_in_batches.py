"""Requests that expire together: each as if it had expired alone, and none at the cost of another."""

import pytest
from acts import suggest
from cast import FREE, fresh, run_jobs, sweep, wish_at
from concurrency.together import at_once
from django.db import transaction
from frames import feed
from reliability.story import told

from bookings import reconciliation as books
from bookings import tasks
from bookings.actors import JOB
from bookings.models import PaymentOperation, TimeHold
from bookings.payments.execution import pending_operations
from bookings.services.expiry import expire_booking, expire_bookings, expire_overdue
from bookings.transitions import lock_booking
from providers.models import Provider


@pytest.fixture
def requests_of(provider):
    """One person's request that holds its time, one that other times were suggested for, and one that costs nothing."""
    Provider.objects.update(requests_hold_time=True)

    def asked(person, hour):
        held, suggested, free = (
            person.has_asked(**wish_at(days=day, hour=hour, **wish))
            for day, wish in ((7, {}), (8, {}), (9, {"serviceId": str(FREE), "paymentMethodId": None}))
        )
        assert suggest(provider, suggested, f"{wish_at(days=10)['appointmentDate']}T{hour}:00").status == 200
        return [held.id, suggested.id, free.id]

    return asked


@pytest.mark.lesson(20)
def test_those_that_expire_together_have_the_story_of_those_that_expire_alone(
    patient, other_patient, provider, requests_of, time, sandbox
):
    alone, together = requests_of(patient, 10), requests_of(other_patient, 14)
    before = feed(provider)["lastSeq"]
    time.passes(hours=25)

    for booking_id in alone:
        expire_booking(booking_id=booking_id, actor=JOB)
    assert sorted(expire_bookings(booking_ids=together, actor=JOB)) == sorted(together)
    run_jobs()

    stories = told(sandbox)
    assert stories["to do"] == []
    assert stories["bookings"][:3] == stories["bookings"][3:]
    assert [story["state"] for story in stories["bookings"]] == ["expired"] * 6
    assert not TimeHold.objects.exists()
    assert [frame["seq"] for frame in feed(provider, before)["events"]] == [before + number for number in range(1, 7)]
    assert expire_bookings(booking_ids=together, actor=JOB) == []
    assert books.check_books() == []


def test_what_somebody_is_at_work_on_is_left_to_the_next_run(patient, other_patient, time):
    at_work, other = patient.has_asked(), other_patient.has_asked(appointmentTime="14:00")
    time.passes(hours=25)

    with transaction.atomic():
        lock_booking(at_work.id)
        (run,) = at_once(expire_overdue)

    assert (run.expired, run.failed) == ([other.id], [])
    assert expire_overdue().expired == [at_work.id]


def test_what_was_answered_in_time_stays_beside_those_that_expire(patient, other_patient, provider, time):
    answered, other = patient.has_asked(), other_patient.has_asked(appointmentTime="14:00")
    provider.post(f"/api/bookings/{answered.id}/confirm")
    time.passes(hours=25)

    assert expire_bookings(booking_ids=[answered.id, other.id], actor=JOB) == [other.id]

    assert [fresh(booking.id).state for booking in (answered, other)] == ["confirmed", "expired"]


def test_a_sweep_takes_a_payment_before_releases_that_have_waited_longer(
    patient, other_patient, sandbox, time, settings
):
    released = patient.has_asked()
    time.passes(hours=25)
    expire_overdue()
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_before"})
    awaited = fresh(other_patient.asks(appointmentTime="14:00").body["bookingId"])
    time.passes(seconds=31)
    operations = [booking.payment.operations.get(state="pending").id for booking in (awaited, released)]

    assert pending_operations() == operations
    settings.SWEEP_BATCH = 1
    assert sweep() == 1

    assert fresh(awaited.id).state == "pending_confirmation"
    assert fresh(released.id).payment.state == "releasing"


def test_releases_have_a_turn_however_much_else_waits(patient, other_patient, provider, sandbox, time):
    """A vendor that answers slowly leaves a sweep time for the first few alone."""
    releases = [asks.has_asked() for asks in (patient, other_patient)]
    time.passes(hours=25)
    expire_overdue()
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_before", "times": None})
    for hour in range(10, 15):
        patient.asks(appointmentTime=f"{hour}:00")
    time.passes(minutes=2)

    kinds = [PaymentOperation.objects.get(id=operation).kind for operation in pending_operations()]

    assert kinds == [*["authorize"] * 3, "cancel", *["authorize"] * 2, "cancel"]
    assert [booking.payment.operations.count() for booking in releases] == [2, 2]


def test_a_payment_that_is_waited_for_is_taken_before_what_came_of_checkouts_that_have_ended(
    patient, other_patient, sandbox, time, settings
):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_before", "times": None})
    ended = fresh(patient.asks().body["bookingId"])
    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    assert (fresh(ended.id).state, fresh(ended.id).payment.state) == ("payment_failed", "authorizing")
    awaited = fresh(other_patient.asks(appointmentTime="14:00").body["bookingId"])
    time.passes(seconds=31)

    assert pending_operations() == [one.payment.operations.get().id for one in (awaited, ended)]


def test_what_a_sweep_has_no_time_for_is_left_to_the_next(patient, time, settings):
    booking = patient.has_asked()
    time.passes(hours=25)
    expire_overdue()

    settings.SWEEP_SECONDS = 0
    tasks.sweep_operations()
    assert fresh(booking.id).payment.state == "releasing"

    settings.SWEEP_SECONDS = 10
    tasks.sweep_operations()
    assert fresh(booking.id).payment.state == "released"
