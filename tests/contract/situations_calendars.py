"""How the answers of samples 710 to 715 and 910 come about."""

from datetime import timedelta

from calendar_accounts import CAL, Desk
from contract.scene import JOINED, MOMENT, situation

START, END = "2026-12-10T14:00:00Z", "2026-12-10T15:00:00Z"


def _desk(scene, vendor="google"):
    return Desk(scene.provider, scene.sandbox, vendor)


def _ask(scene, method, words, body=None, *, whose=None, **more):
    path = f"/api/calendar/{words}/{(whose or scene.provider).id}"
    return scene.wire.send(method, path, body, **{"who": scene.provider, **more})


def _callback(scene, **query):
    return scene.wire.send("GET", "/api/calendar/google/callback", query=query)


def _out(scene):
    scene.sandbox.google.fail(500, times=None)


# --- Status -------------------------------------------------------------------------------------------------------------
@situation("710", 0)
def connected(scene):
    """A month ago; the token was refreshed, and the calendar read, just now."""
    scene.time.set(JOINED)
    _desk(scene).connect()
    scene.time.set(MOMENT)
    assert _desk(scene).calendars().status == 200
    return _ask(scene, "GET", "status")


@situation("710", 1)
def not_connected(scene):
    return _ask(scene, "GET", "status")


@situation("710", 2)
def status_without_a_token(scene):
    return _ask(scene, "GET", "status", who=None)


@situation("710", 3)
def status_of_another_practice(scene):
    return _ask(scene, "GET", "status", whose=scene.other_provider)


# --- Consent ------------------------------------------------------------------------------------------------------------
def _without_clients(scene):
    scene.settings.GOOGLE_CLIENT_ID = scene.settings.MICROSOFT_CLIENT_ID = ""


@situation("711", 0)
def to_google(scene):
    return _ask(scene, "GET", "google/auth")


@situation("711", 1)
def to_google_for_another_practice(scene):
    return _ask(scene, "GET", "google/auth", whose=scene.other_provider)


@situation("711", 2)
def to_a_google_that_is_not_configured(scene):
    _without_clients(scene)
    return _ask(scene, "GET", "google/auth")


@situation("712", 0)
def to_microsoft(scene):
    return _ask(scene, "GET", "microsoft/auth")


@situation("712", 1)
def to_microsoft_for_another_practice(scene):
    return _ask(scene, "GET", "microsoft/auth", whose=scene.other_provider)


@situation("712", 2)
def to_a_microsoft_that_is_not_configured(scene):
    _without_clients(scene)
    return _ask(scene, "GET", "microsoft/auth")


# --- Callback -----------------------------------------------------------------------------------------------------------
@situation("713", 0)
def back_with_a_code(scene):
    return _callback(scene, **_desk(scene).allowed())


@situation("713", 1)
def back_with_nothing(scene):
    return _callback(scene)


@situation("713", 2)
def back_too_late(scene):
    fields = _desk(scene).allowed()
    scene.time.set(MOMENT + timedelta(minutes=11))
    return _callback(scene, **fields)


# --- Disconnecting and choosing -----------------------------------------------------------------------------------------
@situation("714", 0)
def disconnected(scene):
    _desk(scene).connect()
    return _ask(scene, "POST", "disconnect")


@situation("714", 1)
def disconnected_by_another_practice(scene):
    return _ask(scene, "POST", "disconnect", whose=scene.other_provider)


def _choose(scene, *more):
    scene.sandbox.google.add_calendar(CAL, "family@group.example.test", "Family", can_write=False)
    _desk(scene).connect()
    return {"targetId": CAL, "conflictIds": [CAL, "family@group.example.test", *more]}


@situation("715", 0)
def chosen(scene):
    return _ask(scene, "PUT", "calendars", _choose(scene))


@situation("715", 1)
def chosen_one_that_is_unknown(scene):
    return _ask(scene, "PUT", "calendars", _choose(scene, "nobody@group.example.test"))


@situation("715", 2)
def chosen_in_an_outage(scene):
    wish = _choose(scene)
    _out(scene)
    return _ask(scene, "PUT", "calendars", wish)


# --- Diagnostics --------------------------------------------------------------------------------------------------------
def _test(scene, **more):
    body = {"providerId": str(scene.provider.id), "startTime": START, "endTime": END}
    return scene.wire.send("POST", "/api/test-calendar-availability", body, **{"who": scene.staff, **more})


@situation("910", 0)
def is_free(scene):
    _desk(scene).connect()
    return _test(scene)


@situation("910", 1)
def is_busy(scene):
    _desk(scene).connect()
    scene.sandbox.google.book(CAL, START, END)
    return _test(scene)


@situation("910", 2)
def has_no_calendar(scene):
    return _test(scene)


@situation("910", 3)
def does_not_say(scene):
    _desk(scene).connect()
    _out(scene)
    return _test(scene)


@situation("910", 4)
def tested_without_a_token(scene):
    return _test(scene, who=None)


@situation("910", 5)
def tested_by_a_practice(scene):
    return _test(scene, who=scene.provider)
