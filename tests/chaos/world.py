"""The real processes of one run: PostgreSQL, Redis, the vendors, the web process and the worker; kill them, start them.

The database is one that a crash may not cost a commit. All of it is driven by one thread: a process dies with the
thread that started it.
"""

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chaos.outages import Outage, of_a_moment

from findr.devstack.postgres import Cluster
from findr.devstack.postgres_programs import find_programs
from findr.devstack.processes import Child, Family
from findr.devstack.redis import Redis
from findr.devstack.state import ROOT, find_state
from findr.sandbox import process as sandbox_process
from findr.sandbox.client import SandboxClient

SURVIVES_A_CRASH = {"synchronous_commit": "on", "full_page_writes": "on", "fsync": "off"}
# Seconds. A day's waits in the time of a run; what must be longer than what still is.
PACE = {
    "MONEY_CALL_SECONDS": "2",
    "REQUEST_SECONDS": "3",
    "JOB_CALL_SECONDS": "3",
    "OPERATION_LEASE_SECONDS": "6",
    "IDEMPOTENCY_LEASE_SECONDS": "8",
    "OPERATION_RETRY_SECONDS": "0.3",
    "OPERATION_RETRY_CAP_SECONDS": "2",
    "CHECKOUT_POLL_SECONDS": "1",
    "LOST_INTENT_SECONDS": "8",
    "BOOKS_GRACE_SECONDS": "30",
    "CALENDAR_CALL_SECONDS": "1.5",
    "CALENDAR_WRITE_SECONDS": "2",
    "CALENDAR_LEASE_SECONDS": "6",
    "CALENDAR_RETRY_SECONDS": "0.3",
    "CALENDAR_RETRY_CAP_SECONDS": "2",
    "CALENDAR_POLL_SECONDS": "6",
    "CALENDAR_READ_SECONDS": "2",
    "RESERVATION_SECONDS": "8",
    "CALENDAR_RATE": "6000/60",
    "PUSH_CALL_SECONDS": "3",
    "DELIVERY_LEASE_SECONDS": "8",
    "DELIVERY_RETRY_SECONDS": "0.3",
    "DELIVERY_RETRY_CAP_SECONDS": "2",
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    "JOB_LOST_SECONDS": "20",
    "JOB_POLL_SECONDS": "0.2",
    "JOB_RETRY_CAP_SECONDS": "2",
    "WEB_THREADS": "16",
    "LOG_LEVEL": "INFO",
}
RATES = (
    *("CREATE_BOOKING", "WRITE", "READ", "REGISTER", "BAD_SIGNATURES", "SIGN_IN_FAILURES"),
    *("SIGN_IN_FAILURES_BY_ADDRESS", "STAFF_SIGN_IN_FAILURES", "STAFF_SIGN_IN_FAILURES_ELSEWHERE"),
)
WEBHOOK_SECRET = "whsec_of_the_chaos"
# Stripe tries for days; a run is shorter than that.
WEBHOOK_RETRIES = [0.5, 1.0, 2.0, 4.0, *[8.0] * 40]
READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
END_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query NOT LIKE 'LISTEN%'
"""


class NotReady(Exception):
    """A process did not come up; the text names its log."""


@dataclass
class Part:
    """One process of ours: how it is started, whether it is ready, and its present life."""

    name: str
    start: Callable[[], Child]
    is_ready: Callable[[], bool]
    child: Child | None = None
    outage: Outage | None = None
    lives: int = 0
    is_frozen: bool = False


@dataclass
class World:
    """Everything that runs, in a folder of its own."""

    folder: Path
    outages: list[Outage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.family = Family(self.folder / "children")
        self.port = _free_port()
        programs = find_programs(find_state().folder)
        programs.own(self.folder)
        self.redis = Redis(self.folder, self.folder / "redis.log")
        self.cluster = Cluster(
            programs, self.folder / "postgres", self.folder, self.folder / "postgres.log", settings=SURVIVES_A_CRASH
        )
        self.cluster.copy_from(find_state().folder / f"template-{programs.version}")
        self.parts = {
            "postgres": Part("postgres", self._start_postgres, lambda: True),
            "redis": Part("redis", self._start_redis, self.redis.answers),
            "web": Part("web", self._start_web, lambda: answers(self.port, "/healthz")),
            "worker": Part("worker", self._start_worker, lambda: True),
        }

    def open(self) -> None:
        """Start the servers and the vendors. The variables that lead to them are then in the environment."""
        for name in ("redis", "postgres"):
            self._begin(self.parts[name])
        self._await("redis")
        os.environ.update(
            PACE,
            DJANGO_SETTINGS_MODULE="findr.settings",
            PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            DATABASE_URL=self.cluster.url,
            REDIS_URL=self.redis.url,
            FINDR_CLOCK_FILE=str(self.folder / "clock"),
            STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
            CALENDAR_PUSH_URL=f"http://127.0.0.1:{self.port}",
            EMAIL_FILE_PATH=str(self.folder / "mail"),
            **{f"RATE_{name}": "1000000/60" for name in RATES},
        )
        self._vendors, base = sandbox_process.launch(self.folder / "sandbox")
        self.sandbox = SandboxClient(base, timeout=30)
        for vendor in ("stripe", "google", "microsoft"):
            os.environ[f"{vendor.upper()}_BASE"] = getattr(self.sandbox, vendor).base_url
        os.environ["FIREBASE_BASE"] = self.sandbox.fcm.base_url
        self.sandbox.stripe.webhooks.send_to(
            f"http://127.0.0.1:{self.port}/api/payments/webhook",
            WEBHOOK_SECRET,
            retry_seconds=WEBHOOK_RETRIES,
            timeout_seconds=10,
            at_once=8,
        )

    def serve(self) -> None:
        """Start what is ours, on a database that is prepared, and wait until everything is ready."""
        starting = Outage("world", time.monotonic(), how="starting")
        self.outages.append(starting)
        for name in ("web", "worker"):
            self._begin(self.parts[name])
        self._await("web")
        for path in ("/readyz", "/workerz"):
            wait_for(lambda path=path: answers(self.port, path), READY_SECONDS, f"{path} is not 200; see {self.folder}")
        starting.ended = time.monotonic()

    def close(self) -> None:
        """Stop everything."""
        self.family.end()
        sandbox_process.stop(self._vendors)

    # --- Killing ---------------------------------------------------------------------------------------------------------
    def kill(self, target: str) -> None:
        """SIGKILL, and nothing before it. A server's sessions are processes too: all die at once, as in a crash."""
        if target == "sessions":
            self._end_sessions()
            return
        part = self.parts[target]
        if part.child is None:
            return
        part.outage = Outage(target, time.monotonic())
        self.outages.append(part.outage)
        part.is_frozen = False
        victims = [*_children_of(part.child.process.pid), part.child.process.pid]
        for pid in reversed(victims):  # The parent first, so that it starts no other.
            _kill(pid)
        self._bury(part)

    def _end_sessions(self) -> None:
        if self.parts["postgres"].outage:
            return
        with contextlib.closing(self.cluster.connect()) as connection:
            connection.execute(END_SESSIONS)
        self.outages.append(of_a_moment("sessions", "killed"))

    def freeze(self, target: str) -> None:
        """SIGSTOP: it does nothing any more, and will not know."""
        part = self.parts[target]
        if part.child and part.outage is None:
            part.is_frozen, part.outage = True, Outage(target, time.monotonic(), how="frozen")
            self.outages.append(part.outage)
            part.child.process.send_signal(signal.SIGSTOP)

    def revive(self, target: str) -> None:
        """Let it go on, or start it again unless it runs; it counts as back when it is ready."""
        if target == "sessions":
            return
        part = self.parts[target]
        if part.child is None:
            self._begin(part)
        elif part.is_frozen:
            part.is_frozen = False
            part.child.process.send_signal(signal.SIGCONT)

    def tend(self) -> None:
        """What a supervisor does all the time: note who is back, and start again who ended by itself."""
        for part in self.parts.values():
            if part.child and not part.child.is_alive:
                part.outage = Outage(part.name, time.monotonic(), how="fell")
                self.outages.append(part.outage)
                self._bury(part)
                self._begin(part)
            if part.child and part.outage and not part.is_frozen and part.is_ready():
                part.outage.ended = time.monotonic()
                part.outage = None

    def everything_up(self) -> None:
        """Start whatever is dead and wait for it."""
        for name in self.parts:
            self.revive(name)
        wait_for(self._is_up, READY_SECONDS, f"not everything came back; see {self.folder}")

    def _is_up(self) -> bool:
        self.tend()
        return all(part.child and part.outage is None for part in self.parts.values())

    def was_away(self, target: str, began: float, ended: float, *, margin: float = 0.3) -> bool:
        """Whether the process was dead, or not ready yet, at some moment of this stretch."""
        return any(
            outage.target == target and outage.was_on(ended, before=margin, after=ended - began + margin)
            for outage in list(self.outages)
        )

    # --- Starting --------------------------------------------------------------------------------------------------------
    def _begin(self, part: Part) -> None:
        part.lives += 1
        part.child = part.start()

    def _bury(self, part: Part) -> None:
        assert part.child
        part.child.process.wait()
        self.family.children.remove(part.child)
        part.child = None

    def _await(self, name: str) -> None:
        wait_for(self.parts[name].is_ready, READY_SECONDS, f"{name} did not start; see {self.folder}")

    def _start_postgres(self) -> Child:
        self.cluster.log = self._log("postgres")
        return self.cluster.start(self.family)

    def _start_redis(self) -> Child:
        self.redis.log = self._log("redis")
        return self.redis.start(self.family)

    def _start_web(self) -> Child:
        return self._python("web", "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "findr.asgi:application")

    def _start_worker(self) -> Child:
        return self._python("worker", "manage.py", "run_worker", "--concurrency", "8")

    def _python(self, name: str, *arguments: str) -> Child:
        return self.family.start(name, [sys.executable, *arguments], log=self._log(name), env=os.environ, cwd=ROOT)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}-{self.parts[name].lives}.log"


def wait_for(ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Return once `ready()`; raises NotReady with the sentence when the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotReady(otherwise)
        time.sleep(LOOK_SECONDS)


def answers(port: int, path: str) -> bool:
    """Whether the web process answers 200 there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children_of(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
