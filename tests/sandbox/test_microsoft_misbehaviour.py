"""Microsoft made to misbehave, in its own shapes, and its limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests  # noqa: TID251  Graph is plain HTTP

from findr.sandbox.client import SandboxClient
from findr.sandbox.process import start_sandbox

from .microsoft_app import PAT, App, Graph, new_event

WINDOW = ("2026-12-01T08:00:00", "2026-12-01T12:00:00")
SAM = "sam@clinic.example"


@pytest.fixture
def app(sandbox):
    made = App(sandbox)
    yield made
    made.close()


@pytest.fixture
def graph(app):
    return app.graph()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "InvalidAuthenticationToken"),
        (403, "ErrorAccessDenied"),
        (404, "ErrorItemNotFound"),
        (409, "ErrorIrresolvableConflict"),
        (429, "ApplicationThrottled"),
        (500, "ErrorInternalServerError"),
        (503, "serviceNotAvailable"),
    ],
)
def test_a_status_is_answered_in_graphs_shape_once(sandbox, graph, status, code):
    sandbox.microsoft.fail(status, operation="getSchedule")

    answer = graph.schedule(*WINDOW)

    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert answer[1]["error"]["message"]
    assert graph.schedule(*WINDOW)[0] == 200


def test_a_rule_strikes_one_mailbox_and_one_operation(sandbox, app, graph):
    other = app.graph(SAM)
    sandbox.microsoft.fail(503, operation="calendarView", account=SAM, times=None)

    statuses = [one.schedule(*WINDOW)[0] for one in (graph, other)]
    statuses += [
        one("GET", f"/me/calendarView?startDateTime={WINDOW[0]}&endDateTime={WINDOW[1]}")[0] for one in (graph, other)
    ]

    assert statuses == [200, 200, 200, 503]


def test_throttling_says_when_to_come_back(sandbox, graph):
    sandbox.microsoft.fail(429, headers={"Retry-After": "7"})
    sandbox.microsoft.fail(429)

    assert [graph.send("GET", "/me").headers["Retry-After"] for _ in range(2)] == ["7", "1"]


def test_an_answer_may_hold_nothing_or_know_nobody(sandbox, graph):
    sandbox.microsoft.answer_nothing()
    sandbox.microsoft.forget_calendars()

    nothing, unknown = graph.schedule(*WINDOW), graph.schedule(*WINDOW)

    assert (nothing[0], nothing[1]["value"]) == (200, [])
    (item,) = unknown[1]["value"]
    assert (item["scheduleId"], item["availabilityView"]) == (PAT, "")
    assert item["error"]["responseCode"] == "ErrorMailRecipientNotFound"


def test_an_answer_may_be_no_json(sandbox, graph):
    sandbox.microsoft.answer_garbage(operation="getSchedule")

    with pytest.raises(requests.exceptions.JSONDecodeError):
        graph.schedule(*WINDOW)


def test_a_call_may_be_lost_before_or_after_the_work(sandbox, graph):
    sandbox.microsoft.misbehave({"action": "drop_before", "operation": "events.create"})
    sandbox.microsoft.misbehave({"action": "drop_after", "operation": "events.create"})
    made = []
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            graph.create()
        made.append(len(sandbox.microsoft.events(PAT)))

    assert made == [0, 1]


def test_an_error_may_come_although_the_work_was_done(sandbox, graph):
    sandbox.microsoft.fail(500, operation="events.create", do_work=True)

    status, _ = graph("POST", "/me/events", new_event(transactionId="booking-1"))

    assert status == 500
    assert len(sandbox.microsoft.events(PAT)) == 1


def test_four_calls_about_a_mailbox_are_under_way_at_once(sandbox, app, graph, until):
    """Four wait for five seconds; what is asked meanwhile is answered at once, if it is."""
    other = app.graph(SAM)
    sandbox.microsoft.misbehave({"action": "delay", "seconds": 5, "operation": "me", "times": 4})
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(graph, "GET", "/me") for _ in range(4)]
        until(lambda: len(sandbox.microsoft.calls("me")) == 4)
        fifth, elsewhere = (one.send("GET", "/me/calendar") for one in (graph, other))
        settings = {}
        for most in (2, 5, None):
            sandbox.microsoft.at_once(most)
            settings[most] = graph("GET", "/me/calendar")[0]

    assert (fifth.status_code, fifth.json()["error"]["code"]) == (429, "ApplicationThrottled")
    assert fifth.headers["Retry-After"] == "1"
    assert elsewhere.status_code == 200
    assert settings == {2: 429, 5: 200, None: 200}
    assert [one.result()[0] for one in waiting] == [200] * 4


def test_calls_one_after_the_other_never_are_too_many(sandbox, graph):
    sandbox.microsoft.at_once(1)

    assert [graph("GET", path)[0] for path in ("/me", "/me/nothing", "/me/events/nothing", "/me")] == [
        200,
        400,
        404,
        200,
    ]


def test_a_call_that_is_lost_takes_no_place(sandbox, graph):
    sandbox.microsoft.at_once(1)
    sandbox.microsoft.misbehave({"action": "drop_before", "operation": "me", "times": 3})
    for _ in range(3):
        with pytest.raises(requests.ConnectionError):
            graph("GET", "/me")

    assert graph("GET", "/me")[0] == 200


def test_what_is_beyond_a_limit_is_throttled(sandbox, app, graph):
    other = app.graph(SAM)
    sandbox.microsoft.limit(3, 60, PAT)

    answers = [graph.send("GET", "/me") for _ in range(5)]

    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["error"]["code"] == "ApplicationThrottled"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert other("GET", "/me")[0] == 200


def test_the_log_tells_operation_account_query_and_what_was_sent(sandbox, graph):
    graph.create(transactionId="booking-1")

    (call,) = sandbox.microsoft.calls("events.create", account=PAT)
    assert (call["method"], call["path"], call["status"]) == ("POST", "/v1.0/me/events", 201)
    assert call["body"]["transactionId"] == "booking-1"
    assert sandbox.microsoft.calls("events.create", account=SAM) == []


def test_the_ledger_shows_calendars_and_events_by_account(sandbox, graph):
    event = graph.create()
    sandbox.microsoft.personal(SAM)

    ledger = sandbox.microsoft.ledger()
    assert [one["calendar"] for one in ledger["accounts"][PAT]] == [PAT]
    assert [one["id"] for one in ledger["events"][PAT][PAT]] == [event["id"]]
    assert ledger["personal"] == [SAM]


def test_grants_events_and_settings_survive_a_restart(tmp_path):
    with start_sandbox(tmp_path) as base_url:
        app = App(SandboxClient(base_url))
        made = app.connect()
        Graph(app.http, app.microsoft.base_url, made["access_token"]).create(transactionId="booking-1")
        app.microsoft.rotate(old_stays=False)
        app.close()

    with start_sandbox(tmp_path) as base_url:
        app = App(SandboxClient(base_url))
        graph = Graph(app.http, app.microsoft.base_url, made["access_token"])
        graph.create(transactionId="booking-1")
        app.msal.acquire_token_by_refresh_token(made["refresh_token"], ["User.Read"])
        said = app.msal.acquire_token_by_refresh_token(made["refresh_token"], ["Calendars.ReadWrite"])
        assert len(app.microsoft.events(PAT)) == 1
        assert said["error"] == "invalid_grant"
        app.close()
