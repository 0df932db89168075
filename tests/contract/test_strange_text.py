"""Text that wants to be something else: kept to the letter where somebody reads it again, refused everywhere else."""

import pytest
from cast import HOUR
from contract.doors import DOORS, NO_LINE, STRANGE, written
from drawing import drawn

from findr.accounts.models import User

KEEPING = [door.name for door in DOORS.values() if any(one.is_kept for one in door.fields)]
# What a door takes and makes nothing of: a password is not shown, and an id says more than a wall time.
TAKEN = {
    *(("register", "password"), ("register, alias", "password")),
    *(("accept", "selectedDate"), ("accept", "selectedTime")),
    # A practice that nobody knows has no calendar.
    ("test a calendar", "providerId"),
    # What no phone has ever been: FCM says so, once, and it is gone. What staff try is on their own device.
    *(("send a token", "token"), ("register a device", "token"), ("register a device", "deviceModel")),
    *(("test a push", "title"), ("test a push", "body")),
}


@pytest.mark.parametrize("name", drawn(KEEPING))
def test_strange_text_is_kept_as_it_is(name, visitor, patient):
    """Every field that somebody reads again, each by itself: what one side writes stands in the patient's view."""
    door = DOORS[name]
    for one in (one for one in door.fields if one.is_kept):
        for text in texts_for(one):
            subject = visitor.subject_of(door)
            answer = visitor.knock(door, {**visitor.good_body(door, subject), one.name: text}, subject)
            assert answer.status in (200, 201), answer.body
            assert text in kept(answer, patient), one.name


def texts_for(one):
    """As few texts as the field's length allows: all at once, if it does."""
    texts = [text for text in STRANGE if not (one.is_line and text in NO_LINE)]
    at_once = " ".join(texts)
    return [at_once] if one.longest >= len(at_once) else [text[: one.longest].strip() for text in texts]


def kept(answer, patient):
    """All that can be read of what an answer is about, by its patient; of an account, the row itself."""
    if "user" in answer.body:
        return set(map(str, User.objects.filter(email=answer.body["user"]["email"]).values_list()[0]))
    booking = answer.body["booking"]["id"]
    views = [patient.get(f"/api/bookings/{booking}{part}").body for part in ("", "/history")]
    return set(leaves([*views, patient.get("/api/notifications").body["events"][-1]]))


def leaves(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [leaf for one in inner for leaf in leaves(one)]


@pytest.mark.parametrize("name", drawn(door.name for door in DOORS.values() if door.fields))
def test_strange_text_elsewhere_is_refused_and_nothing_is_written(name, visitor, settings):
    door = DOORS[name]
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    subject = visitor.subject_of(door)
    fields = [one for one in door.fields if one.is_text and not one.is_kept and (name, one.name) not in TAKEN]
    before = written()

    for one in fields:
        for text in STRANGE:
            answer = visitor.knock(door, {**visitor.good_body(door, subject), one.name: text}, subject)
            assert answer.status in (400, 401, 402, 404), (one.name, text, answer.body)
            if answer.status != 402:  # A card that is refused leaves a booking that says so.
                assert written() == before
            before = written()


@pytest.mark.parametrize("name", drawn(door.name for door in DOORS.values() if any(one.is_line for one in door.fields)))
def test_what_breaks_or_turns_a_line_or_shows_nothing_is_no_name(name, visitor, settings):
    door = DOORS[name]
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    before = written()

    for one in (one for one in door.fields if one.is_line):
        for text in NO_LINE:
            answer = visitor.knock(door, {**visitor.good_body(door, None), one.name: text[: one.longest]}, None)
            assert answer.refusal == (400, "validation", one.invalid), text
    assert written() == before


@pytest.mark.parametrize("name", ["patient sign-in", "provider sign-in", "staff sign-in"])
def test_strange_credentials_are_merely_wrong(name, visitor):
    texts = (*STRANGE, "x" * 254, "😀" * 254)

    answers = [visitor.knock(DOORS[name], {"email": text, "password": text}).refusal for text in texts]

    assert set(answers) == {(401, "invalid_credentials", "Invalid email or password")}


def test_a_strange_payment_method_is_refused_by_the_vendor(visitor, patient, sandbox):
    answers = {patient.asks(serviceId=str(HOUR), paymentMethodId=text).refusal for text in STRANGE}

    assert answers == {(402, "payment_method_invalid", "Payment failed")}
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
