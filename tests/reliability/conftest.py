"""One stage on which the same is played many times."""

import pytest
from django.core.cache import cache
from reliability.steps import Scene


@pytest.fixture
def scene(patient, provider, staff, sandbox, time, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    return Scene(patient, provider, staff, sandbox, time, settings)


@pytest.fixture
def again(scene, cleaner):
    """Makes it as it was before the test: an empty ledger, the demonstration's cast, the run's first moment."""

    def begin():
        scene.settings.CALENDAR_READER = "calendars.reading.NoCalendars"
        cleaner.empty_every_table()
        scene.time.begin()
        cache.clear()
        cleaner.call_the_cast()
        for person in (scene.patient, scene.provider, scene.staff):
            person.user.refresh_from_db()

    return begin
