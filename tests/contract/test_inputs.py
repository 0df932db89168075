"""Whatever a body holds, the answer is one of the contract's, never a 500, and a refusal writes nothing."""

import pytest
from cast import HOUR, wish_at
from contract.doors import DOORS, FIELDS, Visitor, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WRONG_TYPES = (5, 0, 1.5, True, False, [], ["x"], {}, {"id": "x"})
STRANGE = (
    "اختبار من اليمين",
    "\u202eright to left override",
    "😀" * 10,
    "'; DROP TABLE bookings_booking; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} ${x} %s %(a)s",
    "a\tb\nc",
    "a b@c d",
)
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


@pytest.fixture
def visitor(patient, provider, sandbox, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    settings.MAX_OPEN_REQUESTS = 100
    return Visitor({"patient": patient, "provider": provider}, sandbox)


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


@pytest.mark.parametrize(("name", "one"), FIELDS, ids=[f"{name}: {one.name}" for name, one in FIELDS])
def test_a_bad_field_is_named_and_nothing_is_written(name, one, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    before = written()
    wrong = []

    for label, value, sentence in bad_values(one):
        if (one.name, label) == ("password", "blank"):
            continue  # A password is taken as it is.
        body = {**visitor.good_body(door, subject), one.name: value}
        if value is ...:
            del body[one.name]
        answer = visitor.knock(door, body, subject)
        if (answer.status, answer.body["code"], answer.body["error"]) != (400, "validation", sentence):
            wrong.append((label, answer.status, answer.body))

    assert wrong == []
    assert written() == before


OPTIONAL = [(name, one) for name, one in FIELDS if not one.absent]


@pytest.mark.parametrize(("name", "one"), OPTIONAL, ids=[f"{name}: {one.name}" for name, one in OPTIONAL])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_optional_field_may_be_blank(name, one, value, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)

    answer = visitor.knock(door, {**visitor.good_body(door, subject), one.name: value}, subject)

    assert answer.status in (200, 201), answer.body


@pytest.mark.parametrize("name", DOORS)
def test_an_unknown_field_is_ignored(name, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    unknown = {"isStaff": True, "role": "staff", "price": 0.01, "a\x00b": {"deep": [1, None]}}

    answer = visitor.knock(door, {**visitor.good_body(door, subject), **unknown}, subject)

    assert answer.status in (200, 201), answer.body


@pytest.mark.parametrize("name", DOORS)
def test_a_body_that_is_no_object_is_refused(name, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    before = written()

    deep = (b"[" * 30_000, b'{"a":' * 10_000, b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")
    answers = {body[:20]: visitor.knock(door, body, subject) for body in (*NOT_OBJECTS, *deep)}

    assert {body: one.refusal for body, one in answers.items()} == dict.fromkeys(
        answers, (400, "validation", "body is invalid")
    )
    assert written() == before


@pytest.mark.parametrize("name", DOORS)
def test_a_body_of_more_than_64_kib_is_too_large(name, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    before = written()

    answer = visitor.knock(door, b'{"x": "' + b"x" * (64 * 1024 + 1 - 9) + b'"}', subject)

    assert answer.refusal == (413, "too_large", "Request is too large")
    assert written() == before


@pytest.mark.parametrize("name", DOORS)
def test_a_body_of_64_kib_is_read(name, visitor):
    door = DOORS[name]
    fill = b'{"x": "' + b"x" * (64 * 1024 - 9) + b'"}'

    answer = visitor.knock(door, fill, visitor.subject_of(door))

    assert len(fill) == 64 * 1024
    assert answer.status in (200, 400)


@pytest.mark.parametrize("body", [None, b"", b"  \r\n"])
def test_an_empty_body_counts_as_an_empty_object(body, visitor):
    answers = {name: visitor.knock(door, body, visitor.subject_of(door)) for name, door in DOORS.items()}

    assert {name: answer.body.get("error") for name, answer in answers.items()} == {
        "register": "email is required",
        "patient sign-in": "email is required",
        "provider sign-in": "email is required",
        "staff sign-in": "email is required",
        "create": "providerId is required",
        "confirm": None,
        "decline": "Decline reason is required",
        "suggest times": "At least one alternative time is required",
        "reschedule": "proposedStart is required",
        "cancel as provider": "Cancellation reason is required",
        "accept": "suggestedTimeId is required",
        "accept by the clock": "suggestedTimeId is required",
        **dict.fromkeys(("decline-suggested-times", "accept-reschedule", "decline-reschedule")),
        **dict.fromkeys(("POST cancel", "PUT cancel", "POST cancel-patient")),
        **dict.fromkeys(("set up a card", "prefer a card", "remove a card")),
    }


@pytest.mark.parametrize("text", STRANGE)
def test_strange_text_is_kept_as_it_is(text, visitor, patient):
    registered = visitor.knock(DOORS["register"], {**visitor.good_body(DOORS["register"]), "firstName": text})
    booking = patient.has_asked(**wish_at(days=20), notes=text)
    visitor.knock(
        DOORS["suggest times"], {**visitor.good_body(DOORS["suggest times"]), "message": text}, str(booking.id)
    )
    suggested = patient.get(f"/api/bookings/{booking.id}")
    declined = visitor.knock(DOORS["decline"], {"reason": text}, str(booking.id))

    assert registered.body["user"]["firstName"] == text
    assert suggested.body["booking"]["reschedule"]["current"]["message"] == text
    assert declined.body["booking"]["patientNote"] == text
    assert declined.body["booking"]["declineReason"] == text


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("name", ["POST cancel", "PUT cancel", "POST cancel-patient", "cancel as provider"])
def test_a_strange_reason_is_kept_as_it_is(name, text, visitor, patient):
    booking = visitor.subject_of(DOORS[name])

    cancelled = visitor.knock(DOORS[name], {"reason": text}, booking)

    assert cancelled.body["booking"]["cancellationReason"] == text
    events = patient.get("/api/notifications").body["events"]
    assert events[-1]["data"]["reason"] == text


@pytest.mark.parametrize("name", ["patient sign-in", "provider sign-in", "staff sign-in"])
def test_strange_credentials_are_merely_wrong(name, visitor):
    texts = (*STRANGE, "x" * 254, "😀" * 254)

    answers = [visitor.knock(DOORS[name], {"email": text, "password": text}).refusal for text in texts]

    assert set(answers) == {(401, "invalid_credentials", "Invalid email or password")}


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


@pytest.mark.parametrize("path", ["", "/history", "/cancellation-quote"])
def test_a_path_id_that_is_no_uuid_is_an_unknown_booking(path, visitor, patient):
    answers = {patient.get(f"/api/bookings/{value}{path}").refusal for value in NO_ID}

    assert answers == {(404, "booking_not_found", "Booking not found")}


OF_A_BOOKING = [door.name for door in DOORS.values() if "{booking}" in door.path]


@pytest.mark.parametrize("name", OF_A_BOOKING)
def test_an_action_on_a_path_id_that_is_no_uuid_is_on_an_unknown_booking(name, visitor):
    answers = {visitor.knock(DOORS[name], {}, value).refusal for value in NO_ID}

    assert answers == {(404, "booking_not_found", "Booking not found")}


@pytest.mark.parametrize("value", ["5f0c2a10-0000-4000-8000-000000000999", "x", 5, True, [], {}])
@pytest.mark.parametrize("name", ["userId", "patientId"])
def test_nobody_books_for_somebody_else(name, value, visitor, patient):
    before = written()

    answer = patient.asks(**{name: value})

    assert answer.refusal == (403, "forbidden", "Unauthorized")
    assert written() == before


def test_the_own_id_in_the_body_is_fine(visitor, patient):
    answer = patient.asks(userId=str(patient.id).upper(), patientId=None)

    assert answer.status == 201


@pytest.mark.parametrize("text", STRANGE)
def test_a_strange_payment_method_is_refused_by_the_vendor(text, visitor, patient, sandbox):
    answer = patient.asks(serviceId=str(HOUR), paymentMethodId=text)

    assert answer.refusal == (402, "payment_method_invalid", "Payment failed")
    assert sandbox.totals() == {"held": 0, "received": 0, "refunded": 0}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


def _fields(name):
    lists = ["proposedTimes"] if name == "suggest times" else []
    return [*lists, *(one.name for one in DOORS[name].fields)]


@pytest.mark.parametrize(
    "name", ["register", "staff sign-in", "create", *(one for one in OF_A_BOOKING if _fields(one))]
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_object_makes_a_door_fail(name, data, visitor):
    door = DOORS[name]
    names = _fields(name)
    body = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=10), JSON, max_size=len(names)))

    answer = visitor.knock(door, body, visitor.same_subject(door))

    assert answer.status in (200, 400, 401, 403, 404)


# --- Idempotency keys (5) -------------------------------------------------------------------------------------------
WITH_KEYS = [door.name for door in DOORS.values() if door.path.startswith(("/api/bookings", "/api/payments"))]
# Its answer is a secret, which is asked of the vendor anew and never kept.
KEPT = [name for name in WITH_KEYS if name != "set up a card"]


@pytest.mark.parametrize("name", WITH_KEYS)
def test_a_bad_key_is_refused(name, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    before = written()
    body = visitor.good_body(door, subject)

    sent = [visitor.knock(door, body, subject, **{"Idempotency-Key": key}) for key in ("", "x" * 256, "a\tb", "clé")]
    older = visitor.knock(door, body, subject, **{"X-Idempotency-Key": "x" * 256})
    inside = [
        visitor.knock(door, {**body, "idempotencyKey": key}, subject)
        for key in (*WRONG_TYPES, "", "x" * 256, "a\tb", *STRANGE[:3])
    ]

    refusal = (400, "validation", "idempotencyKey is invalid")
    assert {one.refusal for one in (*sent, older, *inside)} == {refusal}
    assert written() == before


@pytest.mark.parametrize("where", ["Idempotency-Key", "X-Idempotency-Key", "idempotencyKey"])
@pytest.mark.parametrize("name", KEPT)
def test_the_same_key_twice_does_it_once(name, where, visitor):
    door = DOORS[name]
    subject = visitor.subject_of(door)
    body, headers = visitor.good_body(door, subject), {where: "tap ~ 1"}
    if where == "idempotencyKey":
        body, headers = {**body, **headers}, {}

    first = visitor.knock(door, body, subject, **headers)
    before = written()
    second = visitor.knock(door, dict(reversed(body.items())), subject, **headers)
    other = visitor.knock(door, {**body, "unknown": 1}, subject, **headers)

    assert first.status in (200, 201), first.body
    assert (second.status, second.body) == (first.status, first.body)
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    assert other.refusal == (422, "idempotency_mismatch", "This key was used with another request")
    assert written() == before
