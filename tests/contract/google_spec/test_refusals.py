"""What Google's documents refuse the sandbox refuses too, and serves nothing that they do not know."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from findr.sandbox.google.routes import OPERATIONS
from findr.sandbox.google.sign_in import SCOPE, SCOPES

from .flows import PAT, VISIT
from .spec import CALENDAR, DEFINITIONS, METHODS, Exchange, answer_problems, name_of, request_problems

EVENTS = "calendars/primary/events"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def send(google, recorder, credentials):
    """Sends what Google's client would not, and gives the exchange."""

    def sending(method, path, body=None, **query):
        headers = {"Authorization": f"Bearer {credentials.token}", **JSON}
        url = f"{google.calendar_url}{path}?{urlencode(query)}"
        recorder.request(url, method, json.dumps(body) if body is not None else None, headers=headers)
        return recorder.exchanges[-1]

    return sending


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"summary": 7},
        {"start": {"dateTime": "2027-03-01T10:00:00Z", "colour": "red"}},
        {"start": "2027-03-01T10:00:00Z"},
        {"end": {"date": "2027-02-30"}},
        {"extendedProperties": {"private": {"booking": 7}}},
        {"extendedProperties": {"mine": {"booking": "7"}}},
        {"attendees": [{"name": "Pat"}]},
        {"recurrence": "RRULE:FREQ=DAILY"},
        {"reminders": {"overrides": [{"minutes": "ten"}]}},
        {"source": {"name": "findr"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_event_that_the_document_refuses_the_sandbox_refuses(google, send, change):
    refused = send("POST", EVENTS, {**VISIT, **change})

    assert request_problems(refused) != []
    assert (refused.status, answer_problems(refused)) == (400, [])
    assert google.events(PAT) == []


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("events.list", {"colour": "red"}),
        ("events.list", {"maxResults": 0}),
        ("events.list", {"maxResults": "many"}),
        ("events.list", {"singleEvents": "perhaps"}),
        ("events.list", {"orderBy": "title"}),
        ("events.list", {"timeMin": "yesterday"}),
        ("events.list", {"calendarId": "primary"}),
        ("calendarList.list", {"minAccessRole": "everything"}),
        ("calendarList.list", {"maxResults": -1}),
    ],
)
def test_a_query_that_the_document_refuses_the_sandbox_refuses(send, name, query):
    path = METHODS[name]["path"].replace("{calendarId}", "primary")

    refused = send("GET", path, **query)

    assert name_of(refused) == name
    assert request_problems(refused) != []
    assert (refused.status, answer_problems(refused)) == (400, [])


@pytest.mark.parametrize(
    "change",
    [{"colour": "red"}, {"timeMin": "yesterday"}, {"items": [{"calendar": "primary"}]}, {"groupExpansionMax": "all"}],
    ids=lambda change: next(iter(change)),
)
def test_a_question_that_the_document_refuses_the_sandbox_refuses(send, change):
    asked = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z", "items": [{"id": "primary"}]}

    refused = send("POST", "freeBusy", {**asked, **change})

    assert request_problems(refused) != []
    assert (refused.status, answer_problems(refused)) == (400, [])


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_every_method_parameter_field_and_scope_is_in_the_document(method, path):
    served = OPERATIONS[method, path]
    called = Exchange(method, path.replace("{}", "x"), "", None, 200, None)
    documented = METHODS[served.name]
    queries = {name for name, one in documented.get("parameters", {}).items() if one["location"] == "query"}

    assert name_of(called) == served.name
    assert set(served.query) <= queries
    assert served.repeated <= {name for name in served.query if documented["parameters"][name].get("repeated")}
    assert served.needs <= set(documented["scopes"])
    assert (served.body is None) == ("request" not in documented)
    if served.body is not None:
        assert set(served.body) <= set(DEFINITIONS[documented["request"]["$ref"]]["properties"])


def test_every_scope_of_the_consent_page_is_in_the_document():
    assert {SCOPE + name for name in SCOPES} <= set(CALENDAR["auth"]["oauth2"]["scopes"])
