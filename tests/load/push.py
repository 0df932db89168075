"""How fast do pushes leave? `bin/test --exec python tests/load/push.py [--notifications 5000] [--workers 1] [--rate 50]`

Real workers, and a sandbox of FCM that answers each call after a latency; 2 % of the phones are gone, 3 % are answered 429
and 2 % 500 at first. Each change tells two people, with a phone each. Without `--rate` all notifications wait when the
workers start; with it so many changes a second are committed meanwhile, and what counts is the time from a commit to the
moment at which it is written down that FCM has taken the message. Prints the figures.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
PATIENCE_SECONDS = 600
COMMITTERS = 8


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--notifications", type=int, default=5000)
    options.add_argument("--rate", type=float, default=0, help="changes a second; 0: all of them wait already")
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--latency", type=float, default=0.05)
    given = options.parse_args()
    from findr.sandbox.client import SandboxClient
    from findr.sandbox.process import start_sandbox

    with start_sandbox() as base:
        sandbox = SandboxClient(base)
        for name, vendor in (("STRIPE", "stripe"), ("FIREBASE", "fcm")):
            os.environ[f"{name}_BASE"] = getattr(sandbox, vendor).base_url
        booking = prepare()
        from pushed_crowd import make_crowd, misbehave

        people, addresses = make_crowd(given.notifications)
        counts = misbehave(sandbox.fcm, addresses)
        sandbox.fcm.misbehave({"path": "v1/*", "action": "delay", "seconds": given.latency, "times": None})
        workers = start_workers(given) if given.rate else []
        tell_all(people[:2], booking)
        wait_for_the_first() if given.rate else None
        began, spent = time.monotonic(), cpu_of(workers)
        tell_all(people[2:], booking, rate=given.rate)
        committed = time.monotonic() - began
        if not given.rate:
            workers = start_workers(given)
            wait_for_the_first()
            began, spent = time.monotonic(), cpu_of(workers)
        try:
            wait_until_over()
            report(time.monotonic() - began, committed, counts, sandbox, cpu_of(workers) - spent, given)
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait(30)


def prepare():
    """The cast, and the booking that everybody is told of."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    from cast import Person, run_jobs
    from django.core.management import call_command

    from findr.accounts.models import User
    from providers import demo

    call_command("migrate", verbosity=0)
    demo.load()
    booking = Person(User.objects.get(email="pat@example.test")).has_asked()
    run_jobs()
    return booking


def tell_all(people, booking, *, rate=0.0):
    """So many changes a second, or as many as there can be, from several threads, as in a web process; each tells two people."""
    from pushed_crowd import tell

    began, changes = time.monotonic(), []
    with ThreadPoolExecutor(COMMITTERS) as pool:
        for change, first in enumerate(range(0, len(people), 2)):
            if rate:
                time.sleep(max(0.0, began + change / rate - time.monotonic()))
            changes.append(pool.submit(tell, people[first : first + 2], booking))
    for change in changes:
        change.result()


def start_workers(given):
    command = [sys.executable, "manage.py", "run_worker", "--concurrency", str(given.concurrency)]
    return [subprocess.Popen(command, cwd=ROOT) for _ in range(given.workers)]


def wait_for_the_first():
    """Until a worker has started: what that takes is not what a push costs."""
    from django.db import connection
    from pushed_crowd import outcomes

    deadline = time.monotonic() + PATIENCE_SECONDS
    while set(outcomes()) <= {"waiting"}:
        assert time.monotonic() < deadline
        connection.close()
        time.sleep(0.1)


def wait_until_over():
    """Until no job and no push waits."""
    from cast import promised
    from django.db import connection
    from pushed_crowd import outcomes

    deadline = time.monotonic() + PATIENCE_SECONDS
    while promised(telling=True) or outcomes().get("waiting") or not outcomes():
        assert time.monotonic() < deadline, outcomes()
        connection.close()
        time.sleep(0.5)


def cpu_of(processes):
    """Seconds of CPU that they have used so far."""
    fields = [Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split() for one in processes]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def report(took, committed, counts, sandbox, spent, given):
    from pushed_crowd import outcomes

    from notifications.models import Delivery, Device

    rows = Delivery.objects.filter(transport="push", state="sent").select_related("notification")
    waits = [wait_of(row) for row in rows]
    reached = [sent["address"] for sent in sandbox.fcm.messages() if sent["address"].startswith("crowd:")]
    calls = [call for call in sandbox.fcm.calls() if call["status"] != 401]
    print(
        f"{given.notifications} notifications, {given.workers} worker(s) of {given.concurrency}, FCM in {given.latency} s"
    )
    first = [row.finished_at for row in rows if row.attempts == 1]
    rate = len(first) / (max(first) - min(first)).total_seconds()
    print(f"  committed in {committed:.1f} s; first tries: {rate:.0f} a second; all over after {took:.1f} s")
    print(f"  phones: {dict(counts)}; outcomes: {outcomes()}; posts: {len(calls)}")
    print(
        f"  reached: {len(reached)}, twice: {len(reached) - len(set(reached))}; phones left: {Device.objects.count()}"
    )
    print(f"  workers' CPU once they had begun: {spent / given.notifications * 1000:.1f} ms each")
    if given.rate:
        print(f"  {given.rate:.0f} changes/s, {2 * given.rate:.0f} notifications/s; from commit to taken by FCM:")
        print(f"    all: {spread(waits)}")
        print(f"    taken at the first try: {spread([wait_of(row) for row in rows if row.attempts == 1])}")


def wait_of(row):
    return (row.finished_at - row.notification.created_at).total_seconds()


def spread(waits):
    ordered = sorted(waits)
    shares = {f"p{share}": ordered[len(ordered) * share // 100] for share in (50, 95, 99)}
    return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in {**shares, "max": ordered[-1]}.items())


if __name__ == "__main__":
    main()
