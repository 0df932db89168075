"""What Google refuses, the sandbox refuses, in Google's own shape: scopes, parameters, bodies, tokens."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from googleapiclient.errors import HttpError  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from .google_people import PAT, SAM, SCOPE, connect_google

EVENTS = "calendar/v3/calendars/primary/events"
VISIT = {"start": {"dateTime": "2027-03-01T10:00:00Z"}, "end": {"dateTime": "2027-03-01T11:00:00Z"}}
CALLS = {
    "calendarList.list": lambda service: service.calendarList().list(),
    "calendarList.get": lambda service: service.calendarList().get(calendarId="primary"),
    "freebusy.query": lambda service: service.freebusy().query(
        body={"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z", "items": [{"id": "primary"}]}
    ),
    "events.list": lambda service: service.events().list(calendarId="primary"),
    "events.insert": lambda service: service.events().insert(calendarId="primary", body=VISIT),
}
READS_EVENTS = {"events.list"}
LISTS = {"calendarList.list", "calendarList.get"}


def reason_of(request):
    with pytest.raises(HttpError) as caught:
        request.execute()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


def ask(google, method, path, token="", content=None, kind="application/json"):
    """Status and content of an answer to a request that no library would send."""
    data = content if isinstance(content, bytes) or content is None else json.dumps(content).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    try:
        with urlopen(Request(f"{google.base_url}/{path}", data, headers, method=method), timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)["error"]


@pytest.fixture
def token(google):
    return connect_google(google, scopes=[f"{SCOPE}calendar"]).token


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("calendar", set(CALLS)),
        ("calendar.readonly", {*READS_EVENTS, *LISTS, "freebusy.query"}),
        ("calendar.calendarlist.readonly", LISTS),
        ("calendar.freebusy", {"freebusy.query"}),
        ("calendar.events.freebusy", {"freebusy.query"}),
        ("calendar.events", {*READS_EVENTS, "events.insert"}),
        ("calendar.events.owned", {*READS_EVENTS, "events.insert"}),
        ("calendar.events.readonly", READS_EVENTS),
    ],
)
def test_each_method_needs_one_of_its_scopes(people, scope, allowed):
    service = people(scopes=[SCOPE + scope])

    for name, call in CALLS.items():
        if name in allowed:
            call(service).execute()
        else:
            assert reason_of(call(service)) == (403, "insufficientPermissions"), name


def test_a_scope_for_owned_calendars_does_not_reach_those_of_others(google, people):
    """A practice's calendar is often shared with the account that findr is connected to."""
    google.add_calendar(PAT, "practice", "Practice", owner=SAM)
    owned = people(scopes=[f"{SCOPE}calendar.events.owned"]).events()
    every = people(scopes=[f"{SCOPE}calendar.events"]).events()

    assert reason_of(owned.list(calendarId="practice")) == (403, "insufficientPermissions")
    assert reason_of(owned.insert(calendarId="practice", body=VISIT)) == (403, "insufficientPermissions")
    assert every.insert(calendarId="practice", body=VISIT).execute()["status"] == "confirmed"
    assert every.list(calendarId="practice").execute()["accessRole"] == "writer"


def test_a_token_that_is_unknown_expired_or_revoked(google, token):
    assert ask(google, "GET", EVENTS, token)[0] == 200
    status, error = ask(google, "GET", EVENTS, "unknown")
    assert (status, error["code"], error["message"]) == (401, 401, "Invalid Credentials")
    assert error["errors"][0]["reason"] == "authError"
    google.expire_tokens(PAT)
    assert ask(google, "GET", EVENTS, token)[0] == 401


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("colour=red", "badRequest"),
        ("syncToken=abc", "invalid"),
        ("maxResults=0", "invalid"),
        ("maxResults=2501", "invalid"),
        ("maxResults=many", "invalid"),
        ("pageToken=abc", "invalid"),
        ("singleEvents=perhaps", "invalid"),
        ("orderBy=title", "invalid"),
        ("orderBy=startTime", "invalid"),
        ("timeMin=2027-03-01", "badRequest"),
        ("timeMin=2027-03-02T00:00:00Z&timeMax=2027-03-01T00:00:00Z", "timeRangeEmpty"),
        ("timeZone=Europe/Nowhere", "invalid"),
        ("timeZone=UTC&timeZone=UTC", "invalid"),
        ("alt=xml", "invalid"),
    ],
)
def test_a_parameter_that_is_unknown_or_wrong(google, token, query, reason):
    status, error = ask(google, "GET", f"{EVENTS}?{query}", token)

    assert (status, error["errors"][0]["reason"]) == (400, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"colour": "red"}, "badRequest"),
        ({"start": None}, "required"),
        ({"start": {"dateTime": "2027-03-01T10:00:00"}, "end": {"dateTime": "2027-03-01T09:00:00"}}, "timeRangeEmpty"),
        ({"end": {"dateTime": "2027-03-01T09:59:59Z"}}, "timeRangeEmpty"),
        ({"start": {"date": "2027-03-01"}}, "invalid"),
        ({"start": {"date": "2027-03-01"}, "end": {"date": "2027-03-01"}}, "timeRangeEmpty"),
        ({"start": {"date": "2027-03-01", "dateTime": "2027-03-01T10:00:00Z"}}, "invalid"),
        ({"start": {"dateTime": "2027-03-01"}}, "invalid"),
        ({"start": {"dateTime": "2027-02-30T10:00:00Z"}}, "invalid"),
        ({"start": {"dateTime": "2027-03-01T10:00:00Z", "timeZone": "Nowhere"}}, "invalid"),
        ({"start": {"dateTime": "2027-03-01T10:00:00Z", "colour": "red"}}, "badRequest"),
        ({"summary": 7}, "invalid"),
        ({"status": "maybe"}, "invalid"),
        ({"transparency": "free"}, "invalid"),
        ({"eventType": "outOfOffice"}, "eventTypeRestriction"),
        ({"extendedProperties": {"private": {"booking": 7}}}, "invalid"),
        ({"attendees": [{"name": "Pat"}]}, "badRequest"),
        ({"recurrence": ["RRULE:FREQ=SOMETIMES"]}, "required"),
        ({"recurrence": "RRULE:FREQ=DAILY"}, "invalid"),
    ],
    ids=str,
)
def test_an_event_that_makes_no_sense(google, token, changes, reason):
    status, error = ask(google, "POST", EVENTS, token, {**VISIT, **changes})

    assert (status, error["errors"][0]["reason"]) == (400, reason)
    assert google.events(PAT) == []


def test_a_series_needs_a_rule_and_the_zone_it_is_expanded_in(google, token):
    start = {"dateTime": "2027-03-01T10:00:00Z", "timeZone": "Europe/Zurich"}

    for line in ("RRULE:FREQ=SOMETIMES", "EXDATE:20270308T100000Z", "DTSTART:20270308T100000Z"):
        status, error = ask(google, "POST", EVENTS, token, {**VISIT, "start": start, "recurrence": [line]})
        assert (status, error["errors"][0]["location"]) == (400, "recurrence")

    assert google.events(PAT) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b"a=b", "application/x-www-form-urlencoded")],
)
def test_a_body_is_a_json_object(google, token, content, kind):
    assert ask(google, "POST", EVENTS, token, content, kind)[1]["errors"][0]["reason"] == "parseError"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "calendar/v3/colors"),
        ("POST", "calendar/v3/calendars/primary/acl/watch"),
        ("GET", "calendar/v3/calendars/unknown/events"),
        ("GET", "calendar/v3/users/me/calendarList/unknown"),
        ("GET", "calendar/v3/users/pat/calendarList"),
    ],
)
def test_what_is_not_there(google, token, method, path):
    status, error = ask(google, method, path, token, {} if method == "POST" else None)

    assert (status, error["errors"][0]["reason"]) == (404, "notFound")


def test_the_list_of_calendars_comes_by_pages_and_by_what_one_may_do(google, people):
    google.add_account(PAT, "Europe/Zurich")
    for number in range(3):
        google.add_calendar(PAT, f"c{number}", f"Calendar {number}", can_write=number == 1)
    calendars = people(scopes=[f"{SCOPE}calendar.calendarlist.readonly"]).calendarList()

    first = calendars.list(maxResults=3).execute()
    rest = calendars.list_next(calendars.list(maxResults=3), first).execute()

    shown = [(one["id"], one["accessRole"], one.get("primary", False)) for one in first["items"] + rest["items"]]
    assert shown == [(PAT, "owner", True), ("c0", "reader", False), ("c1", "owner", False), ("c2", "reader", False)]
    assert {one["timeZone"] for one in first["items"]} == {"Europe/Zurich"}
    assert [one["id"] for one in calendars.list(minAccessRole="writer").execute()["items"]] == [PAT, "c1"]
    assert calendars.get(calendarId="primary").execute() == first["items"][0]
