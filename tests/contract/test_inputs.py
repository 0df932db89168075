"""Whatever a body holds, the answer is one of the contract's, never a 500, and a refusal writes nothing."""

import pytest
from contract.doors import DOORS, ELSEWHERE, STRANGE, WRONG_TYPES, Visitor, written
from contract.routes import api_routes
from drawing import drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOT_OBJECTS = (
    b"[]",
    b'"text"',
    b"1",
    b"null",
    b"true",
    b"not json",
    b'{"a":',
    b"{'a': 1}",
    b'{"a": NaN}',
    b"\xff\xfe{}",
)
NOT_IDS = ("x", "0", "{5f0c2a10-0000-4000-8000-000000000101}", "5f0c2a10000040008000000000000101", "😀", "a" * 10_000)
NO_ID = ("x", "0", "null", "%00", "%F0%9F%98%80", "..%5C..", "a" * 3000, "5f0c2a10000040008000000000000101")


def bad_values(one):
    """Label, value and the sentence that answers it; `...` stands for a field left out."""
    if one.absent:
        yield from (("missing", ..., one.absent), ("null", None, one.absent))
    yield from (
        (f"wrong type {value!r}", value, one.invalid) for value in WRONG_TYPES if one.is_text or value is not True
    )
    if one.is_text:
        if one.absent:
            yield from (("empty", "", one.absent), ("blank", " \t ", one.absent))
        yield "NUL", "a\x00b", one.invalid
        yield "lone surrogate", "a\ud800b", "body is invalid"
    if one.longest:
        yield "too long", "x" * (one.longest + 1), one.invalid


def test_every_route_that_writes_is_a_door():
    writes = {route for route in api_routes() if not route.startswith("GET ")}

    assert {door.route for door in DOORS.values()} | set(ELSEWHERE) == writes


@pytest.mark.parametrize("name", drawn(door.name for door in DOORS.values() if door.fields))
def test_a_bad_field_is_named_and_nothing_is_written(name, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    good, before = visitor.good_body(door, subject), written()
    wrong = []

    for one in door.fields:
        for label, value, sentence in bad_values(one):
            if (one.name, label) == ("password", "blank"):
                continue  # A password is taken as it is.
            body = {**good, one.name: value}
            if value is ...:
                body.pop(one.name, None)
            answer = visitor.knock(door, body, subject)
            if (answer.status, answer.body["code"], answer.body["error"]) != (400, "validation", sentence):
                wrong.append((one.name, label, answer.status, answer.body))

    assert wrong == []
    assert written() == before


OPTIONAL = [door.name for door in DOORS.values() if any(not one.absent for one in door.fields)]


@pytest.mark.parametrize("name", drawn(OPTIONAL))
def test_an_optional_field_may_be_blank(name, visitor):
    door = DOORS[name]
    optional = [one.name for one in door.fields if not one.absent]

    for value in (None, "", "  "):
        subject = visitor.subject_of(door)
        body = {**visitor.good_body(door, subject), **dict.fromkeys(optional, value)}
        answer = visitor.knock(door, body, subject)
        assert answer.status in (200, 201), (value, answer.body)


def test_an_unknown_field_is_ignored(visitor):
    unknown = {"isStaff": True, "role": "staff", "price": 0.01, "a\x00b": {"deep": [1, None]}}

    for door in map(DOORS.get, drawn(DOORS)):
        subject = visitor.subject_of(door)
        answer = visitor.knock(door, {**visitor.good_body(door, subject), **unknown}, subject)
        assert answer.status in (200, 201), (door.name, answer.body)


def test_a_body_that_is_no_object_is_refused_at_every_door(visitor):
    subjects = {name: visitor.subject_of(DOORS[name]) for name in drawn(DOORS)}
    deep = (b"[" * 30_000, b'{"a":' * 10_000, b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")
    before = written()

    for name, subject in subjects.items():
        for body in (*NOT_OBJECTS, *deep):
            refusal = visitor.knock(DOORS[name], body, subject).refusal
            assert refusal == (400, "validation", "body is invalid"), (name, body[:20])

    assert written() == before


def test_a_body_of_64_kib_is_read_and_one_more_byte_is_too_large(visitor):
    longest = b'{"x": "' + b"x" * (64 * 1024 - 9) + b'"}'
    assert len(longest) == 64 * 1024

    for name in drawn(DOORS):
        door, subject = DOORS[name], visitor.subject_of(DOORS[name])
        before = written()
        refusal = visitor.knock(door, longest.replace(b"x", b"xx", 1), subject).refusal
        assert refusal == (413, "too_large", "Request is too large"), name
        assert written() == before
        assert visitor.knock(door, longest, subject).status in (200, 400), name


def test_an_empty_body_counts_as_an_empty_object(visitor):
    register, sign_in = "email is required", "email is required"
    sentences = {
        **dict.fromkeys(("register", "register, alias"), register),
        **dict.fromkeys(("patient sign-in", "patient sign-in, alias", "provider sign-in", "staff sign-in"), sign_in),
        "create": "providerId is required",
        "decline": "Decline reason is required",
        "suggest times": "At least one alternative time is required",
        "reschedule": "proposedStart is required",
        "cancel as provider": "Cancellation reason is required",
        "accept": "suggestedTimeId is required",
        "accept by the clock": "suggestedTimeId is required",
        "verify a time": "providerId is required",
        "reserve": "providerId is required",
        "choose calendars": "targetId is required",
        "test a calendar": "providerId is required",
        **dict.fromkeys(("send a token", "register a device"), "token is required"),
        "test a push": "userId is required",
    }

    for name in drawn(DOORS):
        door = DOORS[name]
        for body in (None, b"", b"  \r\n"):
            # Who refuses it has changed nothing, and can be asked again.
            subject = visitor.same_subject(door) if name in sentences else visitor.subject_of(door)
            assert visitor.knock(door, body, subject).body.get("error") == sentences.get(name), (name, body)


def test_an_email_that_grows_in_lower_case_is_too_long(visitor):
    before = written()
    email = "a@" + ".".join(["İ" * 40] * 6) + ".test"

    answer = visitor.knock(DOORS["register"], {**visitor.good_body(DOORS["register"]), "email": email})

    assert answer.refusal == (400, "validation", "email is invalid")
    assert written() == before


@pytest.mark.parametrize(
    "email", ["pat", "pat@", "@example.test", "pat@example", "a b@example.test", "p@ex..ample.test"]
)
def test_what_is_no_email_is_not_registered(email, visitor):
    answer = visitor.knock(DOORS["register"], {**visitor.good_body(DOORS["register"]), "email": email})

    assert answer.refusal == (400, "validation", "email is invalid")


def test_several_bad_fields_are_all_named(visitor):
    answer = visitor.knock(DOORS["register"], {"email": "pat", "firstName": 5})

    assert answer.body["error"] == "email is invalid"
    assert answer.body["fields"] == {
        "email": "email is invalid",
        "password": "password is required",
        "firstName": "firstName is invalid",
        "lastName": "lastName is required",
        "agreedToTerms": "agreedToTerms is required",
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [("providerId", "provider"), ("serviceId", "service"), ("teamMemberId", "team_member")],
)
def test_an_id_that_is_no_uuid_names_nothing(name, code, visitor, patient):
    before = written()

    answers = [patient.asks(**{name: value}).body["code"] for value in NOT_IDS]

    assert set(answers) == {f"{code}_not_found"}
    assert written() == before


def test_a_suggestion_id_that_is_no_uuid_names_nothing(visitor):
    door = DOORS["accept"]
    booking = visitor.subject_of(door)
    before = written()

    answers = {visitor.knock(door, {"suggestedTimeId": value}, booking).refusal for value in (*NOT_IDS, *STRANGE)}

    assert answers == {(404, "suggested_time_not_found", "Suggested time not found")}
    assert written() == before


@pytest.mark.parametrize("name", ["prefer a card", "remove a card"])
def test_a_payment_method_that_is_none_of_mine_is_unknown(name, visitor, other_patient, sandbox):
    mine = visitor.subject_of(DOORS[name])
    theirs = Visitor({"patient": other_patient}, sandbox).subject_of(DOORS[name])
    strange = ("pm_nobody", "x", "0", "null", "%00", "%F0%9F%98%80", "..%5C..", "cus_1", "a" * 3000, theirs)

    answers = {visitor.knock(DOORS[name], {}, value).refusal for value in strange}

    assert answers == {(404, "payment_method_not_found", "Payment method not found")}
    assert visitor.knock(DOORS[name], {}, mine).status == 200


def test_a_path_id_that_is_no_uuid_is_an_unknown_booking(visitor, patient):
    paths = ("", "/history", "/cancellation-quote")
    answers = {patient.get(f"/api/bookings/{value}{path}").refusal for value in NO_ID for path in paths}

    assert answers == {(404, "booking_not_found", "Booking not found")}


OF_A_BOOKING = [door.name for door in DOORS.values() if "{booking}" in door.path]


def test_an_action_on_a_path_id_that_is_no_uuid_is_on_an_unknown_booking(visitor):
    answers = {visitor.knock(DOORS[name], {}, value).refusal for name in drawn(OF_A_BOOKING) for value in NO_ID}

    assert answers == {(404, "booking_not_found", "Booking not found")}


def test_nobody_books_for_somebody_else(visitor, patient):
    before = written()
    ids = ("5f0c2a10-0000-4000-8000-000000000999", "x", 5, True, [], {})

    answers = {patient.asks(**{name: value}).refusal for name in ("userId", "patientId") for value in ids}

    assert answers == {(403, "forbidden", "Unauthorized")}
    assert written() == before


def test_the_own_id_in_the_body_is_fine(visitor, patient):
    answer = patient.asks(userId=str(patient.id).upper(), patientId=None)

    assert answer.status == 201


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def _fields(name):
    lists = {"suggest times": ["proposedTimes"], "choose calendars": ["conflictIds"]}.get(name, [])
    return [*lists, *(one.name for one in DOORS[name].fields)]


@pytest.mark.parametrize(
    "name",
    drawn(
        [
            *("register", "staff sign-in", "create", "choose calendars", "test a calendar"),
            *(one for one in OF_A_BOOKING if _fields(one)),
        ]
    ),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_object_makes_a_door_fail(name, data, visitor):
    door = DOORS[name]
    names = _fields(name)
    body = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=10), JSON, max_size=len(names)))

    answer = visitor.knock(door, body, visitor.same_subject(door))

    assert answer.status in (200, 400, 401, 403, 404)
