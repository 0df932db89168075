"""What the sandbox answers is what Google's discovery documents promise."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import pytest

from findr.sandbox.google.routes import OPERATIONS

from .flows import PAT, everything, refused
from .spec import CALENDAR, METHODS, USERINFO, Exchange, answer_problems, name_of, problems, request_problems


def test_every_answer_and_request_is_as_documented(google, recorder, service):
    everything(service, google)

    wrong = {
        f"{name_of(one)} {one.status}": found
        for one in recorder.exchanges
        if (found := [*request_problems(one), *answer_problems(one)])
    }
    assert wrong == {}
    assert {name_of(one) for one in recorder.exchanges} == {operation.name for operation in OPERATIONS.values()}
    statuses = {one.status for one in recorder.exchanges}
    assert statuses == {200, 204, 400, 403, 404, 409, 410}


def test_every_kind_of_event_was_shown(google, recorder, service):
    """The flow above proves nothing about what it does not show."""
    everything(service, google)

    shown = [one for exchange in recorder.exchanges for one in (exchange.answer or {}).get("items", [])]
    assert {event.get("eventType") for event in shown} >= {"default", "outOfOffice", "workingLocation"}
    assert {event.get("status") for event in shown} >= {"confirmed", "tentative", "cancelled"}
    assert {name for event in shown for name in event} >= {
        "attendees",
        "extendedProperties",
        "originalStartTime",
        "recurrence",
        "recurringEventId",
        "reminders",
        "source",
        "transparency",
        "visibility",
    }


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_answers_of_misbehaviour_are_as_documented(google, recorder, service, status):
    google.fail(status, operation="calendarList.list", times=None)

    refused(service.calendarList().list())

    assert {one.status for one in recorder.exchanges} == {status}
    assert [found for one in recorder.exchanges for found in answer_problems(one)] == []


def test_an_emptied_answer_is_as_documented(google, recorder, service):
    day = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z", "items": [{"id": "primary"}]}
    google.answer_nothing()
    google.forget_calendars()

    for _ in range(2):
        service.freebusy().query(body=day).execute()

    assert [answer_problems(one) for one in recorder.exchanges] == [[], []]


def test_whose_account_it_is_is_as_documented(google, credentials):
    method = USERINFO["resources"]["userinfo"]["methods"]["get"]
    request = Request(f"{google.base_url}/{method['path']}", headers={"Authorization": f"Bearer {credentials.token}"})

    with urlopen(request, timeout=5) as answer:
        said = json.load(answer)

    assert google.userinfo_url == request.full_url
    assert problems(said, {"$ref": "#/defs/Userinfo"}) == []
    assert said["email"] == PAT


def test_the_documents_are_those_that_these_tests_were_written_for():
    """A new major of Google's API is another document."""
    assert (CALENDAR["id"], CALENDAR["basePath"], USERINFO["id"]) == ("calendar:v3", "/calendar/v3/", "oauth2:v2")


def test_the_checks_themselves_find_what_is_wrong():
    """The negative control: a wrong answer and a wrong request do not pass."""
    answer = {"kind": "calendar#event", "id": 7, "colour": "red", "created": "yesterday"}
    got = Exchange("GET", "calendars/primary/events/e1", "", None, 200, answer)
    sent = Exchange("POST", "calendars/primary/events", "sendUpdates=some&colour=red", {"summary": 7}, 200, {})
    bare = Exchange("DELETE", "calendars/primary/events/e1", "", None, 200, {})
    error = Exchange("GET", "calendars/primary/events/e1", "", None, 404, {"error": {"message": "gone"}})

    assert {found.partition(":")[0] for found in answer_problems(got)} == {"$", "$.id", "$.created"}
    assert request_problems(sent) == ["sendUpdates: some", "colour: unknown", "$.summary: 7 is not of type 'string'"]
    assert answer_problems(bare) == ["an answer where there is none"]
    assert len(answer_problems(error)) == 2
    assert "events.watch" in METHODS
