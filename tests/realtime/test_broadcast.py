"""How frames reach Redis: nobody waits for it, and what is announced once it is there again reaches it."""

import time as machine
from threading import Thread
from threading import enumerate as threads
from uuid import uuid4

import pytest
from realtime.blackouts import Redis, until
from redis import Redis as Client

from notifications.realtime import channels
from notifications.realtime.broadcast import IDLE_SECONDS, Event, Sender, announce, wait_until_sent

# A caller that does not wait takes microseconds, on a busy machine more; who waits does so until the time-out.
AT_ONCE_SECONDS, TIME_OUT_SECONDS = 2, 5
RECIPIENTS = "findr:*:feed:?*"


@pytest.fixture
def redis(settings):
    redis = Redis()
    redis.start()
    time_outs = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), TIME_OUT_SECONDS)
    default = {**settings.CACHES["default"], "LOCATION": redis.url, "OPTIONS": time_outs}
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


def say(*numbers, by=announce):
    who = uuid4()
    began = machine.monotonic()
    by([Event(who, number, f"frame {number}") for number in numbers])
    return machine.monotonic() - began


def nobody_connects():
    """The thread that connected has ended: until then it sends what others announce, and waits in their place."""
    until(lambda: all(thread.name != "broadcast" for thread in threads()))


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
    nobody_connects()
    with redis.standing_still():
        while_there_is_room = [say(number) for number in range(2, 22)]
        waits = sorted(say(number) for number in range(22, 1000))

    assert max(while_there_is_room) < AT_ONCE_SECONDS
    assert waits[-2] < AT_ONCE_SECONDS <= waits[-1]
    assert heard(20) == frames(*range(2, 22))
    assert wait_until_sent(10)


REFUSED = "Events do not reach Redis (NoPermissionError)"


def forbid(redis, command):
    Client.from_url(redis.url).execute_command("ACL", "SETUSER", "default", f"-{command}")


@pytest.mark.parametrize("forbidden", ["publish", "client|reply"])
def test_a_redis_that_refuses_is_heard_of(redis, heard, caplog, forbidden):
    forbid(redis, forbidden)

    say(1)

    until(lambda: REFUSED in caplog.text)


def test_a_redis_that_begins_to_refuse_is_heard_of_with_the_next_connection(redis, heard, caplog):
    sender = Sender(kept_seconds=0.5)
    say(1, by=sender.take)
    assert heard(1) == frames(1)
    forbid(redis, "publish")
    machine.sleep(0.6)

    say(2, by=sender.take)

    until(lambda: REFUSED in caplog.text)


def test_a_new_connection_each_while_loses_nothing_and_leaves_none_behind(redis, heard):
    client, sender = Client.from_url(redis.url), Sender(kept_seconds=0.01)
    others = len(client.client_list())
    for number in range(100):
        say(number, by=sender.take)
        machine.sleep(0.005)

    assert {number for number, _ in heard(100)} == set(range(100))
    assert sender.wait(10)
    until(lambda: len(client.client_list()) <= others + 1)


def test_whoever_waits_does_so_while_it_is_connected(redis, heard):
    sender = Sender()
    say(*range(500), by=sender.take)  # The first of all: nobody has connected yet.

    assert sender.wait(10)
    assert heard(500) == frames(*range(500))


def test_whoever_waits_is_told_that_it_was_in_vain(redis):
    sender = Sender()
    with redis.standing_still():
        say(1, by=sender.take)
        assert not sender.wait(0.2)


def test_whoever_waits_is_not_told_that_what_is_on_its_way_has_left(redis, heard):
    sender = Sender()
    say(1, by=sender.take)
    assert heard(1) == frames(1)
    nobody_connects()
    large = Event(uuid4(), 2, "x" * 2**22)  # More than the buffers have room for.
    with redis.standing_still():
        sending = Thread(target=sender.take, args=([large],))
        sending.start()
        until(sender._sending.locked)
        assert not sender.wait(0.2)

    sending.join()
    assert sender.wait(10)
    assert heard(1) == [(2, large.text)]


def test_a_connection_on_which_redis_speaks_is_given_up(redis, heard):
    sender = Sender()
    say(1, by=sender.take)
    assert heard(1) == frames(1)
    nobody_connects()
    speaking = sender._connection
    speaking.send_command("CLIENT", "REPLY", "ON")
    machine.sleep(IDLE_SECONDS + 0.1)

    say(2, by=sender.take)

    assert heard(1) == frames(2)
    assert not speaking.is_connected


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_goes_wrong_unforeseen_does_not_end_the_sending_for_ever(redis, heard, settings):
    sender, right = Sender(), settings.CACHES
    settings.CACHES = {**right, "default": {**right["default"], "LOCATION": "no address at all"}}
    say(1, by=sender.take)
    nobody_connects()
    settings.CACHES = right

    say(2, by=sender.take)

    assert heard(2) == frames(1, 2)


def test_a_connection_that_was_closed_here_is_not_used_again(redis, heard):
    sender = Sender()
    say(1, by=sender.take)
    assert heard(1) == frames(1)
    sender._connection.disconnect()

    for number in range(2, 300):  # With answers that nobody reads, it would come to stand still.
        say(number, by=sender.take)

    assert heard(298) == frames(*range(2, 300))
    assert not sender._connection.can_read(0.2)
