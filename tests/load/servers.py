"""What does the server itself cost? `bin/test --exec python tests/load/servers.py [--clients 8] [--calls 160] [--rounds 3]
[--threads 4 16 32]`

A practice's list of 20 bookings, asked of Daphne and of granian with so many threads, one process of each, in turn, by clients
in a process of their own. Prints the medians of the rounds: CPU time per call of findr and of PostgreSQL, calls per second,
and latencies.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "load")]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--calls", type=int, default=160)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--threads", type=int, nargs="*", default=[4, 16, 32])
    options.add_argument("--ask", help="a client's own part: what to ask, as JSON")
    given = options.parse_args()
    if given.ask:
        return ask(**json.loads(given.ask))
    # Connections to PostgreSQL: all servers stand at once.
    os.environ.update(RATE_READ="1000000/60", WEB_THREADS="16")
    path, token = a_list()
    from create import daphne, free_port, granian, until_alive

    commands = {"Daphne": daphne, **{f"granian, {n} threads": threads_of(granian, n) for n in given.threads}}
    ports = {name: free_port() for name in commands}
    servers = {
        name: subprocess.Popen(command(ports[name]), cwd=ROOT, stderr=subprocess.DEVNULL)
        for name, command in commands.items()
    }
    try:
        for port in ports.values():
            until_alive(port)
        what = {"path": path, "token": token, "clients": given.clients, "calls": given.calls}
        report(servers, lambda name: asked(port=ports[name], **what), given.rounds)
    finally:
        for server in servers.values():
            server.terminate()
        for server in servers.values():
            server.wait(30)


def threads_of(granian, number):
    return lambda port: granian(port, 1, threads=number)


def a_list():
    """The path of a list of twenty, and the token of whose it is."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    from cast import RIDGE, Person
    from crowd import fill
    from django.core.management import call_command

    from findr.accounts.models import User
    from providers import demo
    from providers.models import Provider

    call_command("migrate", verbosity=0)
    demo.load()
    practice = Person(User.objects.get(email="ridge@example.test"), Provider.objects.get(id=RIDGE))
    fill(practice.provider, User.objects.get(email="pat@example.test"), 20)
    return f"/api/bookings/provider/{practice.id}", practice.token


def report(servers, load, rounds):
    from create import cpu_of_all, cpu_of_postgres

    results = {name: [] for name in servers}
    for number in range(rounds + 1):
        for name, server in servers.items():
            before = cpu_of_all([server]), cpu_of_postgres()
            took, times = load(name)
            app, database = (
                (after - earlier) / len(times) * 1000
                for after, earlier in zip((cpu_of_all([server]), cpu_of_postgres()), before, strict=True)
            )
            if number:  # The first round is the warm-up.
                cuts = statistics.quantiles(times, n=20)
                results[name].append((app, database, len(times) / took, cuts[9] * 1000, cuts[18] * 1000))
    for name, rows in results.items():
        app, database, rate, p50, p95 = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{name:<20} CPU {app:5.1f} + {database:.1f} ms, {rate:4.0f}/s, p50 {p50:4.0f} ms, p95 {p95:4.0f} ms")


def asked(**what):
    """Seconds in all, and of each call."""
    command = [sys.executable, __file__, "--ask", json.dumps(what)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def ask(port, path, token, clients, calls):
    times = []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(calls // clients):
            began = time.perf_counter()
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            response.read()
            assert response.status == 200
            times.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([time.perf_counter() - began, times]))


if __name__ == "__main__":
    main()
