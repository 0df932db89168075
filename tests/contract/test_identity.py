"""Identity headers, the order of the checks, and what never leaves (3.3, 4)."""

import pytest
from cast import RIDGE, call, put_into
from contract.refusals import NO_TOKEN

from bookings.states import State
from findr import clock


# --- Identity headers (3.3) -----------------------------------------------------------------------------------------
@pytest.mark.lesson(38)
@pytest.mark.parametrize(
    ("who", "header", "of", "told"),
    [
        ("patient", "x-user-id", "patient", (200, None, None)),
        ("patient", "x-patient-id", "patient", (200, None, None)),
        ("patient", "x-user-id", "other_patient", (403, "forbidden", "Unauthorized")),
        ("patient", "x-patient-id", "other_patient", (403, "forbidden", "Unauthorized")),
        ("patient", "x-provider-id", "provider", (200, None, None)),
        ("provider", "x-provider-id", "provider", (200, None, None)),
        ("provider", "x-provider-id", "other_provider", (403, "forbidden", "Unauthorized")),
        ("provider", "x-user-id", "patient", (200, None, None)),
        ("provider", "x-patient-id", "patient", (200, None, None)),
    ],
)
def test_identity_headers_narrow_and_never_authorise(who, header, of, told, request):
    me, named = request.getfixturevalue(who), request.getfixturevalue(of)
    path = "/api/bookings/user" if who == "patient" else "/api/bookings/provider"

    answer = me.get(path, **{header: str(named.id)})

    assert (answer.status, answer.body.get("code"), answer.body.get("error")) == told


@pytest.mark.lesson(38)
@pytest.mark.parametrize("value", ["", "x", "null"])
def test_an_identity_header_that_names_nobody_is_forbidden(value, patient):
    assert patient.get("/api/users/me", **{"x-user-id": value}).refusal == (403, "forbidden", "Unauthorized")


@pytest.mark.lesson(38)
def test_identity_headers_without_a_token_are_nothing(patient, provider):
    headers = {"x-user-id": str(patient.id), "x-patient-id": str(patient.id), "x-provider-id": str(provider.id)}

    answers = [call("GET", path, **headers) for path in ("/api/users/me", "/api/bookings/provider")]

    assert {one.refusal for one in answers} == {(401, "unauthorized", NO_TOKEN[1])}


@pytest.mark.lesson(38)
def test_a_provider_token_of_a_practice_that_changed_hands_is_refused(provider, other_provider):
    token = other_provider.token
    account = other_provider.user
    moved = provider.user
    type(provider.provider).objects.filter(id=provider.id).delete()
    type(other_provider.provider).objects.filter(id=other_provider.id).update(account=moved)

    answer = call("GET", "/api/bookings/provider", Authorization=f"Bearer {token}")

    assert account.is_active
    assert answer.refusal == (401, "unauthorized", "Invalid token")


# --- The order of the checks (4) ------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "DISPATCH"])
@pytest.mark.parametrize("path", ["/api/users/me", "/api/bookings", f"/api/providers/{RIDGE}", "/api/users/login"])
def test_the_method_comes_before_the_token(method, path, stage):
    answer = call(method, path)

    assert answer.refusal == (405, "method_not_allowed", "Method not allowed")


def test_the_rate_limit_comes_before_the_token(patient, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "read": "1/1000000000"}
    call("GET", "/api/users/me")

    answer = call("GET", "/api/users/me", Authorization="Bearer nonsense")

    assert answer.refusal == (429, "rate_limited", "Too many requests")


def test_the_token_comes_before_its_type_and_the_type_before_the_lookup(patient, provider, staff):
    nowhere = "/api/bookings/5f0c2a10-0000-4000-8000-000000000999"

    assert call("POST", f"{nowhere}/confirm", b"not json").status == 401
    assert provider.post(f"{nowhere}/cancel", b"not json").status == 403
    assert patient.post(f"{nowhere}/confirm", b"not json").status == 403
    assert staff.get(nowhere).status == 403


def test_the_lookup_comes_before_the_body_and_the_body_before_the_state(
    patient, provider, other_patient, other_provider
):
    booking = patient.has_asked()
    put_into(booking, State.CANCELLED_PATIENT, cancelled_at=clock.now())
    path, cancel = f"/api/bookings/{booking.id}/decline", f"/api/bookings/{booking.id}/cancel"

    assert other_provider.post(path, b"not json").refusal[:2] == (404, "booking_not_found")
    assert other_patient.post(cancel, b"not json").refusal[:2] == (403, "forbidden")
    assert provider.post(path, {"reason": 5}).refusal[:2] == (400, "validation")
    assert provider.post(path, {"reason": "full"}).refusal[:2] == (400, "booking_not_pending")
    assert patient.call("PUT", cancel, {"reason": 5}).refusal[:2] == (400, "validation")
    assert patient.call("PUT", cancel).refusal[:2] == (400, "booking_not_cancellable")


def test_a_create_checks_in_its_own_order(patient, other_patient):
    nothing = "5f0c2a10-0000-4000-8000-000000000999"
    wrongs = [
        ({"userId": str(other_patient.id)}, "forbidden"),
        ({"notes": 5}, "validation"),
        ({"providerId": nothing}, "provider_not_found"),
        ({"serviceId": nothing}, "service_not_found"),
        ({"teamMemberId": nothing}, "team_member_not_found"),
        ({"appointmentDate": "2020-01-01", "appointmentTime": "10:00"}, "time_in_past"),
        ({"paymentMethodId": "pm_nobody"}, "payment_method_invalid"),
    ]

    for position, (_, code) in enumerate(wrongs):
        wish = {name: value for wrong, _ in reversed(wrongs[position:]) for name, value in wrong.items()}
        assert patient.asks(**wish).body["code"] == code


# --- What never leaves (lesson 40) ----------------------------------------------------------------------------------
@pytest.mark.lesson(40)
def test_no_answer_carries_a_secret(patient, provider, staff):
    booking = patient.has_asked(paymentMethodId="pm_card_authenticationRequired", notes="first visit")
    answers = [
        patient.get("/api/users/me"),
        patient.get(f"/api/bookings/{booking.id}/history"),
        patient.get(f"/api/bookings/{booking.id}/cancellation-quote"),
        patient.get("/api/notifications"),
        provider.get("/api/notifications"),
        patient.get("/api/bookings/user"),
        provider.get("/api/bookings/provider"),
        call("GET", f"/api/providers/{provider.id}", Authorization=f"Bearer {provider.token}"),
        call("POST", "/api/providers/login", {"email": "ridge@example.test", "password": "findr-demo-1"}),
        call("POST", "/api/admin/auth/login", {"email": "staff@example.test", "password": "findr-demo-1"}),
    ]

    texts = str([one.body for one in answers])

    assert all(one.status == 200 for one in answers)
    for secret in ("md5$", "pbkdf2", "findr-demo-1", "_secret_", "pm_", "token_generation", "is_superuser"):
        assert secret not in texts
