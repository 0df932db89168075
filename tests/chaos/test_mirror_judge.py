"""What the judge of times and calendars looks at, it sees when it is wrong."""

from types import SimpleNamespace

import pytest
from calendar_accounts import CAL, Desk
from cast import wish_at
from chaos.mirror_judge import difference_of, orphans, reservations_left, unwatched
from mirrors import HOUR, mirrored, noon

from bookings.services.reservations import free_lapsed
from calendars.models import BusyTime, Channel
from calendars.tasks import keep_channels


@pytest.fixture
def connection(provider, sandbox):
    """A calendar with one event, which was read."""
    sandbox.google.book(CAL, noon(3), noon(3) + HOUR)
    return mirrored(Desk(provider, sandbox))


def test_a_mirror_that_lacks_something_or_has_too_much(connection):
    assert difference_of(connection) == []
    busy = BusyTime.objects.get()

    BusyTime.objects.create(calendar=busy.calendar, event_id="gone", start=noon(4), end=noon(4) + HOUR)
    (too_much,) = difference_of(connection)
    BusyTime.objects.all().delete()
    (too_little,) = difference_of(connection)

    assert "lacks [] and has [('gone'" in too_much
    assert f"lacks [('{busy.event_id}'" in too_little


def test_a_channel_that_nobody_can_stop_and_a_calendar_that_nobody_watches(connection, sandbox, live_server, settings):
    play = SimpleNamespace(world=SimpleNamespace(sandbox=sandbox))
    settings.CALENDAR_PUSH_URL = live_server.url
    keep_channels()
    assert [*orphans(play), *unwatched()] == []

    Channel.objects.all().delete()

    assert [line.rpartition(":")[0] for line in orphans(play)] == [f"google pushes to {CAL} by a channel of nobody's"]
    assert list(unwatched()) == [f"the calendar {CAL} of {connection.pk} has 0 channels"]


def test_a_calendar_that_could_not_be_watched_is_waited_for_until_its_next_try(
    connection, sandbox, live_server, settings, time
):
    settings.CALENDAR_PUSH_URL = live_server.url
    sandbox.google.fail(503, operation="events.watch")
    keep_channels()
    assert list(unwatched()) == []

    time.passes(hours=1)

    assert list(unwatched()) == [f"the calendar {CAL} of {connection.pk} has 0 channels"]


def test_a_reservation_that_outlives_its_time(patient, time):
    wish = wish_at(days=3)
    start = f"{wish['appointmentDate']}T{wish['appointmentTime']}"
    body = {"providerId": wish["providerId"], "startTime": start, "duration": 60}
    assert patient.post("/api/bookings/reserve-slot", body).status == 201
    assert len(list(reservations_left())) == 2

    time.passes(seconds=301)
    free_lapsed()

    assert list(reservations_left()) == []
