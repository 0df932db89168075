"""How frames reach Redis: nobody waits for it, and what is announced once it is there again reaches it."""

import time as machine
from uuid import uuid4

import pytest
from realtime.blackouts import Redis, until
from redis import Redis as Client

from notifications.realtime import channels
from notifications.realtime.broadcast import IDLE_SECONDS, Event, announce, wait_until_sent

# A caller that does not wait takes microseconds; Redis's own time-outs are half a second.
AT_ONCE_SECONDS = 0.25
RECIPIENTS = "findr:*:feed:?*"


@pytest.fixture
def redis(settings):
    redis = Redis()
    redis.start()
    default = {**settings.CACHES["default"], "LOCATION": redis.url}
    settings.CACHES = {**settings.CACHES, "default": default}
    yield redis
    redis.close()


@pytest.fixture
def heard(redis):
    """What was said in this Redis, to whomever."""
    client = Client.from_url(redis.url)
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.psubscribe(RECIPIENTS)
    until(lambda: client.pubsub_numpat() == 1)

    def hear(number):
        found, deadline = [], machine.monotonic() + 20
        while len(found) < number and machine.monotonic() < deadline:
            if said := subscription.get_message(timeout=0.2):
                found.append(channels.read(said["data"]))
        return found

    yield hear
    subscription.close()
    client.close()


def say(*numbers):
    who = uuid4()
    began = machine.monotonic()
    announce([Event(who, number, f"frame {number}") for number in numbers])
    return machine.monotonic() - began


def frames(*numbers):
    return [(number, f"frame {number}") for number in numbers]


def test_frames_come_in_the_order_in_which_they_were_announced(heard):
    for first in range(0, 300, 3):
        say(first, first + 1, first + 2)

    assert heard(300) == frames(*range(300))
    assert wait_until_sent(10)


def test_a_connection_that_redis_has_closed_meanwhile_costs_no_frame(redis, heard):
    say(1)
    assert heard(1) == frames(1)
    Client.from_url(redis.url).client_kill_filter(_type="normal")
    machine.sleep(IDLE_SECONDS + 0.1)

    say(2, 3)

    assert heard(2) == frames(2, 3)


def test_nobody_waits_for_a_redis_that_is_away_and_it_hears_the_next_once_it_is_back(redis, heard):
    say(1)
    assert heard(1) == frames(1)
    redis.kill()
    waits = [say(number) for number in range(2, 50)]

    redis.start()

    assert max(waits) < AT_ONCE_SECONDS
    client = Client.from_url(redis.url)
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.psubscribe(RECIPIENTS)
    found = []

    def is_heard():
        say(50)
        found.append(subscription.get_message(timeout=0.1))
        return found[-1] is not None

    until(is_heard)
    assert channels.read(found[-1]["data"]) == frames(50)[0]


def test_one_caller_waits_for_a_redis_that_stands_still_once_no_buffer_has_room(redis, heard):
    say(1)
    assert heard(1) == frames(1)
    with redis.standing_still():
        while_there_is_room = [say(number) for number in range(2, 52)]
        waits = sorted(say(number) for number in range(52, 1000))

    assert max(while_there_is_room) < AT_ONCE_SECONDS
    assert waits[-2] < AT_ONCE_SECONDS
    assert heard(50) == frames(*range(2, 52))
    assert wait_until_sent(10)


@pytest.mark.parametrize("forbidden", ["publish", "client|reply"])
def test_a_redis_that_refuses_is_heard_of(redis, heard, caplog, forbidden):
    Client.from_url(redis.url).execute_command("ACL", "SETUSER", "default", f"-{forbidden}")

    say(1)

    until(lambda: "Events do not reach Redis (NoPermissionError)" in caplog.text)
