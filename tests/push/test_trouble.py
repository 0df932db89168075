"""When FCM refuses, waits or says nothing: what is tried again, what is given up, and which devices go."""

from threading import Barrier, Thread

import pytest
from acts import confirm
from cast import run_jobs, wish_at
from django.core import mail
from django.db import connection
from push.conftest import DESK, PHONE, TABLET
from switches import turn

from findr.switches import Switch
from notifications.models import Delivery, Device, Notification, OutOfReach
from notifications.services import delivering


def missed_mails():
    """Those about what reached no device."""
    return [one for one in mail.outbox if "could not reach you on any device" in one.body]


@pytest.fixture
def pat_alone(patient):
    """Pat's phone is the only device."""
    patient.post("/api/users/fcm-token", {"token": PHONE})


@pytest.mark.lesson(35)
@pytest.mark.parametrize("how", ["unregistered", "invalid"])
def test_a_device_that_is_gone_is_deleted_and_that_one_only(sandbox, phones, patient, deliveries, how):
    if how == "unregistered":
        sandbox.fcm.unregister(PHONE)
    else:
        message = "The registration token is not a valid FCM registration token"
        sandbox.fcm.fail(400, "INVALID_ARGUMENT", address=PHONE, message=message)
    patient.has_asked()
    run_jobs()

    assert set(Device.objects.values_list("address", flat=True)) == {TABLET, DESK}
    assert sorted(state for state, _ in deliveries()) == ["failed", "sent", "sent"]
    assert not OutOfReach.objects.exists()
    assert PHONE not in str(list(Delivery.objects.values()))


@pytest.mark.parametrize(("status", "code"), [(403, "SENDER_ID_MISMATCH"), (400, "INVALID_ARGUMENT")])
def test_a_refusal_that_may_be_our_own_fault_costs_nobody_a_device(
    sandbox, pat_alone, patient, deliveries, status, code
):
    sandbox.fcm.fail(status, code)
    patient.has_asked()
    run_jobs()

    assert Device.objects.count() == 1
    ((state, error),) = deliveries()
    assert (state, error[:15]) == ("failed", f"FCM answered {status}"[:15])


@pytest.mark.lesson(63)
def test_the_death_of_the_last_device_is_told_in_the_centre_and_by_mail_once(sandbox, pat_alone, patient):
    sandbox.fcm.unregister(PHONE)
    for days in (7, 8):
        patient.has_asked(**wish_at(days=days))
        run_jobs()

    out = OutOfReach.objects.get()
    assert (out.recipient, out.recipient_type) == (patient.id, "User")
    entries = patient.get(f"/api/notifications/user/{patient.id}").body["notifications"]
    assert [entry["type"] for entry in entries] == ["booking_pending", "devices_lost", "booking_pending"]
    assert (entries[1]["priority"], entries[1]["data"]["bookingId"]) == ("high", None)
    (missed,) = missed_mails()
    assert (missed.to, missed.subject) == (["pat@example.test"], "Booking Request Sent")
    assert "Ridge Physical Therapy will respond within 24 hours." in missed.body


@pytest.mark.lesson(63)
def test_what_is_no_longer_so_when_the_mail_is_due_is_not_mailed(sandbox, phones, patient, provider):
    """The practice's desk died; its request was answered before anybody could mail it."""
    sandbox.fcm.unregister(DESK)
    booking = patient.has_asked()
    request = Notification.objects.get(recipient=provider.id)
    delivering.deliver([request.id])
    confirm(provider, booking)
    run_jobs()

    assert OutOfReach.objects.get().recipient == provider.id
    assert not missed_mails()


def test_what_may_work_later_is_tried_when_fcm_asks_for_it(sandbox, pat_alone, patient, time, sweep, deliveries):
    sandbox.fcm.fail(429, headers={"Retry-After": "90"})
    patient.has_asked()
    run_jobs()
    waiting = deliveries()
    time.passes(seconds=80)
    sweep()
    assert sandbox.fcm.messages() == []
    time.passes(seconds=11)
    sweep()

    assert waiting == [("waiting", "FCM answered 429 RESOURCE_EXHAUSTED QuotaExceededError")]
    assert deliveries() == [("sent", "")]
    assert len(sandbox.fcm.messages(PHONE)) == 1


def test_what_is_no_longer_true_when_its_turn_comes_is_dropped(sandbox, pat_alone, patient, time, sweep, deliveries):
    sandbox.fcm.fail(503, times=None)
    patient.has_asked()
    run_jobs()
    time.passes(hours=1)
    sweep()
    assert [state for state, _ in deliveries()] == ["waiting"]
    sandbox.behave()
    time.passes(hours=24)
    sweep()

    assert deliveries() == [("dropped", "too_late")]
    assert sandbox.fcm.messages() == []


def test_a_dead_account_loses_nothing_that_is_still_true(sandbox, pat_alone, patient, time, sweep, deliveries):
    sandbox.fcm.kill_account()
    patient.has_asked()
    run_jobs()
    ((state, error),) = deliveries()
    sandbox.fcm.revive_account()
    time.passes(minutes=1)
    sweep()

    assert (state, error) == ("waiting", "FCM's token endpoint refused our account: invalid_grant")
    assert deliveries() == [("sent", "")]


def test_silence_costs_its_time_and_the_message_is_not_lost(sandbox, pat_alone, patient, settings, time, sweep):
    settings.PUSH_CALL_SECONDS = 0.4
    sandbox.fcm.misbehave({"action": "delay", "seconds": 3, "operation": "messages.send"})
    patient.has_asked()
    run_jobs()
    waiting = Delivery.objects.get(transport="push")
    settings.PUSH_CALL_SECONDS = 10.0
    time.passes(minutes=1)
    sweep()

    assert (waiting.state, waiting.error) == ("waiting", "FCM did not answer in time.")
    assert Delivery.objects.get(transport="push").state == "sent"


def test_a_notification_that_is_delivered_by_many_at_once_is_one_message(sandbox, phones, patient):
    """Without the lease each of them would send it."""
    patient.has_asked()
    notification = Notification.objects.get(recipient=patient.id)
    begin = Barrier(5)

    def deliver():
        try:
            begin.wait(20)
            delivering.deliver([notification.id])
        finally:
            connection.close()

    threads = [Thread(target=deliver) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    delivering.deliver([notification.id])

    assert (len(sandbox.fcm.messages(PHONE)), len(sandbox.fcm.messages(TABLET))) == (1, 1)


def test_switched_off_nothing_is_sent_and_it_is_said_what_was_not(sandbox, phones, patient, provider, deliveries):
    turn(Switch.PUSH, on=False)
    booking = patient.has_asked()
    run_jobs()
    silent = sandbox.fcm.calls()
    turn(Switch.PUSH, on=True)
    confirm(provider, booking)
    run_jobs()

    assert silent == []
    assert deliveries(notification__type="booking_pending") == [("dropped", "switched_off")] * 2
    assert deliveries(notification__type="booking_confirmed") == [("sent", "")] * 2
    # What a person was to be told stands in the centre all the same.
    assert Notification.objects.filter(recipient=patient.id).count() == 2
