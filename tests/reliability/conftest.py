"""One stage on which the same is played many times."""

import functools
from contextlib import ExitStack

import pytest
from django.core.cache import cache
from reliability import process
from reliability.steps import Scene


@pytest.fixture
def reachable(stage):
    """A web server for the vendors' pushes, which is killed nowhere; started by the first call."""
    with ExitStack() as servers:

        @functools.cache
        def address():
            _, port = servers.enter_context(process.web(FAULT_TRACE=""))
            return f"http://127.0.0.1:{port}"

        yield address


@pytest.fixture
def scene(patient, provider, staff, sandbox, time, settings, reachable):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    return Scene(patient, provider, staff, sandbox, time, settings, reachable)


@pytest.fixture
def again(scene, cleaner):
    """Makes it as it was before the test: an empty ledger, the demonstration's cast, the run's first moment."""

    def begin():
        scene.settings.CALENDAR_READER = "calendars.reading.NoCalendars"
        scene.settings.CALENDAR_PUSH_URL = ""
        cleaner.empty_every_table()
        scene.time.begin()
        cache.clear()
        cleaner.call_the_cast()
        for person in (scene.patient, scene.provider, scene.staff):
            person.user.refresh_from_db()

    return begin
