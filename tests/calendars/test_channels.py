"""The vendors tell of changes: channels are opened, renewed and stopped; pushes come late, doubled, or not at all."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from calendar_accounts import CAL, Desk
from cast import call, run_jobs
from django.test import Client
from mirrors import DAY, HOUR, held, is_offered, mirrored, noon, poll, read_whole

from calendars.models import BusyTime, Channel, Mirror, MirroredCalendar
from calendars.services import channels as channel_services
from calendars.tasks import keep_channels, sweep_mirrors
from findr import clock


@pytest.fixture
def watched(desk, live_server, settings, time):
    """A desk whose calendar is watched; the vendor reaches findr over HTTP."""
    settings.CALENDAR_PUSH_URL = live_server.url
    mirrored(desk)
    keep_channels()
    desk.accounts.pushes.settle()
    run_jobs()
    return desk


def arrived(desk):
    """The pushes that are on their way have come, and what they promised is done."""
    attempts = desk.accounts.pushes.settle(20)
    assert all(one["status"] in (202, 204) for one in attempts), attempts
    return run_jobs()


def test_a_change_shows_at_once(watched):
    assert is_offered(noon())

    booked = watched.accounts.book(CAL, noon(), noon() + HOUR)
    assert arrived(watched) == ["calendars.read_mirror"]

    assert not is_offered(noon())
    watched.accounts.remove(booked["id"], CAL)
    arrived(watched)
    assert is_offered(noon())
    assert held(watched.connection()) == read_whole(watched.connection()) == set()


@pytest.mark.parametrize("url", ["", "an address"])
def test_nobody_is_asked_to_push_where_no_address_is_configured(url, google, live_server, settings, time):
    settings.CALENDAR_PUSH_URL = live_server.url if url else ""
    mirrored(google)

    keep_channels()
    keep_channels()

    assert len(google.accounts.channels()) == Channel.objects.count() == bool(url)


@pytest.mark.lesson(51)
def test_pushes_that_come_doubled_late_and_all_at_once_are_read_once(watched):
    connection, accounts = watched.connection(), watched.accounts
    accounts.pushes.misbehave({"action": "duplicate", "count": 3, "times": None})
    accounts.pushes.hold("changed")
    before = len(accounts.calls())

    for number in range(10):
        accounts.book(CAL, noon(1 + number), noon(1 + number) + HOUR)
    accounts.pushes.send(reverse=True, copies=10)
    ran = arrived(watched)

    assert ran == ["calendars.read_mirror"]
    assert len(accounts.pushes.log()) >= 100
    assert len(accounts.calls()) - before == 1
    assert held(connection) == read_whole(connection)
    assert len(held(connection)) == 10


@pytest.mark.lesson(28)
def test_channels_are_renewed_before_they_end_and_the_old_ones_stopped(watched, time):
    (first,) = watched.accounts.channels()
    days = timedelta(days=7) if watched.vendor == "google" else timedelta(minutes=4200)
    assert abs(Channel.objects.get().expires_at - clock.now() - days) < timedelta(minutes=1)

    time.passes(seconds=int((days - DAY).total_seconds()) - 60)
    keep_channels()
    assert watched.accounts.channels() == [first]
    time.passes(seconds=120)
    keep_channels()
    keep_channels()

    (second,) = watched.accounts.channels()
    assert second["id"] != first["id"]
    assert Channel.objects.get().is_wanted
    sweep_mirrors()
    watched.accounts.book(CAL, noon(), noon() + HOUR)
    arrived(watched)
    assert not is_offered(noon())


@pytest.mark.lesson(28)
def test_one_that_ended_unseen_is_opened_anew_and_nothing_is_lost(watched, time):
    poll(time)
    watched.accounts.expire_channels(CAL)
    for number in range(channel_services.MAX_SILENCES):
        start = noon(2 + number)
        watched.accounts.book(CAL, start, start + HOUR)
        assert arrived(watched) == []
        assert is_offered(start)
        poll(time)
        assert not is_offered(start)
    keep_channels()
    keep_channels()

    assert len(watched.accounts.channels()) == 1
    watched.accounts.book(CAL, noon() + 2 * HOUR, noon() + 3 * HOUR)
    arrived(watched)
    assert not is_offered(noon() + 2 * HOUR)
    assert Channel.objects.get().silences == 0


@pytest.mark.lesson(28)
def test_a_silence_is_an_alarm_and_polled_meanwhile(watched, time, caplog):
    """Pushes get lost; a change that the clock's own reading finds says so."""
    poll(time)
    (silent,) = watched.accounts.channels()
    watched.accounts.pushes.misbehave({"action": "drop", "times": None})
    for number in range(channel_services.MAX_SILENCES):
        watched.accounts.book(CAL, noon() + number * HOUR, noon() + (number + 1) * HOUR)
        poll(time)
        assert not is_offered(noon() + number * HOUR)
    assert "not told" not in caplog.text

    keep_channels()
    keep_channels()

    assert "were not told by its channel" in caplog.text
    assert [one["id"] for one in watched.accounts.channels()] != [silent["id"]]
    assert held(watched.connection()) == read_whole(watched.connection())


@pytest.mark.lesson(28)
def test_a_channel_whose_opening_was_never_answered_is_stopped_once_it_pushes(desk, live_server, settings, time):
    settings.CALENDAR_PUSH_URL = live_server.url
    mirrored(desk)
    operation = {"google": "events.watch", "microsoft": "subscriptions.create"}[desk.vendor]
    desk.accounts.fail(503, operation=operation, do_work=True)
    keep_channels()
    assert Channel.objects.get().vendor_id == ""
    time.passes(seconds=301)
    sweep_mirrors()
    keep_channels()
    desk.accounts.pushes.settle(20)

    desk.accounts.book(CAL, noon(), noon() + HOUR)
    arrived(desk)
    keep_channels()

    assert len(desk.accounts.channels()) == 1
    assert Channel.objects.filter(is_wanted=True).exclude(vendor_id="").count() == 1


@pytest.mark.lesson(28)
def test_failures_of_long_ago_keep_nobody_waiting(watched, time):
    """After many that could not be opened and one that could, the next failure is the first one again."""
    operation = {"google": "events.watch", "microsoft": "subscriptions.create"}[watched.vendor]

    def is_opened_within(seconds):
        time.passes(seconds=seconds)
        sweep_mirrors()
        keep_channels()
        return Channel.objects.filter(is_wanted=True).exclude(vendor_id="").exists()

    def lost_and_not_opened(times):
        Channel.objects.exclude(vendor_id="").update(is_wanted=False)
        for _ in range(times):
            watched.accounts.fail(503, operation=operation)
            assert not is_opened_within(6 * 3600 + 1)

    lost_and_not_opened(8)
    assert not is_opened_within(3600)
    assert is_opened_within(5 * 3600 + 1)
    lost_and_not_opened(1)
    assert is_opened_within(301)


@pytest.mark.lesson(28)
def test_calendars_that_are_read_no_more_are_watched_no_more(watched):
    watched.accounts.add_calendar(CAL, "second", "second")
    second = next(one["id"] for one in watched.calendars().body["calendars"] if not one["primary"])
    assert watched.choose(second, [second]).status == 200
    run_jobs()
    keep_channels()
    keep_channels()

    assert [one["calendar"].split()[-1] for one in watched.accounts.channels()] == ["second"]
    assert [one.calendar for one in Channel.objects.all()] == [second]


def test_a_disconnect_stops_the_channels(watched):
    watched.disconnect()

    assert watched.accounts.channels() == []
    assert [model.objects.count() for model in (Channel, Mirror, BusyTime)] == [0, 0, 0]


def test_pushes_of_a_channel_that_could_not_be_stopped_change_nothing(watched):
    watched.accounts.pushes.hold("changed")
    watched.accounts.book(CAL, noon(), noon() + HOUR)
    watched.accounts.fail(503, operation="*stop" if watched.vendor == "google" else "subscriptions.delete")
    watched.disconnect()
    run_jobs()

    watched.accounts.pushes.send()
    attempts = watched.accounts.pushes.settle(20)

    assert attempts[-1]["status"] == (404 if watched.vendor == "google" else 202)
    assert run_jobs() == []
    assert len(watched.accounts.channels()) == 1


# --- What does not count as a push ----------------------------------------------------------------------------------
def test_a_push_with_another_secret_is_nobodys(watched):
    watched.accounts.pushes.hold("changed")
    watched.accounts.book(CAL, noon(), noon() + HOUR)
    watched.accounts.pushes.send(forge=1)

    attempts = watched.accounts.pushes.settle(20)

    assert attempts[-1]["status"] == (404 if watched.vendor == "google" else 202)
    assert run_jobs() == []
    assert is_offered(noon())


@pytest.mark.parametrize("event", ["missed", "reauthorizationRequired", "subscriptionRemoved"])
def test_graph_says_what_becomes_of_a_subscription(event, provider, sandbox, live_server, settings, time):

    desk = Desk(provider, sandbox, "microsoft")
    settings.CALENDAR_PUSH_URL = live_server.url
    mirrored(desk)
    keep_channels()
    (before,) = sandbox.microsoft.channels()
    sandbox.microsoft.pushes.misbehave({"action": "drop", "type": "changed"})
    sandbox.microsoft.book(CAL, noon(), noon() + HOUR)

    sandbox.microsoft.lifecycle(CAL, event)
    assert arrived(desk) == ["calendars.read_mirror"]
    keep_channels()
    keep_channels()

    assert not is_offered(noon())
    (after,) = sandbox.microsoft.channels()
    assert (after["id"] == before["id"]) == (event == "missed")
    assert MirroredCalendar.objects.get().restarts == 0


CHANNEL = {"X-Goog-Channel-ID": "5f0c2a10-0000-4000-8000-000000000999", "X-Goog-Channel-Token": "x"}


@pytest.mark.parametrize("headers", [{}, CHANNEL, {**CHANNEL, "X-Goog-Channel-ID": "%00"}, {"X-Goog-Channel-ID": "é"}])
def test_strangers_at_googles_door_are_told_nothing(headers, stage):
    answer = call("POST", "/api/calendar/google/notifications", None, **headers)

    assert (answer.status, answer.body["code"]) == (404, "not_found")


@pytest.mark.parametrize("value", [None, "x", {}, 5, [{}] * 1001])
def test_what_is_no_collection_of_notices_is_refused(value, stage):
    assert call("POST", "/api/calendar/microsoft/notifications", {"value": value}).status == 400


@pytest.mark.parametrize("state", ["", "x", ".", f"{CHANNEL['X-Goog-Channel-ID']}.x", 5, None, [], "é\u0000."])
def test_strangers_at_microsofts_door_are_told_nothing(state, stage):
    notices = [{"clientState": state, "subscriptionId": state, "lifecycleEvent": state}, "x", None]

    answer = call("POST", "/api/calendar/microsoft/notifications", {"value": notices})

    assert answer.status == 202
    assert run_jobs() == []


def test_a_validation_token_comes_back_as_plain_text_and_nothing_else(stage):
    token = "a+b %/é<script>"

    answer = Client().post(f"/api/calendar/microsoft/notifications?{urlencode({'validationToken': token})}")

    assert (answer.status_code, answer.content.decode()) == (200, token)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_whoever_guesses_secrets_is_stopped(stage, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "bad_signatures": "3/60"}

    answers = [call("POST", "/api/calendar/google/notifications", None, **CHANNEL).status for _ in range(5)]

    assert answers == [404, 404, 404, 429, 429]
