"""The Procfile's `socket`: another server than `all`, and the same feed."""

import pytest
from live import expiring, listening, not_reading, opened
from publishing import published, published_large
from websockets.exceptions import InvalidStatus

PROCESS = "socket"
SETTINGS = {"SOCKET_OUTBOX_BYTES": "500000"}


def test_it_carries_the_feed_as_the_web_process_does(server, patient, provider):
    published(patient.id, times=5)

    with listening(server, patient, since=2) as phone, opened(server, userId=patient.id) as by_frame:
        by_frame.say(type="authenticate", token=patient.token)
        assert by_frame.next()["lastSeq"] == 5
        published(patient.id, provider.id)
        assert [frame["seq"] for frame in phone.take(4)] == [3, 4, 5, 6]
        assert by_frame.next()["seq"] == 6
        assert phone.ping()[0]["lastSeq"] == 6
        patient.user.token_generation += 1
        patient.user.save()
        assert [phone.ended(), by_frame.ended()] == [4401, 4401]


def test_it_ends_sockets_with_the_same_codes_and_writes_no_token_down(server, patient, provider):
    mine, late = {"userId": patient.id, "token": patient.token}, expiring(patient, 0)
    cases = [(4001, {}), (4401, {**mine, "token": late}), (4403, {**mine, "type": "provider"})]
    for code, query in cases:
        with opened(server, **query) as line:
            assert line.ended() == code
    with pytest.raises(InvalidStatus) as refused, opened(server, origin="https://evil.example", **mine):
        pass
    assert refused.value.response.status_code == 403
    with not_reading(server, provider) as slow, listening(server, provider) as quick:
        for number in range(60):
            published_large(provider.id, number)
            assert quick.next()["number"] == number
        assert slow.ended() in (4408, 1006)  # It drops whoever does not take the close either, after ten seconds.

    written = server.log.read_text()
    assert not any(word in written for word in (patient.token, provider.token, late, str(patient.id)))
