"""Who may listen: the checks of contract 15.1 in their order, and the three ways to sign in."""

import pytest
from cast import HARBOR
from live import address, expiring, opened
from publishing import published
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

SETTINGS = {"CORS_ALLOWED_ORIGINS": "https://portal.findr.example", "RATE_CONNECT": "1000/60"}


def code_for(server, headers=None, **query):
    with opened(server, headers, **query) as line:
        return line.ended()


def test_a_token_comes_by_header_or_address_or_first_frame(server, patient, provider):
    bearer, who = {"Authorization": f"Bearer {patient.token}"}, {"userId": patient.id, "type": "patient"}

    with (
        opened(server, bearer, **who) as by_header,
        opened(server, token=patient.token, **who) as by_address,
        opened(server, access_token=patient.token, userId=str(patient.id).upper()) as by_alias,
        opened(server, **who) as by_frame,
        opened(server, userId=provider.id, type="provider", token=provider.token) as portal,
    ):
        for ignored in ("no JSON", "[]", "null", '{"type": "ping"}', b"\x00\xff", "1" * 2000):
            by_frame.connection.send(ignored)
        by_frame.say(type="authenticate", token=patient.token)
        lines = (by_header, by_address, by_alias, by_frame, portal)
        for line in lines:
            assert line.next() | {"timestamp": ""} == {
                "type": "connected",
                "message": "Real-time booking updates active",
                "lastSeq": 0,
                "timestamp": "",
            }
        published(patient.id, provider.id)
        assert [line.next()["seq"] for line in lines] == [1] * 5


def test_who_is_not_let_in_is_told_why_by_the_code(server, patient, other_patient, provider, staff, subtests):
    mine = {"userId": patient.id, "type": "patient"}
    revoked = other_patient.token
    other_patient.user.token_generation += 1
    other_patient.user.save()
    bad = f"{patient.token}x"
    good_header = {"Authorization": f"Bearer {patient.token}"}
    cases = [
        # Missing comes first, whatever else is wrong or right.
        (4001, None, {}),
        (4001, good_header, {"userId": "", "type": "staff"}),
        (4401, None, {**mine, "token": bad}),
        (4401, None, {**mine, "token": expiring(patient, 0)}),
        (4401, None, {"userId": other_patient.id, "type": "patient", "token": revoked}),
        # A bad token is not tried again in another way.
        (4401, {"Authorization": f"Bearer {bad}"}, {**mine, "token": patient.token}),
        # Its own token being no good counts for more than whom it asked for.
        (4401, None, {**mine, "token": revoked}),
        # Nobody else's feed, nor of another kind, nor staff's.
        (4403, None, {**mine, "token": provider.token}),
        (4403, None, {"userId": other_patient.id, "token": patient.token}),
        (4403, None, {"userId": patient.id, "type": "provider", "token": patient.token}),
        (4403, None, {"userId": provider.user.id, "type": "provider", "token": provider.token}),
        (4403, None, {"userId": HARBOR, "type": "provider", "token": provider.token}),
        (4403, None, {"userId": staff.user.id, "token": staff.token}),
        (4403, None, {"userId": "nobody", "token": patient.token}),
    ]

    for code, headers, query in cases:
        with subtests.test(code=code, query=query):
            assert code_for(server, headers, **query) == code


def test_who_does_not_sign_in_in_time_or_signs_in_badly_is_let_go(server, patient):
    with (
        opened(server, userId=patient.id) as silent,
        opened(server, userId=patient.id) as bad,
        opened(server, userId=patient.id) as odd,
    ):
        bad.say(type="authenticate", token="x.y.z")
        bad.say(type="authenticate", token=patient.token)
        odd.say(type="authenticate", token={"not": "a token"})
        silent.say(type="ping")

        assert [line.ended() for line in (bad, odd, silent)] == [4401, 4401, 4401]


@pytest.mark.parametrize(
    ("origin", "is_welcome"),
    [
        (None, True),
        ("https://portal.findr.example", True),
        ("http://127.0.0.1:{port}", True),
        ("https://portal.findr.example.evil.example", False),
        ("http://portal.findr.example", False),
        ("null", False),
    ],
)
def test_pages_of_other_origins_are_refused_before_the_handshake(server, patient, origin, is_welcome):
    origin = origin and origin.format(port=server.port)
    who = {"userId": patient.id, "token": patient.token}

    if is_welcome:
        with opened(server, origin=origin, **who) as line:
            assert line.next()["type"] == "connected"
    else:
        with pytest.raises(InvalidStatus) as refused, opened(server, origin=origin, **who):
            pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/api/bookings/realtime/", "/api/bookings", "/", "/api/bookings/realtime/x"])
def test_no_other_address_has_a_socket(server, path):
    place = address(server).removesuffix("/api/bookings/realtime")
    with pytest.raises(InvalidStatus) as refused, connect(f"{place}{path}", proxy=None):
        pass

    assert refused.value.response.status_code == 403


def test_tokens_in_addresses_are_not_written_down(server, patient):
    marker = "findr-token-that-nobody-may-read"
    for query in ({"token": marker}, {"access_token": marker}, {"token": patient.token}):
        with opened(server, userId=patient.id, **query) as line:
            if "access_token" in query or query["token"] == marker:
                assert line.ended() == 4401
            else:
                line.next()

    written = server.log.read_text()
    assert "WebSocket /api/bookings/realtime connected" in written
    assert marker not in written
    assert patient.token not in written
    assert str(patient.id) not in written
