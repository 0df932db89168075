"""The adapter, with Firebase's real SDK against the sandbox over HTTP."""

import time as wall_clock

import pytest
from firebase_admin import credentials  # noqa: TID251  what the adapter switches off is still there
from push.conftest import PHONE

from findr.vendors.errors import VendorError
from notifications.push import fcm
from notifications.push.message import AccountRefused, DeviceGone, PushLater, PushRefused

SECONDS = 10.0


def posts(sandbox):
    """How often a message was posted with an access token that was good: the test before may have left another."""
    return len([call for call in sandbox.fcm.calls() if call["status"] != 401])


def refusal_of(message, seconds=SECONDS):
    with pytest.raises(VendorError) as caught:
        fcm.send(message, seconds=seconds)
    return caught.value


@pytest.mark.lesson(35, 61)
def test_a_message_is_the_contracts_to_the_letter(sandbox, message):
    name = fcm.send(message(), seconds=SECONDS)

    (sent,) = sandbox.fcm.messages(PHONE)
    assert sent["id"] == name
    assert sent["message"] == {
        "token": PHONE,
        "notification": {"title": "Booking Confirmed", "body": "Your appointment with Ridge PT is confirmed"},
        "data": {"type": "booking_confirmed"},
        "android": {
            "priority": "HIGH",
            "collapseKey": "9f2d7c41",
            "ttl": 86400,
            "notification": {"channelId": "booking_updates", "sound": "default"},
        },
        "apns": {
            "headers": {"apns-priority": "10", "apns-collapse-id": "9f2d7c41"},
            "payload": {"aps": {"sound": "default", "badge": 1, "content-available": 1}},
        },
    }


def test_an_installation_is_addressed_as_one(sandbox, message):
    fcm.send(message(address="cKpX0fyTQmqQ1rT2sUvWxY", is_installation=True), seconds=SECONDS)

    (sent,) = sandbox.fcm.messages()
    assert (sent["message"].get("fid"), "token" in sent["message"]) == ("cKpX0fyTQmqQ1rT2sUvWxY", False)


@pytest.mark.lesson(35)
def test_a_device_that_is_gone_and_a_token_that_never_was_one(sandbox, message):
    sandbox.fcm.unregister(PHONE)

    for gone in (message(), message(address="no token at all")):
        error = refusal_of(gone)
        assert (type(error), error.retryable) == (DeviceGone, False)
        assert gone.address not in str(error)
    assert posts(sandbox) == 2


def test_a_device_of_another_project_is_refused_and_not_gone(sandbox, message):
    sandbox.fcm.give_to(PHONE, "another-project")

    assert type(refusal_of(message())) is PushRefused


def test_a_message_that_is_wrong_says_nothing_of_its_device(sandbox, message):
    assert type(refusal_of(message(data={"from": "us"}))) is PushRefused


@pytest.mark.parametrize(
    ("status", "code", "headers", "kind", "wait"),
    [
        (429, None, {"Retry-After": "7"}, PushLater, 7.0),
        (429, None, {}, PushLater, 60.0),
        (500, None, {}, PushLater, None),
        (503, None, {"Retry-After": "3"}, PushLater, 3.0),
        (403, "PERMISSION_DENIED", {}, AccountRefused, None),
        (404, "NOT_FOUND", {}, AccountRefused, None),
        (400, "INVALID_ARGUMENT", {}, PushRefused, None),
    ],
)
def test_each_refusal_has_its_meaning_and_is_asked_for_once(sandbox, message, status, code, headers, kind, wait):
    """The SDK itself would ask up to five times, and wait in between."""
    sandbox.fcm.fail(status, code, headers=headers, times=None)

    error = refusal_of(message())

    assert (type(error), getattr(error, "retry_after", None)) == (kind, wait)
    assert posts(sandbox) == 1


def test_a_key_for_apple_that_is_wrong_is_the_accounts_trouble(sandbox, message):
    sandbox.fcm.fail(401, "THIRD_PARTY_AUTH_ERROR", times=None)

    assert type(refusal_of(message())) is AccountRefused


def test_a_page_instead_of_an_answer_may_be_anything(sandbox, message):
    sandbox.fcm.fail(502, body="<html>Bad gateway</html>")
    sandbox.fcm.fail(200, body="<html>It works!</html>")
    sandbox.fcm.fail(200, body="{}")

    assert [type(refusal_of(message())) for _ in range(3)] == [PushLater] * 3


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
def test_a_connection_that_breaks_leaves_it_open_and_is_not_tried_again_here(sandbox, message, action):
    fcm.send(message(), seconds=SECONDS)
    sandbox.fcm.misbehave({"action": action, "operation": "messages.send"})

    assert type(refusal_of(message())) is PushLater
    assert posts(sandbox) == 2


def test_silence_ends_when_the_time_is_up(sandbox, message):
    sandbox.fcm.misbehave({"action": "delay", "seconds": 5, "operation": "messages.send"})

    began = wall_clock.monotonic()
    error = refusal_of(message(), seconds=0.3)

    assert (type(error), error.retry_after) == (PushLater, None)
    assert wall_clock.monotonic() - began < 4


def test_a_dead_account_is_told_from_a_token_endpoint_that_is_away(sandbox, message):
    sandbox.fcm.kill_account()
    dead = refusal_of(message())
    sandbox.fcm.revive_account()
    sandbox.fcm.fail_tokens(400, "temporarily_unavailable", times=None)
    away = refusal_of(message())
    sandbox.behave()

    assert (type(dead), str(dead)) == (AccountRefused, "FCM's token endpoint refused our account: invalid_grant")
    assert isinstance(away, PushLater)
    assert fcm.send(message(), seconds=SECONDS)


def test_an_access_token_is_asked_for_once_and_again_when_it_is_too_old(sandbox, message, time):
    for _ in range(3):
        fcm.send(message(), seconds=SECONDS)
    asked = len(sandbox.fcm.calls("oauth.token"))
    sandbox.move_clock(4000)
    fcm.send(message(), seconds=SECONDS)

    assert (asked, len(sandbox.fcm.calls("oauth.token"))) == (1, 2)


def test_the_sdk_asks_nobody_where_the_accounts_region_is(sandbox, message, settings):
    """google-auth would, in the background. The run itself fails if anything leaves this machine."""
    fcm.send(message(), seconds=SECONDS)
    ours = fcm._app().credential.get_credential()
    account = {
        "type": "service_account",
        "project_id": "p",
        "client_email": "a@b.example",
        "token_uri": "http://127.0.0.1",
    }
    plain = credentials.Certificate(account | {"private_key": settings.FIREBASE_PRIVATE_KEY}).get_credential()

    assert not ours._is_regional_access_boundary_lookup_required()
    assert plain._is_regional_access_boundary_lookup_required()
