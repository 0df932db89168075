"""Whatever goes wrong at a vendor, in findr's words: never free, never an SDK's exception, never anybody's name."""

import json
import logging
import time
import traceback
from datetime import timedelta
from email.utils import format_datetime

import pytest
from dripping import GOOD_HEAD, dripping

from calendars.vendors.base import (
    Access,
    CalendarError,
    CalendarMissing,
    EventMissing,
    Forbidden,
    RateLimited,
    Rejected,
    TokenRefused,
    Unavailable,
)
from findr import clock
from findr.vendors.answers import MAX_RETRY_SECONDS, RETRY_SECONDS, seconds_to_wait

from .people import HOUR, NOON, PAT, SECONDS, draft

# Each call, by the name of its first request.
CALLS = {
    "list": lambda adapter, access, primary, seconds: adapter.list_calendars(access, seconds=seconds),
    "busy": lambda adapter, access, primary, seconds: adapter.busy(
        access, [primary], NOON, NOON + HOUR, seconds=seconds
    ),
    "create": lambda adapter, access, primary, seconds: adapter.create_event(access, primary, draft(), seconds=seconds),
    "find": lambda adapter, access, primary, seconds: adapter.find_event(access, primary, draft().key, seconds=seconds),
    "ours": lambda adapter, access, primary, seconds: adapter.our_events(
        access, primary, NOON, NOON + HOUR, seconds=seconds
    ),
    "events.update": lambda adapter, access, primary, seconds: adapter.update_event(
        access, primary, "findr00000", draft(), seconds=seconds
    ),
    "events.delete": lambda adapter, access, primary, seconds: adapter.delete_event(
        access, primary, "findr00000", seconds=seconds
    ),
}
OUTAGES = {
    "500": {"action": "status", "status": 500},
    "502 from a proxy": {"action": "status", "status": 502, "body": "<html>Bad gateway</html>"},
    "503": {"action": "status", "status": 503},
    "504": {"action": "status", "status": 504},
    "a page of HTML": {"action": "status", "status": 200, "body": "<html>It works!</html>"},
    "a number": {"action": "status", "status": 200, "body": "17"},
    "null": {"action": "status", "status": 200, "body": "null"},
    "half an answer": {"action": "status", "status": 200, "body": '{"value": [{"id": "a", '},
    "to somewhere else": {"action": "status", "status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
    "a broken connection": {"action": "drop_before"},
    "a connection that breaks after the work": {"action": "drop_after"},
    "silence": {"action": "hang", "seconds": 5},
}


@pytest.fixture(params=list(CALLS))
def operation(request):
    return request.param


@pytest.fixture
def failing(sandbox, account, access, operation):
    """Makes the call while a rule is in force for its requests; gives what it raised."""
    primary = account.primary(access)

    def call(rule, seconds=SECONDS):
        name = account.words.get(operation, operation)
        sandbox.behave()
        account.control.misbehave({"operation": name, "times": None, **rule})
        with pytest.raises(CalendarError) as raised:
            CALLS[operation](account.adapter, access, primary, seconds)
        return raised.value

    return call


# --- What each failure is ---------------------------------------------------------------------------------------------
@pytest.mark.lesson(23)
@pytest.mark.parametrize("operation", ["busy"])
def test_whatever_kind_of_outage_it_is_nobody_knows(failing, operation):
    for outage, rule in OUTAGES.items():
        error = failing(rule, seconds=1)
        assert type(error) is Unavailable, outage
        assert (error.code, error.retryable) == ("unavailable", True), outage


@pytest.mark.lesson(23)
def test_whichever_call_meets_an_outage_nobody_knows(failing):
    for outage in ("503", "a page of HTML", "a connection that breaks after the work"):
        error = failing(OUTAGES[outage], seconds=1)
        assert type(error) is Unavailable, outage
        assert (error.code, error.retryable) == ("unavailable", True), outage


@pytest.mark.lesson(23)
def test_a_status_has_one_meaning_whichever_call_it_answers(failing):
    for status, kind in ((401, TokenRefused), (403, Forbidden), (400, Rejected), (429, RateLimited)):
        error = failing({"action": "status", "status": status, "headers": {"Retry-After": "3"}})
        assert type(error) is kind, status
        assert getattr(error, "retry_after", 3) == 3, status


@pytest.mark.lesson(23)
@pytest.mark.parametrize("operation", ["list", "busy", "create", "ours", "events.update"])
def test_what_is_gone_is_a_calendar_or_the_event_that_is_changed(failing, operation):
    for status in (404, 410):
        error = failing({"action": "status", "status": status})
        assert type(error) is (EventMissing if operation == "events.update" else CalendarMissing), status


@pytest.mark.lesson(23)
@pytest.mark.parametrize("status", [404, 410])
def test_an_event_that_is_gone_is_not_found_and_need_not_be_deleted(vendors, status):
    google = vendors["google"]
    access = google.access(PAT)
    google.control.fail(status, operation="events.*", times=2)

    assert google.adapter.find_event(access, PAT, draft().key, seconds=SECONDS) is None
    google.adapter.delete_event(access, PAT, draft().key, seconds=SECONDS)


@pytest.mark.lesson(23)
@pytest.mark.parametrize(
    "reason", ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"]
)
def test_googles_403_for_too_many_calls_is_no_refusal_for_good(vendors, reason):
    google = vendors["google"]
    access = google.access(PAT)
    google.control.fail(403, reason, operation="freebusy.query", headers={"Retry-After": "21"})

    with pytest.raises(RateLimited) as limited:
        google.adapter.busy(access, [PAT], NOON, NOON + HOUR, seconds=SECONDS)

    assert (limited.value.retry_after, limited.value.retryable) == (21, True)


# --- Never free -----------------------------------------------------------------------------------------------------
@pytest.mark.lesson(23)
def test_an_answer_that_holds_nothing_is_never_free(account, access):
    rule = {"operation": account.words["busy"], "action": "status", "status": 200, "body": "{}"}
    account.control.misbehave(rule)

    with pytest.raises(CalendarError):
        account.adapter.busy(access, [account.primary(access)], NOON, NOON + HOUR, seconds=SECONDS)


@pytest.mark.lesson(23)
def test_an_answer_that_knows_none_of_the_calendars_is_never_free(side):
    access = side.access(PAT)
    side.control.answer_nothing()
    with pytest.raises(CalendarMissing):
        side.adapter.busy(access, [side.primary(access)], NOON, NOON + HOUR, seconds=SECONDS)

    side.control.forget_calendars()
    with pytest.raises(CalendarMissing):
        side.adapter.busy(access, [side.primary(access)], NOON, NOON + HOUR, seconds=SECONDS)


@pytest.mark.lesson(23)
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("google", '{"calendars": {"pat@example.test": {"errors": [{"reason": "internalError"}], "busy": []}}}'),
        ("google", '{"calendars": {"pat@example.test": {"busy": null}}}'),
        ("google", '{"calendars": {"pat@example.test": {"busy": [{"start": "2026-12-03T12:00:00"}]}}}'),
        ("google", '{"calendars": {"pat@example.test": {"busy": [{"start": "noon", "end": "one"}]}}}'),
        ("microsoft", '{"value": [{"scheduleId": "pat@example.test", "error": {"responseCode": "ErrorInternal"}}]}'),
        ("microsoft", '{"value": [{"scheduleId": "pat@example.test"}]}'),
        ("microsoft", '{"value": [{"scheduleItems": []}, {"scheduleItems": []}]}'),
        ("microsoft", '{"value": [{"scheduleItems": [{"status": "busy"}]}]}'),
        ("personal", '{"value": [{"showAs": "busy"}]}'),
        ("personal", '{"value": 1}'),
    ],
)
def test_an_answer_that_makes_no_sense_is_never_free(vendors, name, body):
    account = vendors[name]
    access = account.access(PAT)
    account.control.misbehave({"operation": account.words["busy"], "action": "status", "status": 200, "body": body})

    with pytest.raises(Unavailable):
        account.adapter.busy(access, [account.primary(access)], NOON, NOON + HOUR, seconds=SECONDS)


def test_a_time_in_another_zone_than_was_asked_for_is_not_taken_for_ours(vendors):
    personal = vendors["personal"]
    access = personal.access(PAT)
    when = '{"dateTime": "2026-12-03T12:00:00.0000000", "timeZone": "Pacific Standard Time"}'
    event = f'{{"start": {when}, "end": {when}, "isAllDay": false, "isCancelled": false, "showAs": "busy"}}'
    body = f'{{"value": [{event}]}}'
    personal.control.misbehave({"operation": "calendarView", "action": "status", "status": 200, "body": body})

    with pytest.raises(Unavailable):
        personal.adapter.busy(access, ["primary"], NOON, NOON + HOUR, seconds=SECONDS)


# --- Tokens ---------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(27)
def test_a_token_that_is_too_old_or_nobodys_is_refused_after_one_request(account, access, operation):
    primary = account.primary(access)
    account.control.expire_tokens(PAT)

    for token in (access.token, "nobodys"):
        before = len(account.control.calls())
        with pytest.raises(TokenRefused):
            CALLS[operation](account.adapter, Access(token, PAT, access.is_personal), primary, SECONDS)
        assert len(account.control.calls()) == before + 1


# --- Time -----------------------------------------------------------------------------------------------------------
def test_every_call_ends_within_its_time(failing):
    began = time.monotonic()

    error = failing({"action": "hang", "seconds": 30}, seconds=0.3)

    assert type(error) is Unavailable
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("head", [b"", GOOD_HEAD], ids=["its head", "its body"])
def test_an_answer_that_drips_in_for_ever_ends_with_the_calls_time(account, access, settings, head):
    primary = account.primary(access)
    grant = account.connect(PAT)
    with dripping(head) as place:
        setattr(settings, f"{account.name.upper()}_BASE", place)
        began = time.monotonic()

        with pytest.raises(Unavailable):
            account.adapter.busy(access, [primary], NOON, NOON + HOUR, seconds=0.3)
        with pytest.raises(Unavailable):
            account.adapter.refresh(grant.tokens.refresh_token, seconds=0.3)

    assert time.monotonic() - began < 20


def test_a_slow_answer_that_comes_in_time_is_taken(account, access):
    account.control.misbehave({"operation": account.words["busy"], "action": "delay", "seconds": 0.3})

    assert account.adapter.busy(access, [account.primary(access)], NOON, NOON + HOUR, seconds=SECONDS) == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("1.5", 1.5),
        ("-5", 0),
        (None, RETRY_SECONDS),
        ("", RETRY_SECONDS),
        ("soon", RETRY_SECONDS),
        ("nan", RETRY_SECONDS),
        ("999999999", MAX_RETRY_SECONDS),
        ("inf", MAX_RETRY_SECONDS),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_SECONDS),
    ],
)
def test_how_long_a_vendor_wants_to_be_left_alone(header, seconds):
    assert seconds_to_wait(header) == seconds


def test_it_may_name_a_date(time):
    date = format_datetime(clock.now() + timedelta(seconds=100), usegmt=True)

    assert 98 <= seconds_to_wait(date) <= 100


# --- Nobody's name --------------------------------------------------------------------------------------------------
@pytest.mark.lesson(40)
def test_no_token_and_no_address_is_in_what_is_raised_or_logged(access, failing, caplog):
    caplog.set_level(logging.INFO)
    said = f"{PAT} {access.token}"
    errors = [{"reason": said, "message": said}]

    for status in (200, 400, 403):
        body = [said] if status == 200 else {"error": {"code": said, "message": said, "errors": errors}}
        error = failing({"action": "status", "status": status, "body": json.dumps(body)})

        text = " ".join([str(error), repr(error), *traceback.format_exception(error), caplog.text])
        assert access.token not in text, status
        assert PAT not in text, status
        assert error.__cause__ is None, status


def test_the_libraries_write_nothing_down_below_a_warning():
    """At DEBUG they log tokens and what was answered, with addresses in it, whatever LOG_LEVEL findr has."""
    names = ("google_auth_httplib2", "googleapiclient.discovery", "msal", "requests_oauthlib.oauth2_session", "urllib3")

    assert {name: logging.getLogger(name).isEnabledFor(logging.INFO) for name in names} == dict.fromkeys(names, False)
