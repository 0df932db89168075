"""How many processes and machines does a load want? `python tests/load/capacity.py` prints the table of docs/scaling.md.

`bin/test --exec python tests/load/capacity.py --check [--clients 16] [--processes 1] [--creates 400] [--latency 0.05]` measures
creates once, has the same load simulated from the CPU times that were measured meanwhile, and prints both with the error.

The figures are CPU milliseconds per call, of findr and of PostgreSQL, as docs/performance.md says how to measure them. They stand
here and nowhere else: put others in, and paste the table that comes of them.
"""

import argparse
import math
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "load")]

# What a booking causes in its life: how often, and (findr, PostgreSQL) in milliseconds of CPU each time.
WEB = {
    "create": (1, (16.0, 6.5)),
    "confirm": (1, (14.0, 5.7)),
    "free times of a day": (4, (5.5, 1.5)),
    "a practice's list": (5, (8.8, 2.4)),
    "its answer queue": (5, (5.0, 1.6)),
    "a patient's list": (4, (6.7, 1.2)),
}
WORKER = {
    "push": (3, (2.6, 0.6)),
    "mail": (4, (6.0, 2.0)),
}
# Frames that a booking tells, and the CPU of a socket process for each socket that a frame goes to.
FRAMES, SOCKETS_FOLLOWING, FRAME_MS = 6, 1.5, 0.04
# Of a core that is planned with: above it a queue grows (the simulation says by how much).
FULL = 0.6
CORES = 8
# The busiest hour of a day has so many times its average.
PEAK = 3
# Sockets that one process holds, and what is known of their memory.
SOCKETS = 5000
LOADS = (0.2, 2, 10, 40, 150)
HEAD = (
    "bookings per second at the peak, per day",
    "web: cores at work, processes",
    "workers",
    "socket processes",
    "PostgreSQL: cores at work",
    "machines",
)


def at_work(works, per_second):
    """Cores that findr and PostgreSQL keep busy with these."""
    return tuple(sum(often * cost[side] for often, cost in works.values()) * per_second / 1000 for side in (0, 1))


def row(per_second, connected_per_booking=200):
    """What so many bookings per second want.

    Args:
        connected_per_booking: open sockets for each booking per second: people look at their apps for minutes.
    """
    web, database = at_work(WEB, per_second)
    work, more = at_work(WORKER, per_second)
    frames = FRAMES * SOCKETS_FOLLOWING * FRAME_MS * per_second / 1000
    processes = max(2, math.ceil(web / FULL))
    workers = max(2, math.ceil(work / FULL))
    sockets = max(1, math.ceil(frames / FULL), math.ceil(per_second * connected_per_booking / SOCKETS))
    database_cores = (database + more) / FULL
    machines = math.ceil((processes + workers + sockets) / CORES)
    of_database = f"1 of {power_of_two(database_cores)} cores" if database_cores <= 64 else "more than one"
    together = (
        "1 for all"
        if processes + workers + sockets + database_cores <= CORES
        else f"{machines} of {CORES} cores, PostgreSQL {of_database}"
    )
    return (
        f"{per_second:g}, {per_second * 86400 / PEAK:,.0f}",
        f"{web:.2f}, {processes}",
        str(workers),
        str(sockets),
        f"{database + more:.2f}",
        together,
    )


def power_of_two(cores):
    return max(2, 2 ** math.ceil(math.log2(cores)))


def table():
    """Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *(row(load) for load in LOADS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def arithmetic():
    """Markdown: what a booking costs in all."""
    lines = [("what a booking causes", "how often", "findr, ms", "PostgreSQL, ms"), ("---",) * 4]
    lines += [
        (name, f"{often}", *(f"{often * one:.1f}" for one in cost)) for name, (often, cost) in {**WEB, **WORKER}.items()
    ]
    totals = [sum(often * cost[side] for often, cost in {**WEB, **WORKER}.values()) for side in (0, 1)]
    lines.append(("in all", "", *(f"{one:.0f}" for one in totals)))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--check", action="store_true")
    options.add_argument("--clients", type=int, default=16)
    options.add_argument("--processes", type=int, default=1)
    options.add_argument("--creates", type=int, default=400)
    options.add_argument("--latency", type=float, default=0.05)
    given = options.parse_args()
    if given.check:
        check(given)
    else:
        print(f"{arithmetic()}\n\n{table()}")


def check(given):
    """One measurement, and the simulation of it, which knows nothing of what else is at work on the machine."""
    os.environ["LOG_LEVEL"] = "WARNING"
    from create import WARMING, free_port, prepare, run, until_alive, web_process

    from findr.sandbox.client import SandboxClient
    from findr.sandbox.process import launch, stop

    vendors, base = launch()
    sandbox = SandboxClient(base)
    os.environ["STRIPE_BASE"] = sandbox.stripe.base_url
    bodies = prepare(given.creates + WARMING, None)
    sandbox.misbehave({"path": "*", "action": "delay", "seconds": given.latency, "times": None})
    ports = [free_port() for _ in range(given.processes)]
    servers = [subprocess.Popen(web_process(port), cwd=ROOT) for port in ports]
    try:
        for port in ports:
            until_alive(port)
        run(ports, bodies[:WARMING], given.clients)
        meter = Meter(servers, vendors.pid)
        results = run(ports, bodies[WARMING:], given.clients)
        compare(results, meter.read(len(results)), given)
    finally:
        for server in servers:
            server.terminate()
            server.wait(20)
        stop(vendors)


class Meter:
    """CPU seconds since it was made: of findr, PostgreSQL, what else belongs to the load, and everybody else on the machine."""

    def __init__(self, servers, vendors):
        self.servers, self.vendors = servers, vendors
        self.began, self.before = time.monotonic(), self._all()

    def _all(self):
        from create import cpu_of, cpu_of_all, cpu_of_postgres

        return cpu_of_all(self.servers), cpu_of_postgres(), cpu_of(self.vendors) + time.process_time(), busy()

    def read(self, calls):
        """Seconds that it took; milliseconds per call of findr, PostgreSQL, and the rest of ours; cores that others had."""
        took = time.monotonic() - self.began
        findr, database, beside, everybody = (b - a for a, b in zip(self.before, self._all(), strict=True))
        others = max(0.0, everybody - findr - database - beside) / took
        return took, [spent / calls * 1000 for spent in (findr, database, beside)], others


def busy():
    """CPU seconds of the machine so far that somebody used."""
    user, nice, system, _idle, _io, irq, soft, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def compare(results, measured, given):
    from simulation import Call, Machine

    took, spent, others = measured
    machine = Machine(os.cpu_count(), given.processes)
    foretold = machine.run_closed(Call(*spent, waits=(given.latency * 1000,)), given.clients, len(results))
    times = sorted(seconds * 1000 for *_, seconds in results)
    found = (len(times) / took, times[len(times) // 2], times[int(len(times) * 0.95)])
    print(
        f"CPU ms per create: findr {spent[0]:.1f}, PostgreSQL {spent[1]:.1f}, clients and vendor {spent[2]:.1f}; others had {others:.2f} cores"
    )
    for name, ours, theirs in zip(
        ("creates/s", "p50 ms", "p95 ms"), found, (foretold.per_second, foretold.p50, foretold.p95), strict=True
    ):
        print(f"{name:<10} measured {ours:8.1f}   simulated {theirs:8.1f}   {100 * (theirs / ours - 1):+.0f} %")


if __name__ == "__main__":
    main()
