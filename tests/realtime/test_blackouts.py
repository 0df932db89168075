"""Redis and the web process die in the middle of bursts, and sockets break: everybody ends with every event once, in order.

FINDR_FEED_CHAOS="people,events,seconds,rounds" plays it larger: `FINDR_FEED_CHAOS=200,150,30,20`. The seconds are the longest
that a socket lives.
"""

import asyncio
import os
import time as machine
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from cast import Person, fresh
from django.db import connection
from live import listening
from publishing import published
from realtime.blackouts import Redis, Web
from realtime.listeners import Listener, drawn
from web import Server

from findr.accounts.models import User
from notifications.models import FeedEvent

PEOPLE, EVENTS, LONGEST, ROUNDS = map(int, os.environ.get("FINDR_FEED_CHAOS", "12,60,3,1").split(","))
WRITERS = 4
UNLIMITED = {"RATE_CONNECT": "1000000/60", "SOCKETS_PER_IDENTITY": "1000", "SOCKET_LOOK_SECONDS": "0.5"}


@pytest.fixture
def redis(settings):
    """A Redis that may die; findr's, here and in the web process."""
    redis = Redis()
    redis.start()
    default = {**settings.CACHES["default"], "LOCATION": redis.url}
    settings.CACHES = {**settings.CACHES, "default": default}
    yield redis
    redis.close()


@pytest.fixture
def web(redis, tmp_path, stage):
    web = Web(tmp_path / "log", REDIS_URL=redis.url, **UNLIMITED)
    web.start()
    yield web
    web.kill()


@pytest.mark.lesson(31)
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_everybody_ends_with_every_event_once_and_in_order(web, redis, figures, seed):
    draw = drawn(seed)
    users = User.objects.bulk_create(User(email=f"{uuid4()}@example.test", role="patient") for _ in range(PEOPLE))
    listeners = [
        Listener(web.port, user.id, Person(user).token, kept_for, drawn(f"{seed} {index}"), LONGEST)
        for index, user in enumerate(users)
    ]

    asyncio.run(play(listeners, web, redis, draw))

    for listener in listeners:
        assert listener.faults == []
        assert listener.frames == kept_for(listener.recipient, EVENTS)
        assert len(listener.frames) == EVENTS
    figures.append(
        f"live feed, seed {seed}: {PEOPLE} people held {EVENTS} events each, once and in order; "
        f"{sum(one.breaks for one in listeners)} sockets broke, {sum(one.reloads for one in listeners)} reloads"
    )


def kept_for(recipient, last):
    """What the REST twin would give out, up to this number."""
    found = FeedEvent.objects.filter(recipient=recipient, seq__lte=last).order_by("seq").values_list("frame", flat=True)
    # Asked on an event loop too, where Django asks for a thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_closing, lambda: list(found)).result()


def _closing(question):
    try:
        return question()
    finally:
        connection.close()


async def play(listeners, web, redis, draw):
    """Bursts and deaths side by side; then a while of peace, until everybody holds everything."""
    is_over, loop = asyncio.Event(), asyncio.get_running_loop()
    tasks = [asyncio.create_task(listener.listen(is_over)) for listener in listeners]
    with ThreadPoolExecutor(WRITERS + 1) as threads:
        shares = [[one.recipient for one in listeners[start::WRITERS]] for start in range(WRITERS)]
        bursts = [loop.run_in_executor(threads, burst, share) for share in shares]
        deaths = loop.run_in_executor(threads, die_and_come_back, web, redis, draw)
        await asyncio.gather(*bursts, deaths)
    deadline = machine.monotonic() + 60 + LONGEST
    while any(len(listener.frames) < EVENTS for listener in listeners) and machine.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    is_over.set()
    await asyncio.gather(*tasks)


def burst(recipients):
    """Ten at a time for each of them, as fast as they can be committed, and a breath in between."""
    try:
        for start in range(0, EVENTS, 10):
            for recipient in recipients:
                published(recipient, times=min(10, EVENTS - start))
            machine.sleep(LONGEST / 30)
    finally:
        connection.close()


def die_and_come_back(web, redis, draw):
    for one in draw.sample([web, redis, web, redis], 4 if LONGEST > 5 else 2):
        machine.sleep(draw.uniform(0, LONGEST / 10))
        one.kill()
        machine.sleep(draw.uniform(0, LONGEST / 10))
        one.start()


def test_bookings_go_on_without_redis_and_are_heard_of_within_two_seconds(web, redis, patient, provider):
    server = Server(web.port, web.log, web.process.pid)
    with listening(server, patient) as phone:
        redis.kill()
        began = machine.monotonic()
        booking = patient.has_asked()
        assert provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "no"}).status == 200
        committed = machine.monotonic()

        assert [frame["type"] for frame in phone.take(2)] == ["booking_pending", "booking_declined"]
        assert machine.monotonic() - committed < 5
        assert fresh(booking.id).state == "cancelled_provider"
        assert committed - began < 10
        # And again at once when it is back.
        redis.start()
        published(patient.id)
        assert phone.next()["seq"] == 3
        with listening(server, patient, since=1) as back:
            assert [frame["seq"] for frame in back.take(2)] == [2, 3]
