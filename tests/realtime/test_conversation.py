"""A booking's conversation as it is heard live: each side's own events on all of its devices, in order, and at once."""

import json
from contextlib import ExitStack
from io import StringIO
from time import perf_counter

import pytest
from acts import suggest, wall
from django.core.management import CommandError, call_command
from django.db import transaction
from frames import feed
from live import listening
from publishing import published

from notifications.services import Frame, publish

# Seconds: what 99 of 100 pings take at most where nothing else is going on.
IDLE_PING = 0.01


@pytest.mark.lesson(32, 33)
def test_each_device_hears_its_own_sides_events_and_no_others(server, patient, other_patient, provider, other_provider):
    with ExitStack() as open_lines:
        phone, tablet, portal, stranger, strange_portal = (
            open_lines.enter_context(listening(server, person))
            for person in (patient, patient, provider, other_patient, other_provider)
        )
        booking = patient.has_asked()
        assert suggest(provider, booking, wall(8), message="later?").status == 200
        time = patient.get(f"/api/bookings/{booking.id}").body["booking"]["suggestedTimes"][0]["id"]
        answer = patient.post(f"/api/bookings/{booking.id}/accept-suggested-time", {"suggestedTimeId": time})
        assert answer.body["booking"]["state"] == "confirmed"

        assert [frame["type"] for frame in phone.take(3)] == ["booking_pending", "times_suggested", "booking_confirmed"]
        assert [tablet.next() for _ in range(3)] == feed(patient)["events"]
        heard = portal.take(3)
        assert [frame["type"] for frame in heard] == ["booking.new", "booking.updated", "booking.confirmed"]
        assert heard == feed(provider)["events"]
        for line in (phone, tablet, portal):
            pong, others = line.ping()
            assert (pong["lastSeq"], others) == (3, [])
        assert [line.ping()[0]["lastSeq"] for line in (stranger, strange_portal)] == [0, 0]


def test_an_event_is_heard_at_once(server, patient, figures):
    """From the commit to the client, one event at a time: the goal is 99 of 100 within 100 ms on an idle machine.

    How idle it is the socket's own pings say, in between. What is held is nine of ten, since a machine that is busy with other
    things stops for a moment where it likes; and where a ping takes longer than an idle machine's, an event may by as much.
    """
    with listening(server, patient) as phone:
        published(patient.id)
        phone.next()
        pairs = [(ping_of(phone), span_of(phone, patient.id)) for _ in range(100)]

    pings, spans = (sorted(column) for column in zip(*pairs, strict=True))
    slowness = max(1.0, pings[98] / IDLE_PING)
    figures.append(
        f"live feed, commit to client: p50 {spans[50] * 1000:.1f} ms, p99 {spans[98] * 1000:.1f} ms (goal 100 on an idle machine);"
        f" a ping: p50 {pings[50] * 1000:.1f} ms, p99 {pings[98] * 1000:.1f} ms"
    )
    assert spans[90] < 0.1 * slowness
    # The contract's own limit (21), however busy the machine is.
    assert spans[98] < 2


def ping_of(line):
    """One of the protocol's own, which asks nothing of ours."""
    began = perf_counter()
    assert line.connection.ping().wait(10)
    return perf_counter() - began


def span_of(line, recipient):
    committed_at = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed_at.append(perf_counter()))
        publish([Frame(recipient, "test", None, {})])
    line.next()
    return perf_counter() - committed_at[0]


def test_support_watches_a_feed_as_its_owner_hears_it(patient, provider):
    published(patient.id, provider.id, times=3)
    watched = {
        person: watch(person, "--since", "1", "--events", "2") for person in ("pat@example.test", "ridge@example.test")
    }

    for person, lines in zip((patient, provider), watched.values(), strict=True):
        assert lines[0]["lastSeq"] == 3
        assert lines[1:] == feed(person, since=1)["events"]
    for nobody in ("nobody@example.test", "staff@example.test"):
        with pytest.raises(CommandError):
            call_command("watch_feed", f"--as={nobody}")


def watch(email, *words):
    """What the command prints."""
    printed = StringIO()
    call_command("watch_feed", f"--as={email}", *words, stdout=printed)
    return [json.loads(line) for line in printed.getvalue().splitlines()]
