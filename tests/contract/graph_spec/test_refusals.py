"""What the specification refuses the sandbox refuses too, and serves nothing that the specification does not know."""

from __future__ import annotations

import pytest
from sandbox.microsoft_app import PAT, asked, new_event

from findr.sandbox.microsoft.routes import OPERATIONS

from .flows import WINDOW
from .spec import SPEC, answer_problems, body_schema, path_of, queries, request_problems, resolved

UTC = {"timeZone": "UTC"}


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"attendees": []},
        {"subject": 5},
        {"showAs": "away"},
        {"isAllDay": "yes"},
        {"start": "2026-12-01T09:00:00Z"},
        {"start": {**UTC, "dateTime": "tomorrow"}},
        {"end": {"dateTime": "2026-12-01T11:00:00"}},
        {"body": {"contentType": "markdown", "content": ""}},
        {"location": {"colour": "red"}},
        {"categories": "findr"},
        {"reminderMinutesBeforeStart": 1.5},
        {"singleValueExtendedProperties": [{"id": "findr", "value": "1"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_specification_refuses_of_an_event_the_sandbox_refuses(graph, recorder, sandbox, change):
    status, _ = graph("POST", "/me/events", {**new_event(), **change})

    assert request_problems(recorder.exchanges[-1]) != []
    assert answer_problems(recorder.exchanges[-1]) == []
    assert status == 400
    assert sandbox.microsoft.events(PAT) == []


@pytest.mark.parametrize("missing", ["start", "end"])
def test_what_the_specification_requires_of_an_event_the_sandbox_requires(graph, recorder, missing):
    body = {name: value for name, value in new_event().items() if name != missing}

    status, _ = graph("POST", "/me/events", body)

    assert request_problems(recorder.exchanges[-1]) == [f"$: '{missing}' is a required property"]
    assert status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"schedules": [f"p{number}@clinic.example" for number in range(21)]},
        {"schedules": []},
        {"availabilityViewInterval": 4},
        {"availabilityViewInterval": 1441},
        {"colour": "red"},
        {"startTime": {**UTC, "dateTime": "now"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_specification_refuses_of_a_question_the_sandbox_refuses(graph, recorder, change):
    status, _ = graph(
        "POST", "/me/calendar/getSchedule", {**asked("2026-12-01T00:00:00", "2026-12-02T00:00:00"), **change}
    )

    assert request_problems(recorder.exchanges[-1]) != []
    assert status == 400


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/me/calendarView", {}),
        ("/me/calendarView", {**WINDOW, "startDateTime": "tomorrow"}),
        ("/me/calendarView", {**WINDOW, "$orderby": "subject"}),
        ("/me/calendarView", {**WINDOW, "$count": "true"}),
        ("/me/events", {"$filter": "subject eq 'x'"}),
        ("/me/events", {"$top": "many"}),
        ("/me/calendars", {"$search": "x"}),
        ("/me", {"$expand": "calendar"}),
    ],
)
def test_what_the_specification_refuses_of_an_address_the_sandbox_refuses(graph, recorder, path, params):
    status, _ = graph("GET", path, **params)

    assert request_problems(recorder.exchanges[-1]) != []
    assert status == 400


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_every_route_parameter_and_field_is_in_the_specification(method, path):
    """Both ways: the sandbox takes what is specified, all of it and no more."""
    parts = ["x" if part == "{}" else part for part in path.removeprefix("v1.0").split("/")]
    operation = SPEC["paths"][path_of("/".join(parts))][method.lower()]
    served = OPERATIONS[method, path]

    assert set(served.query) == set(queries(operation)["properties"])
    assert set(served.body or {}) == set(resolved(body_schema(operation)).get("properties", {}))


def test_every_operation_of_the_specification_is_served():
    served = {
        (method, path_of("/".join("x" if part == "{}" else part for part in path.removeprefix("v1.0").split("/"))))
        for method, path in OPERATIONS
    }

    assert served == {(method.upper(), path) for path, operations in SPEC["paths"].items() for method in operations}
