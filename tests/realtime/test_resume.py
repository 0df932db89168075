"""Coming back: what was missed, once and in order, or an explicit `reload` (contract 15.3)."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from frames import feed
from live import listening
from publishing import published

from findr import clock, shared_redis
from notifications.models import FeedCounter, FeedEvent
from notifications.realtime import channels


@pytest.mark.lesson(31, 60)
def test_what_was_missed_is_replayed_as_it_was_and_then_it_is_live(server, patient):
    """Meanwhile more is committed: nothing falls between the replay and what is live."""
    published(patient.id, times=150)

    with listening(server, patient) as fresh, listening(server, patient, since=20) as back:
        published(patient.id, times=20)
        replayed = back.take(150)

        assert (fresh.connected["lastSeq"], back.connected["lastSeq"]) == (150, 150)
        assert replayed == feed(patient, since=20, limit=300)["events"]
        assert [frame["seq"] for frame in fresh.take(20)] == list(range(151, 171))
        assert [(line.ping()[0]["lastSeq"], line.ping()[1]) for line in (fresh, back)] == [(170, []), (170, [])]


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        ("0", "too_old"),
        ("4", "too_old"),
        ("11", "too_many"),
        ("5", "too_many"),
        *((odd, "unknown_position") for odd in ("313", "-1", "x", "", "1.0", "٣", "+7", "9" * 30)),
    ],
)
def test_instead_of_a_replay_there_is_a_reload_that_says_why(server, patient, since, reason):
    """312 events; the first five are no longer kept."""
    many(patient.id, 312)
    FeedEvent.objects.filter(seq__lte=5).delete()

    with listening(server, patient, since=since) as line:
        frame = line.next()
        published(patient.id)

        assert frame | {"timestamp": ""} == {"type": "reload", "lastSeq": 312, "reason": reason, "timestamp": ""}
        assert line.next()["seq"] == 313


def many(recipient, number):
    """The tables as after so many events."""
    now = clock.now() - timedelta(hours=1)
    FeedCounter.objects.create(recipient=recipient, last_seq=number)
    FeedEvent.objects.bulk_create(
        FeedEvent(recipient=recipient, seq=seq, type="test", frame={"type": "test", "seq": seq}, created_at=now)
        for seq in range(1, number + 1)
    )


def test_three_hundred_missed_events_are_replayed(server, patient):
    many(patient.id, 312)

    with listening(server, patient, since=12) as line:
        assert [frame["seq"] for frame in line.take(300)] == list(range(13, 313))


@pytest.mark.lesson(31)
def test_events_that_redis_loses_repeats_or_mixes_up_are_heard_once_and_in_order(server, patient):
    redis = shared_redis.client()
    channel = f"{channels.prefix_of(redis)}{patient.id}"

    with ExitStack() as lines:
        phone, tablet = (lines.enter_context(listening(server, patient)) for _ in range(2))
        # Written, and never sent: the look into the table finds them, without anybody's help.
        many(patient.id, 3)
        assert [[frame["seq"] for frame in line.take(3)] for line in (phone, tablet)] == [[1, 2, 3]] * 2
        # Written, and only the last of them sent, twice, and an old one after it.
        FeedCounter.objects.update(last_seq=6)
        FeedEvent.objects.bulk_create(
            FeedEvent(recipient=patient.id, seq=seq, type="test", frame={"seq": seq}) for seq in (4, 5, 6)
        )
        for seq in (6, 6, 2):
            redis.publish(channel, channels.message(seq, f'{{"seq": {seq}}}'))
        assert [[frame["seq"] for frame in line.take(3)] for line in (phone, tablet)] == [[4, 5, 6]] * 2
        # More than can be replayed.
        FeedCounter.objects.update(last_seq=400)
        assert [(line.next()["reason"], line.ping()[1]) for line in (phone, tablet)] == [("too_many", [])] * 2
