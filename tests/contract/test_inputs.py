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
def visitor(patient, provider, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    settings.MAX_OPEN_REQUESTS = 100
    return Visitor({"patient": patient, "provider": provider})


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
    booking = visitor.booking_for(door)
    before = written()
    wrong = []

    for label, value, sentence in bad_values(one):
        if (one.name, label) == ("password", "blank"):
            continue  # A password is taken as it is.
        body = {**visitor.good_body(door), one.name: value}
        if value is ...:
            del body[one.name]
        answer = visitor.knock(door, body, booking)
        if (answer.status, answer.body["code"], answer.body["error"]) != (400, "validation", sentence):
            wrong.append((label, answer.status, answer.body))

    assert wrong == []
    assert written() == before


OPTIONAL = [(name, one) for name, one in FIELDS if not one.absent]


@pytest.mark.parametrize(("name", "one"), OPTIONAL, ids=[f"{name}: {one.name}" for name, one in OPTIONAL])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_optional_field_may_be_blank(name, one, value, visitor):
    door = DOORS[name]

    answer = visitor.knock(door, {**visitor.good_body(door), one.name: value}, visitor.booking_for(door))

    assert answer.status in (200, 201), answer.body


@pytest.mark.parametrize("name", DOORS)
def test_an_unknown_field_is_ignored(name, visitor):
    door = DOORS[name]
    body = {**visitor.good_body(door), "isStaff": True, "role": "staff", "price": 0.01, "a\x00b": {"deep": [1, None]}}

    answer = visitor.knock(door, body, visitor.booking_for(door))

    assert answer.status in (200, 201), answer.body


@pytest.mark.parametrize("name", DOORS)
def test_a_body_that_is_no_object_is_refused(name, visitor):
    door = DOORS[name]
    booking = visitor.booking_for(door)
    before = written()

    deep = (b"[" * 30_000, b'{"a":' * 10_000, b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}")
    answers = {body[:20]: visitor.knock(door, body, booking) for body in (*NOT_OBJECTS, *deep)}

    assert {body: one.refusal for body, one in answers.items()} == dict.fromkeys(
        answers, (400, "validation", "body is invalid")
    )
    assert written() == before


@pytest.mark.parametrize("name", DOORS)
def test_a_body_of_more_than_64_kib_is_too_large(name, visitor):
    door = DOORS[name]
    booking = visitor.booking_for(door)
    before = written()

    answer = visitor.knock(door, b'{"x": "' + b"x" * (64 * 1024 + 1 - 9) + b'"}', booking)

    assert answer.refusal == (413, "too_large", "Request is too large")
    assert written() == before


@pytest.mark.parametrize("name", DOORS)
def test_a_body_of_64_kib_is_read(name, visitor):
    door = DOORS[name]
    fill = b'{"x": "' + b"x" * (64 * 1024 - 9) + b'"}'

    answer = visitor.knock(door, fill, visitor.booking_for(door))

    assert len(fill) == 64 * 1024
    assert answer.status in (200, 400)


@pytest.mark.parametrize("body", [None, b"", b"  \r\n"])
def test_an_empty_body_counts_as_an_empty_object(body, visitor):
    answers = {name: visitor.knock(door, body, visitor.booking_for(door)) for name, door in DOORS.items()}

    assert {name: answer.body.get("error") for name, answer in answers.items()} == {
        "register": "email is required",
        "patient sign-in": "email is required",
        "provider sign-in": "email is required",
        "staff sign-in": "email is required",
        "create": "providerId is required",
        "confirm": None,
        "decline": "Decline reason is required",
    }


@pytest.mark.parametrize("text", STRANGE)
def test_strange_text_is_kept_as_it_is(text, visitor, patient):
    registered = visitor.knock(DOORS["register"], {**visitor.good_body(DOORS["register"]), "firstName": text})
    booking = patient.has_asked(**wish_at(days=20), notes=text)
    declined = visitor.knock(DOORS["decline"], {"reason": text}, str(booking.id))

    assert registered.body["user"]["firstName"] == text
    assert declined.body["booking"]["patientNote"] == text
    assert declined.body["booking"]["declineReason"] == text


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


@pytest.mark.parametrize("path", ["", "/history"])
def test_a_path_id_that_is_no_uuid_is_an_unknown_booking(path, visitor, patient):
    answers = {patient.get(f"/api/bookings/{value}{path}").refusal for value in NO_ID}

    assert answers == {(404, "booking_not_found", "Booking not found")}


@pytest.mark.parametrize("word", ["confirm", "decline"])
def test_an_action_on_a_path_id_that_is_no_uuid_is_on_an_unknown_booking(word, visitor, provider):
    answers = {provider.post(f"/api/bookings/{value}/{word}").refusal for value in NO_ID}

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


@pytest.mark.parametrize("name", ["register", "staff sign-in", "create", "decline"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_object_makes_a_door_fail(name, data, visitor):
    door = DOORS[name]
    names = [one.name for one in door.fields]
    body = data.draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=10), JSON, max_size=len(names)))

    answer = visitor.knock(door, body, "5f0c2a10-0000-4000-8000-000000000999")

    assert answer.status in (400, 401, 403, 404)
