"""The contract's samples against the running server, over real HTTP."""

import copy
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from contract import (  # noqa: F401 - they fill SITUATIONS
    situations_accounts,
    situations_availability,
    situations_calendars,
    situations_centre,
    situations_conversation,
    situations_devices,
    situations_feed,
    situations_patients,
    situations_providers,
    situations_wallet,
)
from contract.over_http import Wire
from contract.routes import is_answered
from contract.scene import JOINED, MOMENT, SITUATIONS, Scene
from contract.shapes import FORMATS, FREE, Comparison

from findr.accounts.models import User

ROOT = Path(__file__).resolve().parents[2]
ALL = {path.name[:3]: json.loads(path.read_text()) for path in sorted(ROOT.glob("docs/contract-samples/*.json"))}
ID = "5f0c2a10-0000-4000-8000-000000000301"
# Samples of what is not built yet, each with every door that would be its own. Once one of them opens, the sample has to
# be played: it leaves this table.
NOT_BUILT = {
    "116": ["POST /api/auth/google"],
    "920": ["GET /api/admin/bookings"],
    "921": ["GET /api/admin/bookings/stats"],
    "922": [f"GET /api/admin/bookings/{ID}"],
    "923": [f"PATCH /api/admin/bookings/{ID}/status"],
    "924": [f"POST /api/admin/bookings/{ID}/refund"],
    "930": ["POST /api/bookings/check-in"],
    "931": [f"POST /api/bookings/{ID}/complete"],
    "932": [f"POST /api/bookings/{ID}/no-show"],
}
# What findr sends, and where that is held against the sample.
OUTGOING = {"412": "tests/push/test_sample.py"}
# Those of the socket are played over one: tests/realtime/test_socket_samples.py.
SAMPLES = {
    number: sample for number, sample in ALL.items() if number not in NOT_BUILT | OUTGOING and "url" not in sample
}
ANSWERS = [
    (number, position)
    for number, sample in SAMPLES.items()
    for position, answer in enumerate(sample["responses"])
    if "body" in answer
]
# Answers to a browser: it is sent elsewhere.
REDIRECTS = [
    (number, position)
    for number, sample in SAMPLES.items()
    for position, answer in enumerate(sample["responses"])
    if "location" in answer
]
# Words in which the situation is not the sample's: the sandbox refuses a capture for another reason.
# Or a limit's window, which is what is left of it; which of two times is the busy one; or what a vendor calls a calendar, and where its consent page is.
OURS = {
    ("230", 4): {"declineCode"},
    ("214", 13): {"retryAfter"},
    ("615", 0): {"reason"},
    ("710", 0): {"calendarId"},
    ("711", 0): {"authUrl"},
    ("712", 0): {"authUrl"},
}


@pytest.fixture
def scene(live_server, patient, other_patient, provider, other_provider, staff, sandbox, time, settings):
    time.set(MOMENT)
    User.objects.update(created_at=JOINED, updated_at=JOINED)
    return Scene(
        Wire(live_server.url), patient, other_patient, provider, other_provider, staff, sandbox, time, settings
    )


@pytest.mark.parametrize(("number", "position"), ANSWERS, ids=[f"{number}-{position}" for number, position in ANSWERS])
def test_the_server_answers_like_the_sample(number, position, scene):
    sample = SAMPLES[number]["responses"][position]
    comparison = Comparison(free=frozenset(OURS.get((number, position), ())))

    reply = SITUATIONS[number, position](scene)

    assert call_of(reply) == call_in(SAMPLES[number])
    if position == 0:
        assert_is_the_samples_own(reply.call, SAMPLES[number])
    assert reply.status == sample["status"], reply.text
    assert reply.headers["Content-Type"] == "application/json"
    assert comparison.differences(sample["body"], reply.body) == []
    assert reply.headers.get("Retry-After") == _retry_after(reply.body)
    assert reply.headers["X-Request-ID"]


@pytest.mark.parametrize(("number", "position"), REDIRECTS)
def test_a_browser_is_sent_where_the_sample_says(number, position, scene):
    sample = SAMPLES[number]["responses"][position]

    reply = SITUATIONS[number, position](scene)

    assert call_of(reply) == call_in(SAMPLES[number])
    if position == 0:
        assert_is_the_samples_own(reply.call, SAMPLES[number], is_redirect=True)
    assert reply.status == sample["status"]
    assert reply.headers["Location"] == sample["location"].replace("<PORTAL_URL>", scene.settings.PORTAL_URL)
    assert reply.headers["X-Request-ID"]


def _retry_after(body):
    return str(body["retryAfter"]) if "retryAfter" in body else None


def call_in(sample):
    """The method and path that a sample shows, ids aside."""
    return sample["method"], _path(sample["path"])


def call_of(reply):
    """The method and path that a reply answers, ids aside."""
    return reply.call.method, _path(urlsplit(reply.call.full_url).path)


def _path(path):
    return re.sub(r"\bpm_\w+", ":method", re.sub(FORMATS["id"], ":id", path))


def assert_is_the_samples_own(call, sample, *, is_redirect=False):
    """The first answer is to the very call that is shown: its query, the fields of its body, its headers."""
    sent, shown = _ids_aside(dict(parse_qsl(urlsplit(call.full_url).query))), _ids_aside(sample.get("query", {}))
    # What a vendor sends a browser back with is its own, and it may be more.
    assert shown.keys() <= sent.keys() if is_redirect else sent == shown
    assert json.loads(call.data or b"{}").keys() == sample.get("request", {}).keys()
    assert {name.lower() for name in sample.get("headers", {})} <= {name.lower() for name in call.headers}


def test_every_sample_has_a_first_answer_which_is_to_its_own_call():
    assert [number for number in SAMPLES if (number, 0) not in {*ANSWERS, *REDIRECTS}] == []


def _ids_aside(query):
    return {name: re.sub(FORMATS["id"], ":id", value) for name, value in query.items()}


# --- The comparison can fail ----------------------------------------------------------------------------------------
def _places(value, at=()):
    """Every place of a body, with its value."""
    yield at, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from _places(one, (*at, key))


def _spoilt(body, at, change):
    """The body with one place changed, or None if the change does not apply there."""
    body = copy.deepcopy(body)
    parent = body
    for key in at[:-1]:
        parent = parent[key]
    return body if change(parent, at[-1]) else None


def _lose(parent, key):
    return isinstance(parent, dict) and (parent.pop(key), True)[1]


def _add(parent, key):
    return isinstance(parent[key], dict) and not parent[key].update(surplus=1)


def _retype(parent, key):
    other = {str: 5, int: "5", float: "5.0", bool: "true", dict: [], list: {}}
    if parent[key] is None:
        return False
    parent[key] = other[type(parent[key])]
    return True


def _null(parent, key):
    if parent[key] is None:
        return False
    parent[key] = None
    return True


def _fill(parent, key):
    if parent[key] is not None:
        return False
    parent[key] = "something"
    return True


def _reword(parent, key):
    """Another value that looks as good: another text, an instant a minute later, one more, the opposite."""
    value = parent[key]
    if isinstance(value, (dict, list)) or value is None:
        return False
    if isinstance(parent, dict) and (key in FREE or (key == "message" and parent.get("success") is False)):
        return False
    if isinstance(value, str):
        is_instant = re.fullmatch(FORMATS["instant"], value)
        minute = timedelta(minutes=1)
        parent[key] = f"{datetime.fromisoformat(value) + minute:%Y-%m-%dT%H:%M:%SZ}" if is_instant else f"{value[:-1]}?"
    else:
        parent[key] = not value if isinstance(value, bool) else value + 1
    return True


SPOILT = [_lose, _add, _retype, _null, _fill, _reword]


@pytest.mark.parametrize("change", SPOILT, ids=lambda one: one.__name__.strip("_"))
def test_whatever_is_spoilt_anywhere_in_a_body_is_noticed(change):
    unnoticed, tried = [], 0
    for number, position in ANSWERS:
        body = SAMPLES[number]["responses"][position]["body"]
        assert Comparison().differences(body, body) == []
        for at, _ in _places(body):
            if not at:
                continue
            spoilt = _spoilt(body, at, change)
            if spoilt is not None:
                tried += 1
                unnoticed += [] if Comparison().differences(body, spoilt) else [(number, position, at)]

    assert tried > 20
    assert unnoticed == []


def test_a_list_that_is_empty_or_a_null_that_may_not_be_is_noticed_in_any_situation():
    comparison = Comparison(same_situation=False)
    for number in ("220", "241"):
        body = SAMPLES[number]["responses"][0]["body"]
        assert comparison.differences(body, body) == []
        assert comparison.differences(body, {**body, "bookings": []}) == ["body.bookings is empty"]
        for key in ("status", "state", "appointmentDate", "servicePrice", "payment"):
            one = {**body["bookings"][0], key: None}
            assert comparison.differences(body, {**body, "bookings": [one]}), key


def test_a_defect_of_ours_leaks_nothing(scene):
    reply = SITUATIONS["214", 14](scene)

    assert reply.status == 500
    assert reply.body == {
        "success": False,
        "error": "Failed to create booking",
        "message": "Failed to create booking",
        "code": "internal_error",
    }
    assert "secret" not in reply.text + str(reply.headers)


def test_every_answer_of_every_sample_is_played():
    assert set(SITUATIONS) == {*ANSWERS, *REDIRECTS}


# --- What is not built yet ------------------------------------------------------------------------------------------
def is_open(door):
    """Whether the product has it."""
    return is_answered(*door.split())


@pytest.mark.parametrize("number", NOT_BUILT)
def test_a_sample_waits_only_as_long_as_no_door_of_its_is_open(number):
    assert [door for door in NOT_BUILT[number] if is_open(door)] == []


@pytest.mark.parametrize("number", NOT_BUILT)
def test_a_sample_that_waits_is_watched_at_its_own_call(number):
    sample = ALL[number]
    own = " ".join(call_in(sample))

    assert own in [re.sub(FORMATS["id"], ":id", door) for door in NOT_BUILT[number]]


def test_the_watch_sees_an_open_door():
    played = {" ".join((sample["method"], sample["path"])) for sample in SAMPLES.values()}

    assert [door for door in played if not is_open(door)] == []
    assert not is_open("PATCH /api/bookings")
    assert not is_open("GET /api/nowhere")
