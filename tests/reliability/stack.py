"""findr as it runs, each process of the Procfile once, behind transports that can go away and come back: Redis, Firebase, the
mail server, and the process that holds the sockets.
"""

import asyncio
import os
import random
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from contract.over_http import Wire
from django.conf import settings
from django.db import connection
from gate import Gate
from mail_servers import smtp_server
from procrastinate.contrib.django import app as job_app
from procrastinate.exceptions import AlreadyEnqueued
from realtime.blackouts import Redis, until
from realtime.listeners import Listener
from reliability import process
from reliability.story import jobs_to_do

from notifications.models import Delivery, FeedEvent

SWEEPS = {"push": "notifications.sweep_deliveries", "mail": "notifications.sweep_mails"}
# A day's waits in the time of a test.
IMPATIENT = {
    "PUSH_CALL_SECONDS": 3.0,
    "EMAIL_TIMEOUT": 3.0,
    "DELIVERY_RETRY_SECONDS": 0.1,
    "DELIVERY_RETRY_CAP_SECONDS": 0.3,
    "SOCKET_LOOK_SECONDS": 0.5,
}
NEVER = 1e9
PUSH, MAIL = frozenset({"push"}), frozenset({"mail"})


@dataclass(frozen=True)
class Outage:
    """One way to be away, and how it is brought about and mended.

    Attributes:
        silences: the transports whose messages wait as long.
    """

    begin: Callable[[], None]
    end: Callable[[], None]
    silences: frozenset[str] = frozenset()


@dataclass
class Stack:
    """What runs, and who listens.

    Attributes:
        ways: every way of a transport to be away, by its name.
        mailed: the mails that the mail server took.
    """

    wire: Wire
    ways: dict[str, Outage]
    mailed: list[bytes]
    listeners: list[Listener]

    def let_work(self, job: str = "") -> None:
        """Have the worker run this job, and whatever waits; returns when nothing does."""
        if job:
            _ring(job)
        until(lambda: not jobs_to_do())

    def catch_up(self, transports: Iterable[str] = tuple(SWEEPS)) -> None:
        """What the worker's clock does, until nothing is left to send by these transports."""
        for transport in transports:
            until(lambda transport=transport: self._has_sent(transport))

    def _has_sent(self, transport: str) -> bool:
        if not Delivery.objects.filter(transport=transport, state="waiting").exists():
            return True
        self.let_work(SWEEPS[transport])
        return False

    def unheard(self) -> list[UUID]:
        """Whose socket has not brought them all of their feed, once and in order; they are given a while."""
        with suppress(pytest.fail.Exception):
            until(lambda: not self._behind())
        return self._behind()

    def _behind(self) -> list[UUID]:
        kept = defaultdict(list)
        for event in FeedEvent.objects.order_by("seq"):
            kept[event.recipient].append(event.frame)
        return [one.recipient for one in self.listeners if one.frames != kept[one.recipient] or one.faults]


def _ring(job: str) -> None:
    with suppress(AlreadyEnqueued):
        job_app.configure_task(job).defer(timestamp=0)


@contextmanager
def running(sandbox, people):
    """The whole stack, on the test's database; everybody of these people listens at the socket process."""
    at = urlsplit(sandbox.fcm.base_url)
    with smtp_server() as mail, closing(Redis()) as redis, closing(Gate(at.port)) as fcm_gate:
        redis.start()
        with closing(Gate(mail.server_address[1])) as mail_gate:
            given = IMPATIENT | {
                "CACHES": {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": redis.url}},
                "FIREBASE_BASE": f"http://127.0.0.1:{fcm_gate.port}{at.path}",
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "127.0.0.1",
                "EMAIL_PORT": mail_gate.port,
            }
            sockets = process.Sockets(**given)
            ways = {
                "Redis is gone": Outage(redis.kill, redis.start),
                "Redis hangs": _freezing(redis),
                "FCM is gone": Outage(fcm_gate.shut, fcm_gate.open, PUSH),
                "FCM does not answer": Outage(fcm_gate.hang, fcm_gate.open, PUSH),
                "FCM answers 500": Outage(lambda: sandbox.fcm.fail(500, times=None), sandbox.behave, PUSH),
                "the mail server is gone": Outage(mail_gate.shut, mail_gate.open, MAIL),
                "the mail server does not answer": Outage(mail_gate.hang, mail_gate.open, MAIL),
                "the socket process is gone": Outage(sockets.kill, sockets.start),
                "the socket process hangs": _freezing(sockets),
            }
            with process.web(**given) as (_, port), process.worker(**given), closing(sockets):
                sockets.start()
                with listening(sockets.port, people) as listeners:
                    yield Stack(Wire(f"http://127.0.0.1:{port}"), ways, mail.taken, listeners)


def _freezing(one) -> Outage:
    return Outage(
        lambda: os.kill(one.process.pid, signal.SIGSTOP),
        lambda: os.kill(one.process.pid, signal.SIGCONT),
    )


@contextmanager
def listening(port, people):
    """A socket of each of them that comes back whenever it breaks."""
    over = []
    listeners = [Listener(port, one.id, one.token, feed_of, random.Random(0), NEVER) for one in people]

    async def listen():
        is_over = asyncio.Event()
        over.append((asyncio.get_running_loop(), is_over))
        await asyncio.gather(*(one.listen(is_over) for one in listeners))

    thread = Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    try:
        until(lambda: over)
        yield listeners
    finally:
        loop, is_over = over[0]
        loop.call_soon_threadsafe(is_over.set)
        thread.join(30)


def feed_of(recipient, last):
    """What the REST twin would give out, up to this number."""
    try:
        return list(
            FeedEvent.objects.filter(recipient=recipient, seq__lte=last).order_by("seq").values_list("frame", flat=True)
        )
    finally:
        connection.close()
