"""Staff try whether pushes reach somebody (contract 19.1)."""

import time as wall_clock

import pytest
from cast import HARBOR
from push.conftest import DESK, PHONE, TABLET
from switches import turn

from findr.switches import Switch
from notifications.models import Device


@pytest.fixture
def attempt(staff):
    """Sends a test to somebody; status, and the figures with the sentence."""

    def send(person, **body):
        answer = staff.post("/api/test-notification", {"userId": str(person), "title": "T", "body": "B", **body})
        return answer.status, tuple(answer.body.get(name) for name in ("devices", "sent", "failed", "message"))

    return send


def test_a_test_reaches_every_device_of_a_patient_or_of_a_practice(sandbox, phones, patient, provider, attempt):
    assert attempt(patient.id) == (200, (2, 2, 0, "Notification sent"))
    assert attempt(provider.id) == (200, (1, 1, 0, "Notification sent"))
    assert attempt(HARBOR) == (200, (0, 0, 0, "No FCM token for user"))

    assert {sent["address"] for sent in sandbox.fcm.messages()} == {PHONE, TABLET, DESK}
    for sent in sandbox.fcm.messages():
        assert sent["message"]["notification"] == {"title": "T", "body": "B"}
        assert (sent["message"]["data"]["type"], sent["message"]["data"]["bookingId"]) == ("test", "")


def test_what_fails_is_counted_and_a_device_that_is_gone_goes(sandbox, phones, patient, provider, attempt):
    sandbox.fcm.unregister(PHONE)
    sandbox.fcm.fail(500, address=DESK)

    assert attempt(patient.id) == (200, (2, 1, 1, "Notification sent"))
    assert attempt(patient.id) == (200, (1, 1, 0, "Notification sent"))
    assert attempt(provider.id) == (200, (1, 0, 1, "Notification failed"))
    assert not Device.objects.filter(address=PHONE).exists()


def test_a_vendor_that_is_silent_is_waited_for_five_seconds(sandbox, phones, patient, attempt):
    sandbox.fcm.misbehave({"action": "delay", "seconds": 9, "operation": "messages.send", "times": 2})

    began = wall_clock.monotonic()

    assert attempt(patient.id) == (200, (2, 0, 2, "Notification failed"))
    assert wall_clock.monotonic() - began < 8.5


def test_whoever_is_nobody_and_what_is_missing(staff, attempt, sandbox):
    assert attempt("nobody")[0] == attempt(staff.user.id)[0] == 404
    assert attempt("nobody", title="")[0] == 400
    assert sandbox.fcm.calls() == []


def test_switched_off_or_not_configured_a_test_fails_and_says_so(sandbox, phones, patient, attempt, settings):
    turn(Switch.PUSH, on=False)
    off = attempt(patient.id)
    turn(Switch.PUSH, on=True)
    settings.FIREBASE_PROJECT_ID = ""

    assert off == attempt(patient.id) == (200, (2, 0, 2, "Notification failed"))
    assert sandbox.fcm.calls() == []
