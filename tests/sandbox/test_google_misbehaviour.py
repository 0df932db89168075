"""Google misbehaving on demand, as its own client meets it; and what the log tells of each call."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from http.client import RemoteDisconnected

import pytest
from googleapiclient.errors import HttpError  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.sandbox.client import ControlRefused
from findr.sandbox.limits import CallLimits, TooManyCalls

from .google_people import PAT, SAM, SCOPES, connect_google, http_of, service_of

DAY = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z"}
VISIT = {"id": "bk012", "start": {"dateTime": "2027-03-01T10:00:00Z"}, "end": {"dateTime": "2027-03-01T11:00:00Z"}}


@pytest.fixture
def pat(people):
    return people()


def busy(service, *calendars):
    body = {**DAY, "items": [{"id": name} for name in calendars or ["primary"]]}
    return service.freebusy().query(body=body)


def error_of(request):
    with pytest.raises(HttpError) as caught:
        request.execute()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "reason", "domain"),
    [
        (403, None, "forbidden", "global"),
        (403, "rateLimitExceeded", "rateLimitExceeded", "usageLimits"),
        (403, "userRateLimitExceeded", "userRateLimitExceeded", "usageLimits"),
        (403, "insufficientPermissions", "insufficientPermissions", "global"),
        (404, None, "notFound", "global"),
        (410, None, "deleted", "global"),
        (429, None, "rateLimitExceeded", "usageLimits"),
        (500, None, "backendError", "global"),
        (503, None, "backendError", "global"),
    ],
)
def test_an_error_has_googles_shape(google, pat, status, code, reason, domain):
    said = "Slow down, Pat."
    google.fail(status, code, operation="freebusy.query", headers={"Retry-After": "7"}, message=said)

    error = error_of(busy(pat))

    assert error.status_code == status
    assert error.error_details == [{"domain": domain, "reason": reason, "message": said}]
    assert error.resp["retry-after"] == "7"
    assert busy(pat).execute()["calendars"]["primary"] == {"busy": []}


def test_a_401_that_stays_is_met_after_two_refreshes_and_no_more(google, pat):
    """Lesson 27: what the library does by itself, so that findr must not do it around it again."""
    google.fail(401, operation="freebusy.query", times=None)

    error = error_of(busy(pat))

    assert [one["reason"] for one in error.error_details] == ["authError"]
    assert len(google.calls("freebusy.query", PAT)) == 3
    assert google.oauth.refreshes(PAT) == 2


def test_an_answer_with_no_calendar_in_it_and_one_that_knows_none(google, pat):
    google.book(PAT, "2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z")
    google.answer_nothing()
    google.forget_calendars()

    assert busy(pat).execute()["calendars"] == {}
    assert busy(pat).execute()["calendars"] == {
        "primary": {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    }
    assert len(busy(pat).execute()["calendars"]["primary"]["busy"]) == 1


def test_an_empty_answer_is_still_refused_to_whoever_may_not_ask(google, pat):
    google.answer_nothing()
    google.expire_tokens(PAT)
    google.oauth.kill(PAT, only_refresh=True)

    with pytest.raises(Exception, match="invalid_grant"):
        busy(pat).execute()


def test_a_page_instead_of_an_answer_is_text_and_no_error(google, pat):
    """The library gives what is no JSON as it is: findr must look before it asks for a field."""
    google.answer_garbage(operation="freebusy.query")

    assert busy(pat).execute() == "<html>It works!</html>"
    google.answer_garbage(operation="events.insert")
    assert isinstance(pat.events().insert(calendarId="primary", body=VISIT).execute(), str)
    assert google.events(PAT) == []


def test_a_call_dropped_after_the_work_leaves_one_event(google, pat):
    """Lesson 26: whoever tries again is told that it is there."""
    google.misbehave({"action": "drop_after", "operation": "events.insert"})
    insert = pat.events().insert(calendarId="primary", body=VISIT)
    # The library's own connection sends once more what it got no answer to.
    error = error_of(insert)

    assert error.status_code == 409
    assert [call["misbehaved"] for call in google.calls("events.insert")] == ["drop_after", None]
    assert len(google.events(PAT)) == 1


def test_a_call_dropped_before_the_work_leaves_none(google, pat):
    google.misbehave({"action": "drop_before", "operation": "events.insert", "times": None})

    with pytest.raises((RemoteDisconnected, OSError)):
        pat.events().insert(calendarId="primary", body=VISIT).execute()

    assert google.events(PAT) == []


def test_an_error_after_the_work_was_done(google, pat):
    google.fail(500, operation="events.insert", do_work=True)

    assert error_of(pat.events().insert(calendarId="primary", body=VISIT)).status_code == 500
    assert len(google.events(PAT)) == 1


def test_a_slow_answer_is_a_time_out(google):
    credentials = connect_google(google)
    google.misbehave({"action": "delay", "seconds": 5, "operation": "freebusy.query"})

    began = time.monotonic()
    with (
        service_of(google, credentials) as service,
        closing(http_of(credentials, timeout=0.3)) as http,
        pytest.raises(TimeoutError),
    ):
        busy(service).execute(http=http)

    assert time.monotonic() - began < 5


def test_a_rule_may_be_for_one_account_alone(google, people, pat):
    sam = people(SAM)
    google.fail(500, account=PAT, times=None)

    assert busy(sam).execute()["calendars"]["primary"] == {"busy": []}
    assert error_of(busy(pat)).status_code == 500


def test_the_token_endpoint_fails_in_its_own_shape(google):
    google.fail(400, "invalid_grant", operation="oauth.token")

    with pytest.raises(Exception, match="invalid_grant"):
        connect_google(google)


def test_what_is_beyond_a_mailboxs_limit_is_refused_until_there_is_room(google, people, pat):
    sam = people(SAM)
    google.limit(3, 60, account=PAT)

    for _ in range(3):
        busy(pat).execute()
    error = error_of(busy(pat))

    assert (error.status_code, error.error_details[0]["reason"]) == (429, "rateLimitExceeded")
    assert 1 <= int(error.resp["retry-after"]) <= 60
    busy(sam).execute()
    google.limit(None, 0, account=PAT)
    busy(pat).execute()
    assert [call["status"] for call in google.calls("freebusy.query", PAT)] == [200, 200, 200, 429, 200]


def test_a_limit_lets_calls_through_again_as_its_seconds_pass():
    now = [100.0]
    limits = CallLimits(lambda: now[0])
    limits.limit("*", 2, 10)

    def is_let_through(account=PAT):
        try:
            limits.count(account)
        except TooManyCalls as refusal:
            return refusal.retry_after
        return True

    assert is_let_through() is True
    now[0] = 104.0
    assert is_let_through() is True
    # Room comes when the first of the two is ten seconds old.
    assert is_let_through() == 6
    assert is_let_through(SAM) is True
    now[0] = 110.0
    assert is_let_through() is True
    assert is_let_through() == 4


def test_the_log_tells_operation_account_and_calendar_and_no_token(google, pat):
    credentials = connect_google(google)
    pat.events().insert(calendarId="primary", body=VISIT).execute()
    busy(pat).execute()

    (insert,) = google.calls("events.*")
    assert (insert["operation"], insert["account"], insert["calendar"]) == ("events.insert", PAT, "primary")
    assert insert["body"]["id"] == VISIT["id"]
    (asked,) = google.calls("freebusy.query", PAT)
    assert asked["body"]["items"] == [{"id": "primary"}]
    assert len(google.calls("oauth.token", PAT)) == len(google.calls("oauth.consent", PAT)) == 2
    assert google.calls(account=SAM) == []
    assert credentials.token not in str(google.calls())


def test_people_cannot_do_what_makes_no_sense(google):
    for doing in (
        lambda: google.book(PAT, "2027-03-01T10:00:00Z", "2027-03-01T09:00:00Z"),
        lambda: google.book(PAT, "2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", colour="red"),
        lambda: google.book(PAT, "2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", calendar="unknown"),
        lambda: google.change("unknown", PAT, title="x"),
        lambda: google.add_account(PAT, "Europe/Nowhere"),
        lambda: google.control("POST", "limits", {"account": PAT}),
    ):
        with pytest.raises(ControlRefused) as refused:
            doing()
        assert refused.value.status == 400


def test_with_one_http_per_call_no_answer_is_ever_anothers(google, people):
    """Lesson 29: the service object is shared by all threads; what carries a token is made for each call."""
    accounts = [PAT, SAM]
    credentials = {account: connect_google(google, account, SCOPES) for account in accounts}
    for account in accounts:
        google.book(account, "2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", title=account)
    shared = people()
    wrong, answers = [], []

    def work(number):
        for turn in range(16):
            account = accounts[(number + turn) % 2]
            with closing(http_of(credentials[account])) as http:
                found = shared.events().list(calendarId="primary").execute(http=http)
            answers.append(found["summary"])
            if [one["summary"] for one in found["items"]] != [account] or found["summary"] != account:
                wrong.append((account, found))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert wrong == []
    assert len(answers) == 256
