"""The fixed cast and the real parts: PostgreSQL, Redis, the sandbox over HTTP, and a clock that can be moved.

Tests that touch the database commit for real: services are durable, and effects are jobs.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from cast import Person, Time, put_into
from clean_database import Cleaner
from django.core.cache import caches
from django.db import connection, transaction
from django.template.base import Template
from django.test.utils import _TestState, override_settings
from notes import notes_of
from whitenoise.middleware import WhiteNoiseMiddleware

from bookings.models import Booking
from findr import switches
from findr.accounts.models import User
from findr.sandbox.client import SandboxClient
from findr.sandbox.process import start_sandbox
from findr.vendors.budget import Budget
from providers.models import Provider

pytest_plugins = ["workers"]


# --- No test talks to anybody but this machine ----------------------------------------------------------------------
@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Refuse, and remember, every connection that would leave this machine."""
    connect = socket.socket.connect
    strays: list[Any] = []

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            strays.append(address)
            raise OSError(f"A test tried to connect to {address}.")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
    assert strays == []


@pytest.fixture(autouse=True, scope="session")
def _static_files_listed_once() -> Iterator[None]:
    """Each test client makes the middleware anew; that WhiteNoise then looks at every file took a quarter of a run."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def add(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files = dict(found)

    WhiteNoiseMiddleware.add_files_from_finders = add
    yield
    WhiteNoiseMiddleware.add_files_from_finders = look


@pytest.fixture(autouse=True, scope="session")
def _pages_rendered_as_they_are(django_test_environment: None) -> Iterator[None]:
    """Django's test environment notes each template and copies its context: a seventh of a console page's time."""
    noting, Template._render = Template._render, _TestState.saved_data.template_render
    yield
    Template._render = noting


# --- The real parts -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[SandboxClient]:
    """The vendors, to whom findr's settings point for the whole run."""
    with start_sandbox() as base:
        client = SandboxClient(base)
        places = {
            "STRIPE_BASE": client.stripe.base_url,
            "GOOGLE_BASE": client.google.base_url,
            "MICROSOFT_BASE": client.microsoft.base_url,
            "FIREBASE_BASE": client.fcm.base_url,
        }
        with override_settings(**places):
            yield client


@pytest.fixture(scope="session")
def clock_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("clock") / "clock")


@pytest.fixture
def time(sandbox_process: SandboxClient, settings: Any, clock_file: str) -> Time:
    """The clock of the test and of the vendors, which begins when the run did; the vendors have a clean ledger."""
    settings.CLOCK_FILE = clock_file
    time = Time(sandbox_process)
    time.begin()
    return time


@pytest.fixture
def sandbox(sandbox_process: SandboxClient, time: Time) -> SandboxClient:
    """The vendors, as if nobody had ever called them."""
    return sandbox_process


@pytest.fixture(scope="session")
def cleaner(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cleaner]:
    with django_db_blocker.unblock():
        cleaner = Cleaner()
    yield cleaner
    cleaner.close()


@pytest.fixture
def transactional_db(cleaner: Cleaner, django_db_blocker: Any) -> Iterator[None]:
    """As pytest-django's: commits are real, and what was committed is gone after the test.

    Its flush takes ten times as long, since Django then makes up all permissions anew.
    """
    with django_db_blocker.unblock():
        yield
    cleaner.empty_every_table()


@pytest.fixture
def stage(transactional_db: None, cleaner: Cleaner, sandbox: SandboxClient, time: "Time", settings: Any) -> None:
    """Everything that a booking needs: database, vendors, Redis, a clock, and the cast of the demonstration."""
    for name in settings.CACHES:
        caches[name].clear()
    switches.forget()
    cleaner.call_the_cast()


# --- The cast ------------------------------------------------------------------------------------------------------
@pytest.fixture
def patient(stage: None) -> Person:
    return Person(User.objects.get(email="pat@example.test"))


@pytest.fixture
def other_patient(stage: None) -> Person:
    return Person(User.objects.get(email="sam@example.test"))


@pytest.fixture
def provider(stage: None) -> Person:
    return _practice("ridge@example.test")


@pytest.fixture
def other_provider(stage: None) -> Person:
    return _practice("harbor@example.test")


@pytest.fixture
def staff(stage: None) -> Person:
    return Person(User.objects.get(email="staff@example.test"))


def _practice(email: str) -> Person:
    practice = Provider.objects.select_related("account").get(account__email=email)
    return Person(practice.account, practice)


@pytest.fixture
def in_state() -> Callable[[Booking, str], Booking]:
    """Puts a booking into a state that no service of this step leads to."""
    return put_into


@pytest.fixture
def budget() -> Budget:
    return Budget()


@pytest.fixture
def rival() -> Callable[..., Any]:
    """Somebody else, on another connection, who does something in a transaction and keeps it open for the block."""

    @contextmanager
    def at_work(step: Callable[[], Any]) -> Iterator[None]:
        ready, over = Event(), Event()

        def work() -> None:
            try:
                with transaction.atomic():
                    step()
                    ready.set()
                    over.wait(20)
            finally:
                connection.close()

        thread = Thread(target=work)
        thread.start()
        assert ready.wait(10)
        try:
            yield
        finally:
            over.set()
            thread.join()

    return at_work


# --- Figures ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def figures(request: pytest.FixtureRequest) -> list[str]:
    """Lines that a test wants to have read: they close the run's output."""
    return notes_of(request.config)


# --- Lessons --------------------------------------------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lessons", action="store_true", help="list which lessons have tests, and run nothing")


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.getoption("--lessons"):
        return
    tests: dict[int, list[str]] = {}
    for item in session.items:
        for mark in item.iter_markers("lesson"):
            for number in mark.args:
                tests.setdefault(number, []).append(item.nodeid.split("[")[0])
    for number in sorted(tests):
        print(f"lesson {number}:")  # noqa: T201
        for name in dict.fromkeys(tests[number]):
            print(f"    {name}")  # noqa: T201
    session.items.clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.getoption("--lessons") and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
