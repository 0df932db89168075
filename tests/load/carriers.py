"""What carries an event from Redis to the sockets of a process? `bin/test --exec python tests/load/carriers.py [--people 1000]`

Channels' Redis layer with a channel for each socket, the same with one for each process, and the connection that findr has
of its own (`notifications/realtime`). No web server takes part. Prints what joining and sending cost.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from time import perf_counter
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
TEXT = "x" * 2500


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=1000)
    given = options.parse_args()
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    for carrier in (a_channel_for_each_socket, a_channel_for_each_process, a_connection_of_our_own):
        asyncio.run(carrier([uuid4() for _ in range(given.people)]))


async def a_channel_for_each_socket(people):
    layer, began = layer_of(), perf_counter()
    channels = [await layer.new_channel() for _ in people]
    for who, channel in zip(people, channels, strict=True):
        await layer.group_add(f"feed.{who}", channel)
    joined = perf_counter() - began
    readers = [asyncio.create_task(layer.receive(channel)) for channel in channels]
    began = perf_counter()
    for who in people:
        await layer.group_send(f"feed.{who}", {"type": "event", "text": TEXT})
    await asyncio.gather(*readers)
    report("a layer's channel for each socket", people, joined, perf_counter() - began)


async def a_channel_for_each_process(people):
    layer, began = layer_of(), perf_counter()
    channel = await layer.new_channel()
    for who in people:
        await layer.group_add(f"feed.{who}", channel)
    joined, began = perf_counter() - began, perf_counter()
    for who in people:
        await layer.group_send(f"feed.{who}", {"type": "event", "text": TEXT})
    for _ in people:
        await layer.receive(channel)
    report("a layer's channel for each process", people, joined, perf_counter() - began)


async def a_connection_of_our_own(people):
    from notifications.realtime.broadcast import Event, announce
    from notifications.realtime.subscription import Subscription

    heard, over = set(), asyncio.Event()

    def hear(recipient, seq, text):
        heard.add(recipient)
        if len(heard) == len(people):
            over.set()

    subscription = Subscription(hear)
    running = asyncio.create_task(subscription.run())
    await asyncio.sleep(0.5)
    began = perf_counter()
    for who in people:
        await subscription.add(who)
    joined, began = perf_counter() - began, perf_counter()
    announce(Event(who, 1, TEXT) for who in people)
    await asyncio.wait_for(over.wait(), 60)
    report("a connection of our own", people, joined, perf_counter() - began)
    running.cancel()


def layer_of():
    from channels_redis.pubsub import RedisPubSubChannelLayer

    return RedisPubSubChannelLayer(hosts=[os.environ["REDIS_URL"]])


def report(what, people, joined, took):
    print(f"{what}: joining {joined / len(people) * 1000:.2f} ms each, {len(people)} events {took * 1000:.0f} ms")


if __name__ == "__main__":
    main()
