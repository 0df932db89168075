"""How fast is a create? `bin/test --exec python tests/load/create.py [--instant] [--clients 16] [--creates 600] [--latency 0.05]
[--server daphne|granian] [--processes 2]`

A real server, Daphne or granian, of so many processes, a real sandbox that answers each call after a latency, patients who
each ask once: for requests or, with `--instant`, at practices with a calendar connected, half of them at Google and half at
Microsoft. Prints the latencies, what became of the creates, each vendor's calls, and the CPU time per create of findr and of
PostgreSQL.
"""

import argparse
import http.client
import json
import os
import queue
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
WARMING = 50
# As many as there are clients by default: vendors limit the calls about one account.
PRACTICES = 16


def main():
    options = argparse.ArgumentParser()
    options.add_argument(
        "--instant", action="store_true", help="practices with a calendar, free at every time asked for"
    )
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--creates", type=int, default=600)
    options.add_argument("--server", choices=["daphne", "granian"], default="daphne")
    options.add_argument("--processes", type=int, default=1, help="web processes: Daphne's each on a port of its own")
    options.add_argument("--latency", type=float, default=0.05)
    given = options.parse_args()
    from findr.sandbox.client import SandboxClient
    from findr.sandbox.process import start_sandbox

    with start_sandbox() as base:
        sandbox = SandboxClient(base)
        for vendor in ("stripe", "google", "microsoft"):
            os.environ[f"{vendor.upper()}_BASE"] = getattr(sandbox, vendor).base_url
        bodies = prepare(given.creates, sandbox if given.instant else None)
        sandbox.misbehave({"path": "*", "action": "delay", "seconds": given.latency, "times": None})
        commands = web_processes(given.server, given.processes)
        ports = list(commands)
        servers = [subprocess.Popen(command, cwd=ROOT) for command in commands.values()]
        try:
            for port in ports:
                until_alive(port)
            run(ports, bodies[:WARMING], given.clients)  # Warm: connections, imports, caches.
            before = cpu_of_all(servers), cpu_of_postgres()
            calls = sandbox.log()[-1]["n"]
            began = time.monotonic()
            results = run(ports, bodies[WARMING:], given.clients)
            took = time.monotonic() - began
            after = cpu_of_all(servers), cpu_of_postgres()
            report(results, took, before, after, sandbox.log(since=calls), given)
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(20)


def web_processes(server, number):
    """The commands that start so many processes of this server, by the port of each; granian's share one."""
    if server == "granian":
        port = free_port()
        return {port: granian(port, number)}
    return {port: daphne(port) for port in (free_port() for _ in range(number))}


def daphne(port):
    return [
        *(sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)),
        "findr.asgi:application",
    ]


def granian(port, processes, threads=32):
    """The Procfile's `web`, with so many processes and threads."""
    from web import web_command

    return web_command(port, "web", WEB_PROCESSES=str(processes), WEB_THREADS=str(threads))


def cpu_of_all(servers):
    """Of these processes and of those that they have started."""
    return sum(cpu_of(pid) for server in servers for pid in (server.pid, *children_of(server.pid)))


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def prepare(number, sandbox):
    """So many patients, each with a token and one wish of their own; given a sandbox, each wish for a time that is free."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    from cast import Person
    from django.core.management import call_command

    from findr.accounts.models import User
    from providers import demo

    call_command("migrate", verbosity=0)
    demo.load()
    people = User.objects.bulk_create(
        [
            User(email=f"load{index}@example.test", role="patient", first_name="Lo", last_name="Ad")
            for index in range(number)
        ]
    )
    return list(zip([Person(user).token for user in people], wishes(number, sandbox), strict=True))


def wishes(number, sandbox):
    """Bodies of creates: at one practice, where requests keep no time, or at many, each hour of each once."""
    from cast import wish_at

    if sandbox is None:
        return [wish_at(days=2 + index % 50, hour=8 + index % 10) for index in range(number)]
    from connected import connected_practices

    places = connected_practices(PRACTICES, sandbox)
    hours = [(index % PRACTICES, *divmod(index // PRACTICES, 10)) for index in range(number)]
    return [wish_at(days=2 + day, hour=8 + hour, **places[practice]) for practice, day, hour in hours]


def run(ports, bodies, clients):
    """All the creates, by so many clients at once, each with one of the web processes; (status, body, seconds) of each."""
    waiting, results = queue.SimpleQueue(), []
    for body in bodies:
        waiting.put(body)

    def client(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                token, body = waiting.get_nowait()
            except queue.Empty:
                return connection.close()
            began = time.perf_counter()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            connection.request("POST", "/api/bookings", json.dumps(body), headers)
            response = connection.getresponse()
            answer = response.read()
            results.append((response.status, answer, time.perf_counter() - began))

    threads = [threading.Thread(target=client, args=[ports[one % len(ports)]]) for one in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def report(results, took, before, after, calls, given):
    times = sorted(seconds * 1000 for *_, seconds in results)
    became = Counter(f"{status} {json.loads(answer).get('bookingType', '')}".rstrip() for status, answer, _ in results)
    cuts = statistics.quantiles(times, n=100)
    number = len(results)
    print(f"{number} creates, {given.clients} clients, vendor latency {given.latency * 1000:.0f} ms: {dict(became)}")
    print(f"p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms; {number / took:.0f} creates/s")
    vendors = Counter(call["vendor"] for call in calls)
    shares = ", ".join(f"{vendor} {made / number:.2f}" for vendor, made in sorted(vendors.items()))
    print(f"vendor calls per create: {len(calls) / number:.2f} ({shares})")
    app, database = ((after[i] - before[i]) / number * 1000 for i in range(2))
    print(f"CPU per create: findr {app:.1f} ms, PostgreSQL {database:.1f} ms")


def cpu_of(pid):
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_postgres():
    """The same of all PostgreSQL processes of this user, those that have ended included."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    postmaster = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return ended + sum(cpu_of(child) for child in children_of(postmaster))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until_alive(port):
    for _ in range(2400):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return connection.close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
