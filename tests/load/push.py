"""How fast do pushes leave? `bin/test --exec python tests/load/push.py [--notifications 5000] [--workers 1] [--rate 50]`

Real workers, and a sandbox of FCM that answers each call after a latency; 2 % of the phones are gone, 3 % are answered 429
and 2 % 500 at first. Without `--rate` all notifications wait when the workers start; with it so many changes a second are
committed meanwhile, and what counts is the time from a commit to FCM's answer. Prints the figures.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
PATIENCE_SECONDS = 600


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
        from pushed_crowd import make_crowd, misbehave, tell

        people, addresses = make_crowd(given.notifications)
        counts = misbehave(sandbox.fcm, addresses)
        sandbox.fcm.misbehave({"path": "v1/*", "action": "delay", "seconds": given.latency, "times": None})
        workers = [] if not given.rate else start_workers(given)
        began = time.monotonic()
        for index, user in enumerate(people):
            if given.rate:
                time.sleep(max(0.0, began + index / given.rate - time.monotonic()))
            tell(user, booking)
        committed = time.monotonic() - began
        began = began if given.rate else time.monotonic()
        workers = workers or start_workers(given)
        try:
            wait_until_over()
            report(time.monotonic() - began, committed, counts, sandbox, workers, given)
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


def start_workers(given):
    command = [sys.executable, "manage.py", "run_worker", "--concurrency", str(given.concurrency)]
    return [subprocess.Popen(command, cwd=ROOT) for _ in range(given.workers)]


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


def cpu_of(pid):
    """Seconds of CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(took, committed, counts, sandbox, workers, given):
    from pushed_crowd import outcomes

    from notifications.models import Delivery, Device

    rows = Delivery.objects.filter(transport="push", state="sent").select_related("notification")
    waits = sorted((row.finished_at - row.notification.created_at).total_seconds() for row in rows)
    reached = [sent["address"] for sent in sandbox.fcm.messages() if sent["address"].startswith("crowd:")]
    calls = [call for call in sandbox.fcm.calls() if call["status"] != 401]
    print(
        f"{given.notifications} notifications, {given.workers} worker(s) of {given.concurrency}, FCM in {given.latency} s"
    )
    print(f"  committed in {committed:.1f} s; all over after {took:.1f} s: {given.notifications / took:.0f} a second")
    print(f"  phones: {dict(counts)}; outcomes: {outcomes()}; posts: {len(calls)}")
    print(
        f"  reached: {len(reached)}, twice: {len(reached) - len(set(reached))}; phones left: {Device.objects.count()}"
    )
    print(f"  workers' CPU: {sum(cpu_of(worker.pid) for worker in workers) / given.notifications * 1000:.1f} ms each")
    if given.rate:
        p50, p99 = (waits[int(len(waits) * share)] for share in (0.5, 0.99))
        fast = [wait for row, wait in first_tries(rows)]
        print(
            f"  at {given.rate:.0f} changes/s, commit to FCM's answer: p50 {p50:.2f} s, p99 {p99:.2f} s, max {waits[-1]:.2f} s"
        )
        print(f"    of those taken at the first try: p99 {fast[int(len(fast) * 0.99)]:.2f} s, max {fast[-1]:.2f} s")


def first_tries(rows):
    """Those that FCM refused at no time, by how long they took."""
    found = [
        (row, (row.finished_at - row.notification.created_at).total_seconds()) for row in rows if row.attempts == 1
    ]
    return sorted(found, key=lambda one: one[1])


if __name__ == "__main__":
    main()
