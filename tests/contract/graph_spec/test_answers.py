"""What the sandbox answers, and what it is sent, is what the specification of Graph says; and that is Microsoft's."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from findr.sandbox.microsoft.calendars import USER
from findr.sandbox.microsoft.routes import CALENDAR, EVENT, OPERATIONS

from .flows import everything
from .published import differences
from .spec import PUBLISHED, SPEC, Exchange, answer_problems, path_of, request_problems

# Microsoft's metadata names types and their own fields: it knows nothing of /me's shape, of the parameters that select
# and expand one event, or of relations such as extended properties, all of which are in its reference.
NOT_IN_METADATA = {
    "user",
    "singleValueLegacyExtendedProperty",
    "GET /me $select",
    "GET /me/calendar $select",
    "GET /me/events/{event-id} $select",
    "GET /me/events/{event-id} $expand",
    "event.singleValueExtendedProperties",
    "eventChange.singleValueExtendedProperties",
    "newEvent.singleValueExtendedProperties",
    "wholeEvent.singleValueExtendedProperties",
    "POST /me/events body.singleValueExtendedProperties",
    "POST /me/calendars/{calendar-id}/events body.singleValueExtendedProperties",
    "PATCH /me/events/{event-id} body.singleValueExtendedProperties",
    "PATCH /me/events/{event-id} Prefer",
    "GET /me/calendars/{calendar-id}/calendarView/delta",
}


def test_every_answer_and_request_is_as_specified(graph, recorder, sandbox):
    everything(graph, sandbox)

    wrong = {
        f"{number} {one.method} {one.path} {one.status}": found
        for number, one in enumerate(recorder.exchanges)
        if (found := [*([] if one.status >= 400 else request_problems(one)), *answer_problems(one)])
    }
    assert wrong == {}
    called = {(one.method, path_of(one.path)) for one in recorder.exchanges if one.status < 300}
    assert len(called) == len(OPERATIONS), "every operation is called"


def test_every_field_that_can_be_selected_is_in_the_specification():
    schemas = SPEC["components"]["schemas"]

    assert set(EVENT) <= set(schemas["event"]["properties"])
    assert set(CALENDAR) <= set(schemas["calendar"]["properties"])
    assert set(USER) <= set(schemas["user"]["properties"])


def test_the_specification_is_a_valid_one():
    for schema in SPEC["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    named = {word.rpartition("/")[2] for word in _references(json.dumps(SPEC))}
    assert named <= set(SPEC["components"]["schemas"])


def _references(text):
    return [part.partition('"')[0] for part in text.split('"$ref": "')[1:]]


def test_the_specification_allows_nothing_that_microsofts_own_does_not():
    """Where Microsoft's is not at hand nothing is compared with it; that the comparison bites is tested below."""
    only_ours = [set(differences(SPEC, json.loads(path.read_text()))) for path in PUBLISHED]

    assert only_ours == [NOT_IN_METADATA] * len(PUBLISHED)


def test_the_comparison_finds_what_only_we_have():
    """The negative control: ours against a copy in which things are missing or of another kind."""
    assert differences(SPEC, SPEC) == []
    theirs = json.loads(json.dumps(SPEC))
    del theirs["paths"]["/me/calendarView"]
    theirs["paths"]["/me/events"]["post"]["parameters"] = []
    event = theirs["components"]["schemas"]["event"]["properties"]
    del event["showAs"]
    event["isAllDay"] = {"type": "string"}
    theirs["components"]["schemas"]["eventType"]["enum"].remove("exception")

    found = set(differences(SPEC, theirs))

    assert {"GET /me/calendarView", "POST /me/events Prefer", "event.showAs", "event.isAllDay: boolean"} <= found
    assert "event.type: exception" in found


def test_the_checks_themselves_find_what_is_wrong():
    """The negative control: a wrong answer and a wrong request do not pass."""
    event = {"id": "AAMk", "showAs": "away", "start": {"dateTime": "2026-12-01T09:00:00Z", "timeZone": "UTC"}}
    got = Exchange("GET", "/me/events/AAMk", "", None, 200, event)
    sent = Exchange("POST", "/me/events", "%24top=5", {"subject": 5, "colour": "red"}, 201, {})

    found = " ".join(answer_problems(got))
    assert "'away' is not one of" in found
    assert "dateTime" in found
    assert "'@odata.etag' is a required property" in found
    wrong = " ".join(request_problems(sent))
    assert all(word in wrong for word in ("$top", "colour", "'start' is a required property", "5 is not of type"))
