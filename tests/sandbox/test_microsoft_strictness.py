"""What Graph refuses the sandbox refuses: tokens, scopes, parameters and fields, each in OData's error shape."""

from __future__ import annotations

import pytest

from .microsoft_app import PAT, SCOPES, App, new_event

WINDOW = {"startDateTime": "2026-12-01T00:00:00Z", "endDateTime": "2026-12-02T00:00:00Z"}


@pytest.fixture
def app(sandbox):
    made = App(sandbox)
    yield made
    made.close()


@pytest.fixture
def graph(app):
    return app.graph()


def code_of(answer):
    status, content = answer
    assert status >= 400
    assert {"code", "message", "innerError"} == set(content["error"])
    return status, content["error"]["code"]


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_an_unknown_token_is_refused(graph, token):
    graph.token = token
    answer = graph.send("GET", "/me")

    assert code_of((answer.status_code, answer.json())) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_old_token_is_refused_and_a_refreshed_one_is_not(sandbox, app):
    made = app.connect()
    graph = app.graph()
    sandbox.microsoft.expire_tokens(PAT)

    assert code_of(graph("GET", "/me")) == (401, "InvalidAuthenticationToken")
    graph.token = app.msal.acquire_token_by_refresh_token(made["refresh_token"], SCOPES)["access_token"]
    assert graph("GET", "/me")[0] == 200


def test_a_token_lives_an_hour(sandbox, graph):
    sandbox.move_clock(3500)
    assert graph("GET", "/me")[0] == 200

    sandbox.move_clock(3700)
    assert code_of(graph("GET", "/me")) == (401, "InvalidAuthenticationToken")


def test_a_killed_grant_is_refused_at_once(sandbox, graph):
    sandbox.microsoft.oauth.kill(PAT)

    assert code_of(graph("GET", "/me")) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("User.Read", {"/me"}),
        ("Calendars.Read", {"/me/calendar", "/me/events"}),
        ("Calendars.ReadWrite", {"/me/calendar", "/me/events", "POST"}),
    ],
)
def test_each_operation_needs_its_scope(app, scope, allowed):
    graph = app.graph(scopes=[scope])

    answers = {path: graph("GET", path) for path in ("/me", "/me/calendar", "/me/events")}
    answers["POST"] = graph("POST", "/me/events", new_event())

    assert {path for path, (status, _) in answers.items() if status < 300} == allowed
    refused = [code_of(answer) for path, answer in answers.items() if path not in allowed]
    assert set(refused) <= {(403, "ErrorAccessDenied")}


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/me", {"$filter": "x"}, "RequestBodyRead"),
        ("/me/calendars", {"$filter": "name eq 'x'"}, "RequestBodyRead"),
        ("/me/calendars", {"$top": "0"}, "ErrorInvalidParameter"),
        ("/me/calendarView", {**WINDOW, "$top": "1001"}, "ErrorInvalidParameter"),
        ("/me/calendarView", {**WINDOW, "$select": "colour"}, "RequestBroker--ParseUri"),
        ("/me/calendarView", {**WINDOW, "$filter": "isAllDay eq true"}, "RequestBodyRead"),
        ("/me/calendarView", {**WINDOW, "startDateTime": "tomorrow"}, "ErrorInvalidParameter"),
        ("/me/calendarView", {**WINDOW, "startDateTime": "2026-13-01T00:00:00Z"}, "ErrorInvalidParameter"),
        ("/me/calendarView", {"startDateTime": WINDOW["startDateTime"]}, "ErrorInvalidParameter"),
        ("/me/calendarView", {**WINDOW, "endDateTime": WINDOW["startDateTime"]}, "ErrorInvalidParameter"),
        ("/me/calendarView", {**WINDOW, "$orderby": "subject"}, "ErrorInvalidParameter"),
        ("/me/events", {"$filter": "subject eq 'x'"}, "ErrorInvalidUrlQueryFilter"),
        ("/me/events", {"$expand": "attachments"}, "RequestBroker--ParseUri"),
        ("/me/messages", {}, "BadRequest"),
    ],
)
def test_parameters_that_are_not_served_are_refused(graph, path, params, code):
    assert code_of(graph("GET", path, **params)) == (400, code)


def test_a_parameter_is_there_once(graph):
    assert code_of(graph("GET", "/me/calendars?$top=1&$top=2")) == (400, "ErrorInvalidParameter")


MIDNIGHT = {"dateTime": "2026-12-01T00:00:00", "timeZone": "UTC"}
NOON = {"dateTime": "2026-12-01T12:00:00", "timeZone": "UTC"}
BODIES = {
    "unknown": ({"colour": "red"}, "RequestBodyRead"),
    "unknown inside": ({"location": {"displayName": "Here", "colour": "red"}}, "RequestBodyRead"),
    "attendees": ({"attendees": []}, "RequestBodyRead"),
    "an id": ({"id": "mine"}, "RequestBodyRead"),
    "no start": ({"start": None}, "RequestBodyRead"),
    "no zone": ({"start": {"dateTime": "2026-12-01T10:00:00"}}, "TimeZoneNotSupportedException"),
    "unknown zone": ({"start": {**NOON, "timeZone": "Mars/Olympus"}}, "TimeZoneNotSupportedException"),
    "no time": ({"start": {**NOON, "dateTime": "noon"}}, "ErrorInvalidParameter"),
    "ends before": ({"start": NOON}, "ErrorPropertyValidationFailure"),
    "word": ({"showAs": "away"}, "RequestBodyRead"),
    "number": ({"reminderMinutesBeforeStart": "15"}, "RequestBodyRead"),
    "boolean": ({"isAllDay": "yes"}, "RequestBodyRead"),
    "list": ({"categories": "findr"}, "RequestBodyRead"),
    "string": ({"subject": 5}, "RequestBodyRead"),
    "object": ({"body": "text"}, "RequestBodyRead"),
    "property": ({"singleValueExtendedProperties": [{"id": "findr", "value": "1"}]}, "ErrorInvalidProperty"),
    "property without value": (
        {"singleValueExtendedProperties": [{"id": "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name findr"}]},
        "ErrorInvalidProperty",
    ),
    "no midnight": ({"isAllDay": True}, "ErrorPropertyValidationFailure"),
    "a day without length": ({"isAllDay": True, "start": MIDNIGHT, "end": MIDNIGHT}, "ErrorPropertyValidationFailure"),
}


@pytest.mark.parametrize(("change", "code"), BODIES.values(), ids=BODIES)
def test_bodies_that_make_no_event_are_refused_and_nothing_is_made(sandbox, graph, change, code):
    assert code_of(graph("POST", "/me/events", {**new_event(), **change})) == (400, code)
    assert sandbox.microsoft.events(PAT) == []


def test_a_new_event_has_both_times_and_is_json(sandbox, graph):
    body = new_event()
    del body["end"]

    assert code_of(graph("POST", "/me/events", body)) == (400, "ErrorPropertyValidationFailure")
    answer = graph.http.post(
        f"{graph.base_url}/me/events", data="subject=x", headers={"Authorization": f"Bearer {graph.token}"}
    )
    assert code_of((answer.status_code, answer.json())) == (400, "BadRequest")
    assert sandbox.microsoft.events(PAT) == []


@pytest.mark.parametrize(
    "change",
    [{"transactionId": "another"}, {"type": "occurrence"}, {"end": {**NOON, "dateTime": "2026-12-01T09:00:00"}}],
    ids=lambda change: next(iter(change)),
)
def test_changes_that_no_event_takes_are_refused(graph, change):
    event = graph.create(transactionId="booking-1")

    assert code_of(graph("PATCH", f"/me/events/{event['id']}", change))[0] == 400
    assert graph("GET", f"/me/events/{event['id']}")[1]["changeKey"] == event["changeKey"]


def test_whole_days_are_made_in_the_mailboxs_zone(sandbox, graph):
    sandbox.microsoft.add_account(PAT, "Europe/Zurich")
    zone = "W. Europe Standard Time"

    event = graph.create("2026-12-01T00:00:00", "2026-12-03T00:00:00", zone=zone, isAllDay=True)

    assert event["start"] == {"dateTime": "2026-12-01T00:00:00.0000000", "timeZone": "UTC"}
    assert [(one["start"], one["end"]) for one in sandbox.microsoft.events(PAT)] == [("2026-12-01", "2026-12-03")]
