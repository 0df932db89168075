"""FCM in the sandbox, asked by hand: its token endpoint, its strictness, its phones, and how it misbehaves."""

import time

import pytest
from fcm_door import access_token, assertion, exchange, post

from findr.devstack.environment import private_key
from findr.sandbox.client import ControlRefused

PHONE = "phone-of-pat:0001"
DETAIL = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


@pytest.fixture
def fcm(sandbox):
    return sandbox.fcm


@pytest.fixture
def token(fcm):
    return access_token(fcm)


def to(address=PHONE, **more):
    return {"message": {"token": address, "notification": {"title": "T", "body": "B"}, **more}}


def error_of(reply):
    """Status, Google's word for it, and FCM's own."""
    status, answer, _ = reply
    details = {one["@type"]: one for one in answer["error"].get("details", [])}
    assert answer["error"]["code"] == status
    return status, answer["error"]["status"], details.get(DETAIL, {}).get("errorCode")


# --- The token endpoint -----------------------------------------------------------------------------------------------
def test_a_signed_assertion_gets_a_token_that_lasts_an_hour(fcm):
    status, answer, headers = exchange(fcm, assertion())

    assert (status, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 3599)
    assert headers["Cache-Control"] == "no-store"
    assert post(fcm, to(), answer["access_token"])[0] == 200


def test_an_assertion_that_google_would_not_take_gets_none(fcm):
    now = int(time.time())
    wrong = [
        ({"iss": "somebody@else.example"}, "invalid_grant"),
        ({"aud": "https://fcm.googleapis.com/"}, "invalid_grant"),
        ({"scope": "https://www.googleapis.com/auth/calendar"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"exp": None}, "invalid_grant"),
        ({"exp": now - 10}, "invalid_grant"),
        ({"exp": now + 90_000}, "invalid_grant"),
        ({"iat": now + 90_000, "exp": now + 90_060}, "invalid_grant"),
        ({"key": private_key().replace("\\n", "\n")}, "invalid_grant"),
        ({"key": "a secret that is shared by us two alone", "algorithm": "HS256"}, "invalid_grant"),
    ]
    for changes, error in wrong:
        status, answer, _ = exchange(fcm, assertion(**changes))
        assert (status, answer["error"]) == (400, error), changes


def test_other_grants_and_what_is_no_assertion(fcm):
    assert exchange(fcm, assertion(), "authorization_code")[1]["error"] == "unsupported_grant_type"
    assert exchange(fcm, "no assertion")[1]["error"] == "invalid_grant"


def test_a_token_ends_with_its_hour_and_with_its_account(sandbox, fcm, token):
    sandbox.move_clock(3700)
    too_old = error_of(post(fcm, to(), token))
    fresh = access_token(fcm)
    fcm.kill_account()

    assert too_old == error_of(post(fcm, to(), fresh)) == error_of(post(fcm, to(), "made-up"))
    assert too_old == (401, "UNAUTHENTICATED", None)
    assert exchange(fcm, assertion())[1]["error"] == "invalid_grant"
    fcm.revive_account()
    assert post(fcm, to(), fresh)[0] == 200


# --- Messages ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message": {}},
        {"message": {"fid": PHONE, "token": PHONE}},
        {"message": {"topic": "all"}},
        to("no token"),
        to(data={"from": "us"}),
        to(data={"google.sent": "1"}),
        to(data={"text": "x" * 4096}),
        to(android={"ttl": "2419201s"}),
        to(apns={"headers": {"apns-priority": "7"}}),
        to(apns={"headers": {"apns-collapse-id": "x" * 65}}),
        to(apns={"payload": {}}),
        to(apns={"payload": {"aps": {"badge": -1}}}),
        b"{",
        b"[]",
    ],
    ids=lambda body: str(body)[:60],
)
def test_what_fcm_refuses_is_refused_and_nothing_is_sent(fcm, token, body):
    assert error_of(post(fcm, body, token))[:2] == (400, "INVALID_ARGUMENT")
    assert fcm.messages() == []


def test_a_wrong_field_is_named(fcm, token):
    _, answer, _ = post(fcm, to(android={"ttl": "soon"}), token)

    assert [one["field"] for detail in answer["error"]["details"] for one in detail.get("fieldViolations", [])] == [
        "message.android.ttl"
    ]


def test_another_project_another_path_and_another_kind_of_body(fcm, token):
    assert error_of(post(fcm, to(), token, project="another"))[:2] == (403, "PERMISSION_DENIED")
    assert error_of(post(fcm, to(), token, project="a/b"))[:2] == (404, "NOT_FOUND")
    assert error_of(post(fcm, to(), token, headers={"Content-Type": "text/plain"}))[:2] == (400, "INVALID_ARGUMENT")


def test_a_message_that_is_only_validated_is_not_sent(fcm, token):
    assert post(fcm, {**to(), "validate_only": True}, token)[0] == 200
    fcm.unregister(PHONE)
    assert error_of(post(fcm, {**to(), "validateOnly": True}, token))[2] == "UNREGISTERED"
    assert fcm.messages() == []


# --- Phones -----------------------------------------------------------------------------------------------------------
def test_a_phone_gets_its_own_until_its_app_is_deleted(fcm, token):
    first = post(fcm, to(), token)[1]["name"]
    post(fcm, to("phone-of-sam:0001"), token)
    fcm.unregister(PHONE)

    assert error_of(post(fcm, to(), token)) == (404, "NOT_FOUND", "UNREGISTERED")
    assert [sent["id"] for sent in fcm.messages(PHONE)] == [first]
    assert len(fcm.messages()) == 2
    fcm.register(PHONE)
    assert post(fcm, to(), token)[0] == 200


def test_a_phone_of_another_project(fcm, token):
    fcm.give_to(PHONE, "another")

    assert error_of(post(fcm, to(), token)) == (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH")


def test_what_collapses_is_one_banner_and_what_is_over_is_none(sandbox, fcm, token):
    for title, key, ttl in (("1", "a", "60s"), ("2", "b", "600s"), ("3", "a", "60s")):
        message = to(notification={"title": title}, android={"collapse_key": key, "ttl": ttl})
        assert post(fcm, message, token)[0] == 200

    assert [one["message"]["notification"]["title"] for one in fcm.banners(PHONE)] == ["2", "3"]
    sandbox.move_clock(120)
    assert [one["message"]["notification"]["title"] for one in fcm.banners(PHONE)] == ["2"]


# --- Misbehaving ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "word", "code"),
    [
        (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
        (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
        (404, "NOT_FOUND", "UNREGISTERED"),
        (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
        (500, "INTERNAL", "INTERNAL"),
        (503, "UNAVAILABLE", "UNAVAILABLE"),
    ],
)
def test_a_rule_answers_for_one_phone_in_fcms_shape(fcm, token, status, word, code):
    fcm.fail(status, address=PHONE, headers={"Retry-After": "7"})

    assert post(fcm, to("phone-of-sam:0001"), token)[0] == 200
    reply = post(fcm, to(), token)

    assert (error_of(reply), reply[2]["Retry-After"]) == ((status, word, code), "7")
    assert post(fcm, to(), token)[0] == 200
    assert len(fcm.calls(address=PHONE)) == 2


def test_an_error_after_the_work_was_done(fcm, token):
    fcm.fail(500, do_work=True)

    assert (post(fcm, to(), token)[0], len(fcm.messages(PHONE))) == (500, 1)


def test_what_is_beyond_the_quota_is_refused_until_there_is_room(fcm, token):
    fcm.quota(2, 60)

    replies = [post(fcm, to(), token) for _ in range(3)]

    assert [reply[0] for reply in replies] == [200, 200, 429]
    assert error_of(replies[2])[2] == "QUOTA_EXCEEDED"
    assert 0 < int(replies[2][2]["Retry-After"]) <= 60
    fcm.quota(None)
    assert post(fcm, to(), token)[0] == 200


def test_the_token_endpoint_fails_in_its_own_shape(fcm):
    fcm.fail_tokens(503, "temporarily_unavailable")

    assert exchange(fcm, assertion())[:2] == (
        503,
        {"error": "temporarily_unavailable", "error_description": "An unknown error occurred"},
    )
    assert exchange(fcm, assertion())[0] == 200


def test_the_log_tells_for_whom_and_nothing_of_what_was_said(sandbox, fcm, token):
    post(fcm, to(data={"secret": "of Pat's"}), token)

    assert [(call["operation"], call["account"], call["status"]) for call in sandbox.log()] == [
        ("oauth.token", "", 200),
        ("messages.send", PHONE, 200),
    ]
    assert "of Pat's" not in str(sandbox.log())
    assert token not in str(sandbox.log()) + str(fcm.ledger())


def test_a_control_request_that_makes_no_sense(fcm):
    with pytest.raises(ControlRefused):
        fcm.control("POST", "devices", {"registered": False})
    with pytest.raises(ControlRefused):
        fcm.control("POST", "devices", {"address": PHONE, "colour": "red"})
