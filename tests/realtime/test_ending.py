"""How sockets end: what the server ends, whom it does not wait for, and how many it lets in (contract 2.8, 15.1)."""

import base64
import socket as sockets
import time as machine
from contextlib import ExitStack

import pytest
from live import PATH, SECONDS, expiring, listening, not_reading, opened
from publishing import published, published_large
from switches import turn

from findr.switches import Switch

SETTINGS = {
    "SOCKET_OUTBOX_BYTES": "500000",
    "SOCKET_PING_SECONDS": "0.5",
    "SOCKET_PONG_SECONDS": "4",
    "SOCKETS_PER_IDENTITY": "4",
    "RATE_CONNECT": "12/60",
}


@pytest.mark.lesson(32)
def test_a_token_that_ends_takes_its_sockets_along_and_no_others(server, patient, other_patient, provider):
    expired = expiring(other_patient, 3)
    with (
        listening(server, patient) as phone,
        listening(server, patient) as tablet,
        listening(server, provider) as portal,
        opened(server, userId=other_patient.id, token=expired) as expires,
    ):
        patient.user.token_generation += 1
        patient.user.save()

        assert [line.ended() for line in (phone, tablet, expires)] == [4401] * 3
        published(provider.id)
        assert portal.next()["seq"] == 1
        with opened(server, userId=patient.id, token=patient.token) as again:
            assert again.next()["type"] == "connected"


def test_staff_switch_live_updates_off_for_open_sockets_and_new_ones(server, patient):
    with listening(server, patient) as line:
        turn(Switch.REALTIME, on=False)
        began = machine.monotonic()
        published(patient.id)

        assert line.ended() == 4503
        assert machine.monotonic() - began < 5
    with opened(server, userId=patient.id) as nobody_yet, opened(server) as incomplete:
        assert [nobody_yet.ended(), incomplete.ended()] == [4503, 4001]

    turn(Switch.REALTIME, on=True)
    deadline = machine.monotonic() + SECONDS
    while machine.monotonic() < deadline:
        with opened(server, userId=patient.id, token=patient.token, since=0) as line:
            if (frame := line.first())["type"] == "connected":
                assert (frame["lastSeq"], line.next()["seq"]) == (1, 1)
                return
    pytest.fail("Live updates stayed off.")


def test_whoever_does_not_read_is_let_go_and_holds_up_nobody(server, patient):
    with not_reading(server, patient) as slow, listening(server, patient) as quick:
        for number in range(60):
            published_large(patient.id, number)
            assert quick.next()["number"] == number

        assert slow.ended() == 4408
        assert quick.ping()[1] == []


@pytest.mark.lesson(31)
def test_a_peer_that_answers_no_ping_is_dropped(server, patient):
    key = base64.b64encode(b"sixteen bytes ok").decode()
    query = f"userId={patient.id}&token={patient.token}"
    with (
        sockets.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as mute,
        listening(server, patient) as line,
    ):
        mute.sendall(
            f"GET {PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        heard = until_dropped(mute)

        assert heard.startswith(b"HTTP/1.1 101")
        assert b'"connected"' in heard
        # Its own library answers pings.
        assert line.ping()[1] == []


def until_dropped(peer):
    """All that arrives before the connection is gone, which nobody says goodbye on."""
    heard = b""
    try:
        while more := peer.recv(65536):
            heard += more
    except ConnectionResetError:
        pass
    return heard


def test_who_says_too_much_is_let_go(server, patient):
    with listening(server, patient) as line:
        for _ in range(60):
            line.say(type="hello")
        line.say(type="ping")
        assert line.ended() == 4429


@pytest.mark.lesson(32)
def test_open_sockets_of_one_identity_are_counted_and_not_what_was_refused(server, patient, other_patient):
    who = {"userId": patient.id, "token": patient.token}
    with ExitStack() as others:
        others.enter_context(listening(server, other_patient))
        with ExitStack() as mine:
            for _ in range(4):
                mine.enter_context(listening(server, patient))
            # Loops that come again and again: none gets in, and none uses anything up.
            assert [code_of(server, **who) for _ in range(20)] == [4429] * 20
        for _ in range(8):
            until_let_in(server, **who)
        # Twelve were let in within this minute.
        assert code_of(server, **who) == 4429
        others.enter_context(listening(server, other_patient))


def test_sockets_without_a_good_token_are_counted_by_their_address(server, patient):
    bad = {"userId": patient.id, "token": "x"}
    assert [code_of(server, **bad) for _ in range(12)] == [4401] * 12

    assert code_of(server, **bad) == code_of(server, userId=patient.id) == 4429
    with listening(server, patient):
        pass


def code_of(server, **query):
    with opened(server, **query) as line:
        return line.ended()


def until_let_in(server, **query):
    """Once the end of an earlier socket has been noticed."""
    deadline = machine.monotonic() + SECONDS
    while machine.monotonic() < deadline:
        with opened(server, **query) as line:
            if line.first()["type"] == "connected":
                return
    pytest.fail("No place was given back.")
