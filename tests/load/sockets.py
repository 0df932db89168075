"""What do open sockets cost, and how fast is an event? `bin/test --exec python tests/load/sockets.py [--server uvicorn]
[--sockets 1000 5000] [--churn 10000] [--idle-minutes 60 --idle-sockets 500]`

A real web process whose limits are raised, events that are committed by this process, and clients that only note when a
frame came. Prints a table: connects a second, memory for each socket, and from commit to client: one event to all sockets,
and a thousand events of one commit to a thousand people. Then memory over connects and disconnects, or over an idle time.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/load")]
RAISED = {"RATE_CONNECT": "100000000/60", "SOCKETS_PER_IDENTITY": "1000000", "LOG_LEVEL": "WARNING"}
ROUNDS, PEOPLE = range(9), 1000
SERVERS = {
    "daphne": "-m daphne -v 0 -b 127.0.0.1 -p {port} findr.asgi:application",
    "uvicorn": "-m uvicorn --host 127.0.0.1 --port {port} --lifespan off --log-level warning --ws websockets-sansio"
    " --ws-per-message-deflate false --ws-ping-interval 20 --ws-ping-timeout 30 findr.asgi:application",
}
# A frame about as large as a practice's view of a booking.
BODY = {"data": {"filling": "x" * 2000}}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--server", choices=SERVERS, default="daphne")
    options.add_argument("--sockets", type=int, nargs="*", default=[1000, 5000])
    options.add_argument("--churn", type=int, default=0)
    options.add_argument("--idle-minutes", type=float, default=0)
    options.add_argument("--idle-sockets", type=int, default=500)
    given = options.parse_args()
    people = prepare(max([*given.sockets, given.idle_sockets, PEOPLE]))
    print(f"{given.server}, {os.cpu_count()} cores; milliseconds from commit to client")
    for number in given.sockets:
        with Serving(given.server) as server:
            asyncio.run(measure(server, people, number))
    if given.churn:
        with Serving(given.server) as server:
            asyncio.run(churn(server, people, given.churn))
    if given.idle_minutes:
        with Serving(given.server) as server:
            asyncio.run(idle(server, people[: given.idle_sockets], given.idle_minutes * 60))


def prepare(number):
    """So many patients: (id, address of their socket) of each."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    from cast import Person
    from django.core.management import call_command

    from findr.accounts.models import User

    call_command("migrate", verbosity=0)
    users = User.objects.bulk_create(
        User(email=f"load{index}@example.test", role="patient", first_name="Lo", last_name="Ad")
        for index in range(number)
    )
    return [(user.id, f"/api/bookings/realtime?userId={user.id}&token={Person(user).token}") for user in users]


class Serving:
    """One web process for the block."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        from create import free_port, until_alive

        self.port = free_port()
        words = SERVERS[self.kind].format(port=self.port).split()
        self.process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env={**os.environ, **RAISED})
        until_alive(self.port)
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    @property
    def kilobytes(self):
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])


async def measure(server, people, number):
    """Sockets of as many people, then as many of one."""
    from wire_client import connected

    # The first sockets bring what all share.
    await disconnected(server, await connected(server.port, [target for _, target in people[:50]]))
    before, began = server.kilobytes, perf_counter()
    clients = await connected(server.port, [target for _, target in people[:number]])
    took, grown = perf_counter() - began, server.kilobytes - before
    print(f"{number} sockets: {number / took:.0f} connects/s, {grown / number:.1f} KiB for each")
    some = [who for who, _ in people[:PEOPLE]]
    report(server, f"{PEOPLE} events to {PEOPLE} people", [await told(server, clients[:PEOPLE], some) for _ in ROUNDS])
    await disconnected(server, clients)
    clients = await connected(server.port, [people[0][1]] * number)
    one = [people[0][0]]
    report(server, f"one event to {number} sockets", [await told(server, clients, one) for _ in ROUNDS])
    await disconnected(server, clients)


async def told(server, clients, recipients):
    """Commit an event for each of these at once; how long each client waited for its own, sorted, and the server's CPU
    time; in milliseconds.
    """
    busy, seen = cpu_of(server.process.pid), [len(client.arrivals) for client in clients]
    committed_at = await asyncio.to_thread(commit, recipients)
    deadline = perf_counter() + 30
    while any(len(client.arrivals) == before for client, before in zip(clients, seen, strict=True)):
        assert perf_counter() < deadline, "an event did not come"
        await asyncio.sleep(0.02)
    times = sorted((client.arrivals[-1] - committed_at) * 1000 for client in clients)
    return times, (cpu_of(server.process.pid) - busy) * 1000


def cpu_of(pid):
    from create import cpu_of

    return cpu_of(pid)


def commit(recipients):
    from django.db import connection, transaction

    from notifications.services import Frame, publish

    committed_at = []
    try:
        with transaction.atomic():
            # Before the frames are handed on: what is measured begins with the commit.
            transaction.on_commit(lambda: committed_at.append(perf_counter()))
            publish([Frame(who, "test", None, BODY) for who in recipients])
    finally:
        connection.close()
    return committed_at[0]


def report(server, what, rounds):
    cuts = [(times[len(times) // 2], times[int(len(times) * 0.99)], busy) for times, busy in rounds[1:]]
    middle = [statistics.median(column) for column in zip(*cuts, strict=True)]
    best = [min(column) for column in zip(*cuts, strict=True)]
    print(
        f"  {what}: p50 {middle[0]:.0f}, p99 {middle[1]:.0f} (the best of {len(cuts)}: {best[0]:.0f}, {best[1]:.0f});"
        f" {server.kind} {middle[2]:.0f} ms of CPU"
    )


async def disconnected(server, clients):
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(3)


async def churn(server, people, number):
    """Connects and disconnects, a hundred at a time; memory along the way."""
    from wire_client import connected

    marks = [server.kilobytes]
    for start in range(0, number, 100):
        clients = await connected(server.port, [people[(start + one) % len(people)][1] for one in range(100)])
        for client in clients:
            client.transport.abort()
        if start * 10 // number != (start + 100) * 10 // number:
            await asyncio.sleep(2)
            marks.append(server.kilobytes)
    print(f"{number} connects and disconnects: resident KiB {marks}")


async def idle(server, people, seconds):
    """Open sockets on which nothing happens but pings."""
    from wire_client import connected

    clients = await connected(server.port, [target for _, target in people])
    await asyncio.sleep(5)
    marks = [server.kilobytes]
    for _ in range(2):
        await asyncio.sleep(seconds / 2)
        marks.append(server.kilobytes)
    lost = sum(client.transport.is_closing() for client in clients)
    print(f"{len(clients)} idle sockets for {seconds / 60:.0f} minutes: resident KiB {marks}, {lost} lost")


if __name__ == "__main__":
    main()
