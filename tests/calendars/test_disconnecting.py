"""Disconnecting: the tokens are gone at once, the grant is given back if nobody else lives on it (contract 17)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from calendar_accounts import CAL, OTHER, Desk
from cast import run_jobs

from calendars.connection_tasks import retire_replaced
from calendars.models import CalendarConnection, CalendarEvent
from findr import clock
from providers.models import TeamMember

DONE = {"success": True, "message": "Calendar disconnected"}
NOTHING = {
    "success": True,
    "connected": False,
    **dict.fromkeys(("provider", "email", "calendarId", "syncDirection", "connectedAt", "tokenExpiry")),
    "tokenValid": False,
    **dict.fromkeys(("lastSyncAt", "lastSyncStatus")),
}


def dead(desk):
    """By account: whether its grants are over at the vendor."""
    return {grant["account"]: bool(grant["dead"]) for grant in desk.accounts.oauth.grants()}


def event_in(connection, *, days, **fields):
    """A visit's event in so many days."""
    start = clock.now() + timedelta(days=days)
    given = {"calendar": connection.target_calendar, "timezone": "UTC", "title": "findr visit", "state": "synced"}
    written = {"version": 1, "written_version": 1, "vendor_id": "x", "claimed_until": clock.now()}
    return CalendarEvent.objects.create(
        booking_id=uuid4(),
        connection=connection,
        start=start,
        end=start + timedelta(hours=1),
        **{**given, **written, **fields},
    )


def test_disconnecting_deletes_the_tokens(desk):
    connection = desk.connect()

    answer = desk.disconnect()

    assert (answer.status, answer.body) == (200, DONE)
    assert desk.status() == NOTHING
    row = CalendarConnection.objects.get(pk=connection.pk)
    assert (row.status, bytes(row.access_token), bytes(row.refresh_token)) == ("disconnected", b"", b"")
    assert row.token_expires_at is None


def test_disconnecting_gives_the_grant_back(google):
    google.connect()

    google.disconnect()

    assert dead(google) == {CAL: True}


def test_disconnecting_nothing_is_fine(desk):
    assert desk.disconnect().body == DONE
    desk.connect()
    desk.disconnect()
    calls = len(desk.accounts.calls())

    assert desk.disconnect().body == DONE

    assert len(desk.accounts.calls()) == calls


@pytest.mark.parametrize(
    "rule", [{"action": "status", "status": 503}, {"action": "drop_before"}, {"action": "hang", "seconds": 30}]
)
def test_a_vendor_that_is_out_disconnects_nobody_less(rule, google, settings):
    settings.REQUEST_SECONDS = 1.0
    google.connect()
    google.accounts.misbehave({**rule, "path": "*revoke", "times": None})

    assert google.disconnect().body == DONE

    assert google.status() == NOTHING
    assert dead(google) == {CAL: False}


def test_a_dead_grant_can_be_disconnected(desk):
    desk.connect()
    desk.accounts.oauth.kill(CAL)
    assert desk.calendars().status == 503

    assert desk.disconnect().body == DONE
    assert desk.status() == NOTHING


def test_a_grant_that_somebody_else_lives_on_is_not_given_back(google, provider):
    """Google takes back all that a person allowed findr, whatever it was allowed for."""
    alex = Desk(provider, google.sandbox, member=TeamMember.objects.get(provider=provider.id))
    google.connect()
    alex.connect()

    google.disconnect()
    assert set(dead(google).values()) == {False}
    assert alex.calendars().status == 200

    alex.disconnect()
    assert dead(google) == {CAL: True}


def test_no_account_that_was_replaced_stays_behind(google):
    """Whoever disconnects believes that findr has no access any more."""
    google.connect()
    google.connect(OTHER)

    google.disconnect()

    assert set(CalendarConnection.objects.values_list("status", flat=True)) == {"disconnected"}
    assert dead(google) == {CAL: True, OTHER: True}


@pytest.mark.lesson(53)
def test_events_to_come_are_lost_and_past_ones_are_left_alone(desk):
    connection = desk.connect()
    coming, past = event_in(connection, days=3, state="pending", vendor_id="x"), event_in(connection, days=-3)

    desk.disconnect()

    found = {event.pk: event.state for event in CalendarEvent.objects.all()}
    assert found == {coming.pk: "lost", past.pk: "synced"}


def test_an_account_that_was_disconnected_can_be_connected_again(desk):
    connection = desk.connect()
    desk.disconnect()

    again = desk.connect()

    assert again.pk == connection.pk
    assert desk.calendars().status == 200


# --- Replaced accounts ------------------------------------------------------------------------------------------------
@pytest.mark.lesson(53)
def test_a_replaced_account_is_kept_as_long_as_an_event_needs_it(google, time):
    first = google.connect()
    event_in(first, days=3)
    event_in(first, days=5, wanted=False)  # Deleted already.
    google.connect(OTHER)

    retire_replaced()
    first.refresh_from_db()
    assert (first.status, dead(google)) == ("replaced", {CAL: False, OTHER: False})

    time.passes(days=3, hours=2)
    retire_replaced()

    first.refresh_from_db()
    assert (first.status, bytes(first.refresh_token)) == ("disconnected", b"")
    assert dead(google) == {CAL: True, OTHER: False}
    assert google.calendars().status == 200


@pytest.mark.lesson(53)
@pytest.mark.parametrize("state", ["pending", "failed"])
def test_a_replaced_account_is_kept_until_its_last_event_is_written(state, google):
    first = google.connect()
    event = event_in(first, days=-1, state=state, wanted=False)
    google.connect(OTHER)

    retire_replaced()
    first.refresh_from_db()
    assert first.status == "replaced"
    CalendarEvent.objects.filter(pk=event.pk).update(state="synced")
    retire_replaced()

    first.refresh_from_db()
    assert first.status == "disconnected"


def test_a_connection_in_use_is_never_retired(desk):
    desk.connect()
    run_jobs()

    retire_replaced()

    assert desk.status()["tokenValid"] is True
