"""Who may knock at which door: every role at every endpoint, strangers' bookings, and the order of the checks."""

from datetime import timedelta

import jwt
import pytest
from cast import call, fresh, put_into
from contract.doors import written
from contract.refusals import NO_TOKEN
from contract.routes import api_routes

from bookings.models import Booking
from bookings.states import State
from findr import clock

BAD = (401, "Invalid token")
EXPIRED = (401, "Token expired")
FORBIDDEN = (403, "Unauthorized")
CALLERS = ("nobody", "forger", "late", "disabled", "patient", "provider", "staff")
STRANGERS = {"nobody": NO_TOKEN, "forger": BAD, "late": EXPIRED, "disabled": BAD}


def everybody(status, error=None):
    """A public endpoint: no token, a bad token, any token, all alike."""
    return dict.fromkeys(CALLERS, (status, error))


def only(*kinds, answer=(200, None)):
    """An endpoint for these kinds of token."""
    rest = dict.fromkeys(("patient", "provider", "staff"), FORBIDDEN)
    return {**STRANGERS, **rest, **dict.fromkeys(kinds, answer)}


NO_EMAIL = (400, "email is required")
# Route -> who gets which answer, sent with an empty object. A new endpoint needs a row here.
MATRIX = {
    "POST /api/users/register": everybody(*NO_EMAIL),
    "POST /api/auth/register": everybody(*NO_EMAIL),
    "POST /api/users/login": everybody(*NO_EMAIL),
    "POST /api/auth/login": everybody(*NO_EMAIL),
    "POST /api/providers/login": everybody(*NO_EMAIL),
    "POST /api/admin/auth/login": everybody(*NO_EMAIL),
    "GET /api/users/me": only("patient"),
    "GET /api/providers/:provider_id": everybody(200),
    "POST /api/bookings": only("patient", answer=(400, "providerId is required")),
    "GET /api/users/me/bookings": only("patient"),
    "GET /api/bookings/user": only("patient"),
    "GET /api/bookings/user/:user_id": only("patient"),
    "GET /api/bookings/provider": only("provider"),
    "GET /api/bookings/provider/pending": only("provider"),
    "GET /api/bookings/provider/:provider_id": only("provider"),
    "GET /api/bookings/provider/:provider_id/pending": only("provider"),
    "GET /api/bookings/:booking_id": only("patient", "provider"),
    "GET /api/bookings/:booking_id/history": only("patient", "provider"),
    "POST /api/bookings/:booking_id/confirm": only("provider"),
    "POST /api/bookings/:booking_id/decline": only("provider", answer=(400, "Decline reason is required")),
    "POST /api/bookings/:booking_id/suggest-times": only(
        "provider", answer=(400, "At least one alternative time is required")
    ),
    "POST /api/bookings/:booking_id/reschedule": only("provider", answer=(400, "proposedStart is required")),
    "POST /api/bookings/:booking_id/cancel-provider": only("provider", answer=(400, "Cancellation reason is required")),
    "POST /api/bookings/:booking_id/accept-suggested-time": only(
        "patient", answer=(400, "suggestedTimeId is required")
    ),
    "POST /api/bookings/:booking_id/decline-suggested-times": only("patient"),
    "POST /api/bookings/:booking_id/accept-reschedule": only("patient", answer=(400, "No pending reschedule")),
    "POST /api/bookings/:booking_id/decline-reschedule": only("patient", answer=(400, "No pending reschedule")),
    "POST /api/bookings/:booking_id/cancel": only("patient"),
    "PUT /api/bookings/:booking_id/cancel": only("patient"),
    "POST /api/bookings/:booking_id/cancel-patient": only("patient"),
    "GET /api/bookings/:booking_id/cancellation-quote": only("patient"),
    "GET /api/availability/:provider_id": everybody(200),
    "GET /api/availability/:provider_id/explain": only("provider", "staff"),
    "POST /api/availability/verify-slot": everybody(400, "providerId is required"),
    "POST /api/bookings/reserve-slot": only("patient", answer=(400, "providerId is required")),
    "DELETE /api/bookings/reserve-slot/:reservation_id": only("patient", answer=(404, "Reservation not found")),
    "GET /api/notifications": only("patient", "provider"),
    "POST /api/payments/setup-intent": only("patient"),
    "GET /api/payments/methods": only("patient"),
    "DELETE /api/payments/methods/:method_id": only("patient", answer=(404, "Payment method not found")),
    "POST /api/payments/methods/:method_id/default": only("patient", answer=(404, "Payment method not found")),
    "POST /api/payments/webhook": everybody(400, "Invalid signature"),
    "GET /api/calendar/status/:provider_id": only("provider"),
    "GET /api/calendar/google/auth/:provider_id": only("provider"),
    "GET /api/calendar/microsoft/auth/:provider_id": only("provider"),
    # To the portal, whoever comes and with whatever.
    "GET /api/calendar/google/callback": everybody(302),
    "GET /api/calendar/microsoft/callback": everybody(302),
    "GET /api/calendar/calendars/:provider_id": only("provider"),
    "PUT /api/calendar/calendars/:provider_id": only("provider", answer=(400, "targetId is required")),
    "POST /api/calendar/disconnect/:provider_id": only("provider"),
    # The vendors' own doors: a channel's secret opens them.
    "POST /api/calendar/google/notifications": everybody(404, "Not found"),
    "POST /api/calendar/microsoft/notifications": everybody(400, "value is invalid"),
    "POST /api/test-calendar-availability": only("staff", answer=(400, "providerId is required")),
}
LIKE_ANY_BOOKING = ("", "/history")
# What each side may do to a booking, with a body that is good.
START = (clock.now() + timedelta(days=3)).replace(hour=17, minute=0, second=0, microsecond=0).isoformat()
OF_THE_PRACTICE = {
    "POST confirm": {},
    "POST decline": {"reason": "full"},
    "POST suggest-times": {"proposedTimes": [{"start": START}]},
    "POST reschedule": {"proposedStart": START},
    "POST cancel-provider": {"reason": "full"},
}
OF_THE_PATIENT = {
    "POST accept-suggested-time": {"suggestedTimeId": "5f0c2a10-0000-4000-8000-000000000999"},
    "POST decline-suggested-times": {},
    "POST accept-reschedule": {},
    "POST decline-reschedule": {},
    "POST cancel": {"reason": "ill"},
    "PUT cancel": {"reason": "ill"},
    "POST cancel-patient": {"reason": "ill"},
}
NOT_FOUND = (404, "booking_not_found", "Booking not found")


@pytest.fixture
def tokens_of(patient, provider, staff, other_patient, time):
    """A token for every kind of caller."""
    time.passes(days=-31)
    late = patient.token
    time.passes(days=31)
    other_patient.user.is_active = False
    other_patient.user.save(update_fields=["is_active"])
    return {
        "nobody": None,
        "forger": jwt.encode({"type": "patient", "userId": str(patient.id)}, "x" * 40, algorithm="HS256"),
        "late": late,
        "disabled": other_patient.token,
        "patient": patient.token,
        "provider": provider.token,
        "staff": staff.token,
    }


def knock(route, token, **ids):
    verb, path = route.split(" ")
    for name, value in ids.items():
        path = path.replace(f":{name}", str(value))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return call(verb, path, None if verb == "GET" else {}, **headers)


@pytest.mark.lesson(39)
@pytest.mark.parametrize("route", MATRIX)
def test_each_role_gets_its_answer(route, tokens_of, patient, provider):
    booking = patient.has_asked()
    ids = {"user_id": patient.id, "provider_id": provider.id, "booking_id": booking.id}

    answers = {caller: knock(route, token, **ids) for caller, token in tokens_of.items()}

    told = {caller: (one.status, (one.body or {}).get("error")) for caller, one in answers.items()}
    assert told == MATRIX[route]


@pytest.mark.lesson(39)
def test_every_route_has_its_row():
    assert api_routes() == set(MATRIX)


# --- Strangers ------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(39)
@pytest.mark.parametrize("path", LIKE_ANY_BOOKING)
def test_a_strangers_booking_is_like_none(path, patient, other_patient, other_provider):
    booking = patient.has_asked()

    answers = [one.get(f"/api/bookings/{booking.id}{path}") for one in (other_patient, other_provider)]

    assert {one.refusal for one in answers} == {(404, "booking_not_found", "Booking not found")}


def act(who, action, booking, body):
    verb, word = action.split(" ")
    return who.call(verb, f"/api/bookings/{booking}/{word}", body)


def with_a_suggestion(patient, provider):
    booking = patient.has_asked()
    assert provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": START}).status == 200
    return fresh(booking.id)


@pytest.mark.lesson(39)
@pytest.mark.parametrize("action", OF_THE_PRACTICE)
def test_another_practice_cannot_answer_a_request(action, patient, other_provider):
    booking = patient.has_asked()
    before = written()

    answer = act(other_provider, action, booking.id, OF_THE_PRACTICE[action])

    assert answer.refusal == NOT_FOUND
    assert written() == before


@pytest.mark.lesson(39)
@pytest.mark.parametrize("action", OF_THE_PATIENT)
def test_another_patient_may_not_answer_and_learns_nothing(action, patient, other_patient, provider):
    """403 whatever the body and the state are (contract 3.2), even with an id that would do."""
    booking = with_a_suggestion(patient, provider)
    before = written()
    good = {**OF_THE_PATIENT[action], "suggestedTimeId": str(booking.suggestions.get().id), "userId": str(patient.id)}

    answers = [act(other_patient, action, booking.id, body) for body in (good, {}, {"reason": 5})]
    nowhere = act(other_patient, action, "5f0c2a10-0000-4000-8000-000000000999", good)

    assert {one.refusal for one in answers} == {(403, "forbidden", "Unauthorized")}
    assert {frozenset(one.body) for one in answers} == {frozenset({"success", "error", "message", "code"})}
    assert nowhere.refusal == NOT_FOUND
    assert written() == before


@pytest.mark.lesson(39)
def test_the_quote_of_another_patients_booking_is_like_none(patient, other_patient):
    booking = patient.has_asked()

    assert other_patient.get(f"/api/bookings/{booking.id}/cancellation-quote").refusal == NOT_FOUND


@pytest.mark.lesson(39)
@pytest.mark.parametrize("action", [*OF_THE_PRACTICE, *OF_THE_PATIENT])
def test_each_side_has_its_own_actions(action, patient, provider, staff):
    """Staff have none of these on the wire: they act in the admin."""
    booking = with_a_suggestion(patient, provider)
    wrong = patient if action in OF_THE_PRACTICE else provider
    before = written()

    answers = [act(who, action, booking.id, {**OF_THE_PRACTICE, **OF_THE_PATIENT}[action]) for who in (wrong, staff)]

    assert {one.refusal for one in answers} == {(403, "forbidden", "Unauthorized")}
    assert written() == before


def test_the_actions_above_are_all_that_there_are():
    table = {route.replace("/api/bookings/:booking_id/", "") for route in MATRIX if "/:booking_id/" in route}

    assert {one for one in table if not one.startswith("GET ")} == {*OF_THE_PRACTICE, *OF_THE_PATIENT}


@pytest.mark.parametrize("action", ["GET ", "GET history", *OF_THE_PRACTICE])
def test_the_practice_sees_nothing_of_a_request_without_money(action, patient, provider):
    booking = Booking.objects.get(id=patient.asks(paymentMethodId="pm_card_authenticationRequired").body["bookingId"])
    verb, word = action.split(" ")
    path = f"/api/bookings/{booking.id}/{word}".rstrip("/")

    for state in (State.PENDING_PAYMENT, State.PAYMENT_FAILED, State.CANCELLED_PATIENT):
        put_into(booking, state)
        answer = provider.call(verb, path, OF_THE_PRACTICE.get(action))
        assert answer.refusal == NOT_FOUND
        assert patient.get(f"/api/bookings/{booking.id}").status == 200


@pytest.mark.lesson(39)
def test_everybody_reads_their_own_feed_only(patient, other_patient, provider, other_provider):
    booking = patient.has_asked()
    query = f"?userId={patient.id}&providerId={provider.id}&recipient={patient.id}"

    mine, theirs = patient.get(f"/api/notifications{query}").body, provider.get(f"/api/notifications{query}").body
    others = [one.get(f"/api/notifications{query}").body for one in (other_patient, other_provider)]

    assert [event["bookingId"] for event in mine["events"]] == [str(booking.id)]
    assert [event["data"]["bookingId"] for event in theirs["events"]] == [str(booking.id)]
    assert [(one["events"], one["lastSeq"]) for one in others] == [([], 0)] * 2


@pytest.mark.lesson(38)
@pytest.mark.parametrize("own", ["patient", "provider"])
def test_another_id_in_the_path_is_forbidden_before_any_lookup(own, patient, other_patient, provider, other_provider):
    me, kind, others = {
        "patient": (patient, "user", other_patient.id),
        "provider": (provider, "provider", other_provider.id),
    }[own]
    paths = ["", "/pending"] if own == "provider" else [""]

    answers = [
        me.get(f"/api/bookings/{kind}/{identifier}{path}?limit=nonsense")
        for identifier in (
            others,
            "5f0c2a10-0000-4000-8000-000000000999",
            "x",
            "%00",
            "00000000-0000-0000-0000-000000000000",
        )
        for path in paths
    ]

    assert {one.refusal for one in answers} == {(403, "forbidden", "Unauthorized")}


OF_A_CALENDAR = [route for route in MATRIX if "/calendar/" in route and ":provider_id" in route]


@pytest.mark.lesson(38)
@pytest.mark.parametrize("route", OF_A_CALENDAR)
def test_another_practices_calendar_is_forbidden_before_any_lookup(route, provider, other_provider):
    before = written()

    answers = {
        knock(f"{route}?memberId=nonsense", provider.token, provider_id=identifier).refusal
        for identifier in (other_provider.id, "5f0c2a10-0000-4000-8000-000000000999", "x", "%00", "null")
    }

    assert answers == {(403, "forbidden", "Unauthorized")}
    assert written() == before


@pytest.mark.lesson(38)
def test_the_own_id_in_the_path_may_be_in_capitals(patient, provider):
    assert patient.get(f"/api/bookings/user/{str(patient.id).upper()}").status == 200
    assert provider.get(f"/api/bookings/provider/{str(provider.id).upper()}/pending").status == 200


@pytest.mark.lesson(38)
def test_ids_in_the_query_widen_nothing(patient, other_patient, provider, other_provider):
    patient.has_asked()
    query = f"?userId={patient.id}&patientId={patient.id}&providerId={provider.id}"

    assert other_patient.get(f"/api/bookings/user{query}").body["total"] == 0
    assert other_provider.get(f"/api/bookings/provider{query}").body["totalCount"] == 0
