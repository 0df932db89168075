"""Sending what is owed: each message once, whatever the vendor says, whoever dies, and only while it is true."""

import json
from importlib import import_module

import pytest
from acts import cancel, confirm
from cast import fresh, promised, run_jobs
from django.db import connection, transaction

from bookings.pushes import to_patient
from findr import clock
from findr.outbox.leases import claim
from notifications.answers import NotSent, Refused, TryLater
from notifications.models import Delivery, FeedEvent, Notification
from notifications.services import Frame, publish
from notifications.services.outcomes import record
from notifications.tasks import deliver, sweep_deliveries


@pytest.fixture
def told(patient, provider, letterbox):
    """What a patient is told of a confirmed visit, and was not sent yet."""
    booking = patient.has_asked()
    run_jobs()
    letterbox.empty()
    confirm(provider, booking)
    return Notification.objects.get(recipient=patient.id, type="booking_confirmed")


def states(notification):
    return sorted(notification.deliveries.values_list("state", "reason", "error"))


@pytest.mark.lesson(34)
def test_a_notification_is_one_job_and_one_message_for_each_device(told, letterbox):
    assert promised(telling=True).count("notifications.deliver") == 1  # The practice's is in it as well.

    run_jobs()
    deliver([str(told.id)])
    sweep_deliveries()

    assert [one.notification_id for one in letterbox.sent] == [told.id] * 2
    assert len({one.device_id for one in letterbox.sent}) == 2
    rows = told.deliveries.order_by("finished_at")
    assert {(one.state, one.attempts, one.booking_id) for one in rows} == {("sent", 1, told.booking_id)}
    assert {one.vendor_id for one in rows} == {"letter 1", "letter 2"}
    assert promised(telling=True) == []


@pytest.mark.lesson(33)
def test_nothing_is_sent_of_a_change_that_is_rolled_back(patient, letterbox):
    booking = patient.has_asked()
    run_jobs()
    before = Notification.objects.count(), FeedEvent.objects.count()
    letterbox.empty()

    with transaction.atomic():
        push = to_patient("booking_pending", fresh(booking.id))
        publish([Frame(patient.id, "booking_pending", booking.id, {}, push)])
        transaction.set_rollback(True)
    run_jobs()

    assert (Notification.objects.count(), FeedEvent.objects.count()) == before
    assert letterbox.sent == []


def test_a_frame_without_a_push_promises_nothing(patient, provider, letterbox):
    booking = patient.has_asked()
    run_jobs()

    with transaction.atomic():
        publish([Frame(provider.id, "calendar.needs_reauth", None, {"data": {}})])

    assert promised(telling=True) == []
    assert Notification.objects.filter(booking_id=booking.id).count() == Notification.objects.count()


def test_what_a_vendor_takes_later_is_tried_again_and_no_sooner_than_it_asked(told, letterbox, time):
    letterbox.answers = [TryLater("503 try later"), TryLater("429 too many", retry_after=90)]

    run_jobs()
    assert states(told) == [("waiting", "", "429 too many"), ("waiting", "", "503 try later")]
    time.passes(seconds=15)
    sweep_deliveries()
    assert states(told) == [("sent", "", ""), ("waiting", "", "429 too many")]
    time.passes(seconds=80)
    sweep_deliveries()

    assert states(told) == [("sent", "", "")] * 2
    assert len(letterbox.sent) == 2


def test_a_failure_that_lasts_is_tried_slower_and_slower_until_it_would_be_untrue(told, letterbox, time):
    letterbox.boxes = ("hall",)
    letterbox.answers = [TryLater("500")] * 3
    waits = []
    run_jobs()
    for _ in range(2):
        waits.append((told.deliveries.get().claimed_until - clock.now()).total_seconds())
        time.set(told.deliveries.get().claimed_until)
        sweep_deliveries()
    time.set(told.valid_until)
    sweep_deliveries()
    letterbox.boxes = ("hall", "desk")

    assert 4 <= waits[0] <= 10
    assert 9 <= waits[1] <= 20
    assert [one[:2] for one in states(told)] == [("dropped", "too_late")]
    assert letterbox.sent == []


def test_what_is_refused_or_not_to_be_sent_ends_there(told, letterbox):
    letterbox.answers = [Refused("x" * 300), NotSent("switched_off")]

    run_jobs()
    sweep_deliveries()

    assert states(told) == [("dropped", "switched_off", ""), ("failed", "", "x" * 200)]
    assert (letterbox.sent, letterbox.answers) == ([], [])
    assert all(one.finished_at for one in told.deliveries.all())


def test_a_defect_in_one_message_stops_no_other_and_it_is_tried_again(told, letterbox, time, caplog):
    letterbox.answers = [RuntimeError("a defect")]

    run_jobs()
    assert [one[0] for one in states(told)] == ["sent", "waiting"]
    assert "could not be sent" in caplog.text
    time.passes(seconds=31)
    sweep_deliveries()

    assert [one[0] for one in states(told)] == ["sent", "sent"]


@pytest.mark.lesson(61)
def test_what_is_no_longer_true_is_not_sent(told, letterbox, patient):
    cancel(patient, fresh(told.booking_id))

    run_jobs()

    assert states(told) == [("dropped", "moved_on", "")] * 2
    assert {one.notification.type for one in letterbox.sent if one.notification.recipient == patient.id} == {
        "booking_cancelled"
    }


def test_what_its_recipient_has_deleted_is_not_sent(told, letterbox, patient):
    assert patient.call("DELETE", f"/api/notifications/{told.id}").status == 200

    run_jobs()

    assert states(told) == [("dropped", "deleted", "")] * 2
    assert letterbox.sent == []


def test_whoever_dies_over_a_message_is_followed_by_another_and_changes_nothing_any_more(told, letterbox, time):
    letterbox.boxes = ("hall",)
    letterbox.answers = [TryLater("500")]
    run_jobs()
    letterbox.boxes = ("hall", "desk")
    time.set(told.deliveries.get().claimed_until)
    dead = claim(Delivery.objects.filter(notification=told), seconds=30)
    sweep_deliveries()
    assert letterbox.sent == []

    time.passes(seconds=31)
    sweep_deliveries()
    record([dead], {dead.id: Refused("too late to say")})

    assert states(told) == [("sent", "", "")]


@pytest.mark.lesson(34)
def test_of_many_messages_those_that_were_answered_before_a_process_died_are_not_sent_again(told, letterbox, time):
    letterbox.answers = [None, SystemExit()]
    with pytest.raises(SystemExit):
        deliver([str(told.id)])
    run_jobs()
    sweep_deliveries()
    assert [one[0] for one in states(told)] == ["sent", "waiting"]

    time.passes(seconds=31)
    sweep_deliveries()

    assert [one[0] for one in states(told)] == ["sent", "sent"]
    assert len({one.device_id for one in letterbox.sent}) == len(letterbox.sent) == 2


def test_a_notification_that_is_gone_owes_nothing(told, letterbox):
    before = Delivery.objects.filter(transport="push").count()
    told.delete()

    run_jobs()

    assert (letterbox.sent, Delivery.objects.filter(transport="push").count()) == ([], before)


def test_a_job_of_before_one_delivered_several_is_written_anew(told, letterbox):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('feed', 'notifications.deliver', %s)",
            [json.dumps({"notification_id": str(told.id)})],
        )
        cursor.execute(import_module("notifications.migrations.0006_deliver_several").FORWARDS)

    run_jobs()

    assert [one.notification_id for one in letterbox.sent] == [told.id] * 2
