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
from django.core.cache import caches
from django.db import connection, transaction
from django.template.base import Template
from django.test.utils import _TestState
from notes import notes_of
from whitenoise.middleware import WhiteNoiseMiddleware

from bookings.models import Booking
from findr.accounts.models import User
from findr.sandbox.client import SandboxClient
from findr.sandbox.process import start_sandbox
from findr.vendors.budget import Budget
from providers import demo
from providers.models import Provider

pytest_plugins = ["workers"]

# Row by row, without triggers and foreign keys: of few rows that costs a tenth of what TRUNCATE does.
EMPTY_EVERY_TABLE = """
DO $$
DECLARE
    name regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
END $$
"""


# The demonstration's cast is made once and copied from then on: it is what most tests begin with.
REMEMBER_THE_CAST = """
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    CREATE SCHEMA remembered;
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE remembered.%I AS TABLE public.%I', name, name); END IF;
    END LOOP;
END $$
"""
RECALL_THE_CAST = """
DO $$
DECLARE
    name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'remembered'::regnamespace
    LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM remembered.%I', name, name);
    END LOOP;
END $$
"""


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
    with start_sandbox() as base:
        yield SandboxClient(base)


@pytest.fixture
def sandbox(sandbox_process: SandboxClient, settings: Any) -> Iterator[SandboxClient]:
    """The vendors, with a clean ledger; findr's settings point at them."""
    sandbox_process.reset()
    settings.STRIPE_BASE = sandbox_process.stripe.base_url
    settings.GOOGLE_BASE = sandbox_process.google.base_url
    settings.MICROSOFT_BASE = sandbox_process.microsoft.base_url
    settings.FIREBASE_BASE = sandbox_process.fcm.base_url
    yield sandbox_process
    sandbox_process.behave()


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """As pytest-django's: commits are real, and what was committed is gone after the test.

    Its flush takes ten times as long, since Django then makes up all permissions anew.
    """
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            cursor.execute(EMPTY_EVERY_TABLE)


@pytest.fixture
def stage(transactional_db: None, sandbox: SandboxClient, time: "Time", settings: Any) -> None:
    """Everything that a booking needs: database, vendors, Redis, a clock, and the cast of the demonstration."""
    for name in settings.CACHES:
        caches[name].clear()
    call_the_cast()


def call_the_cast() -> None:
    """The demonstration, in an empty database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('remembered') IS NOT NULL")
        if cursor.fetchone() == (True,):
            cursor.execute(RECALL_THE_CAST)
        else:
            demo.load()
            cursor.execute(REMEMBER_THE_CAST)


@pytest.fixture
def time(sandbox: SandboxClient, settings: Any, tmp_path: Any) -> Time:
    """The clock of the test, which begins when the run did."""
    settings.CLOCK_FILE = str(tmp_path / "clock")
    time = Time(sandbox)
    time.begin()
    return time


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
    account = User.objects.get(email=email)
    return Person(account, Provider.objects.get(account=account))


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
