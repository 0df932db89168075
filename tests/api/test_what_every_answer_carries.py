"""Headers of every answer, and JSON under /api whoever refuses (contract 2.1, 4)."""

import json

import pytest
from cast import call
from django.db import DataError
from django.test import Client

from findr.api.errors import as_findr_error

API = [
    ("GET", "/api/users/me"),
    ("GET", "/api/nope"),
    ("GET", "/api"),
    ("GET", "/api/"),
    ("POST", "/api/users/me"),
    ("GET", "/api/providers/00000000-0000-4000-8000-000000000101"),
    ("POST", "/api/users/login"),
    ("POST", "/api/payments/webhook"),
]


@pytest.mark.parametrize(("method", "path"), API)
def test_no_answer_of_the_api_may_be_kept(method, path, stage):
    assert call(method, path).headers["Cache-Control"] == "no-store"


def test_an_answer_to_somebody_signed_in_may_not_be_kept_either(patient):
    assert patient.get("/api/users/me").headers["Cache-Control"] == "no-store"


# --- JSON, always -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("path", ["/api/nope", "/api", "/api/", "/api/bookings/", "/api/bookings/realtime", "/api/%00"])
def test_an_unknown_route_is_the_same_wire_under_debug(path, debug, stage, settings):
    settings.DEBUG = debug

    answers = [call(method, path) for method in ("GET", "POST", "DELETE")]

    assert {one.refusal for one in answers} == {(404, "not_found", "Not found")}
    assert {one.headers["Content-Type"] for one in answers} == {"application/json"}


@pytest.mark.parametrize("debug", [False, True])
def test_what_django_refuses_is_the_same_wire_under_debug(debug, stage, settings):
    settings.DEBUG = debug
    settings.ALLOWED_HOSTS = ["findr.example"]

    answer = Client(HTTP_HOST="evil.example", raise_request_exception=False).get("/api/users/me")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation")


@pytest.mark.parametrize("debug", [False, True])
def test_what_breaks_outside_of_an_endpoint_is_the_same_wire_under_debug(debug, stage, settings):
    settings.DEBUG = debug
    settings.ROOT_URLCONF = "api.broken_urls"

    answer = Client(raise_request_exception=False).get("/api/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


def test_the_portal_may_read_a_refusal_under_debug_too(stage, settings):
    settings.DEBUG, settings.CORS_ALLOWED_ORIGINS = True, ["https://portal.example"]

    answer = call("GET", "/api/nope", Origin="https://portal.example")

    assert answer.headers["access-control-allow-origin"] == "https://portal.example"


# --- Pages --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/", "/admin/bookings/booking/", "/admin/nope/", "/admin/?a=%00"]
)
def test_a_page_says_what_it_may_load(path, staff):
    client = Client()
    client.force_login(staff.user)

    policy = dict(part.split(" ", 1) for part in client.get(path)["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert (policy["object-src"], policy["base-uri"], policy["frame-ancestors"]) == ("'none'",) * 3


@pytest.mark.parametrize(
    ("path", "cookie"),
    [
        ("/admin/bookings/booking/?state=%00", ""),
        ("/admin/bookings/booking/?state__exact=%00", ""),
        ("/admin/bookings/booking/?q=%00", ""),
        ("/admin/bookings/booking/%00/change/", ""),
        ("/admin/accounts/user/?role__exact=a%00", ""),
        ("/admin/accounts/user/?next=\0", ""),
        ("/admin/", 'sessionid="\\000aaaaaaaaaaaaaaaa"'),
        ("/admin/login/", 'csrftoken="\\000"'),
    ],
)
def test_a_page_that_cannot_be_is_a_bad_request(path, cookie, staff):
    client = Client()
    client.force_login(staff.user)
    more = {"HTTP_COOKIE": cookie} if cookie else {}

    answer = client.get(path, **more)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("odd", ["/", "%2f", "..", "x" * 3000, "%ff", "9" * 400])
@pytest.mark.parametrize("page", ["change", "history", "delete", "new-password", "password"])
def test_an_account_that_cannot_be_is_never_an_error_of_ours(page, odd, staff):
    client = Client()
    client.force_login(staff.user)

    assert client.get(f"/admin/accounts/user/{odd}/{page}/").status_code in (302, 403, 404)


@pytest.mark.parametrize("odd", ["%00", "a%00b", "x" * 290, "x" * 5000, "%ff", "%F0%9F%98%80", "..", "%2f"])
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "tap-1"}])
def test_an_odd_id_is_an_unknown_one_with_a_key_too(odd, key, patient, provider, other_patient):
    answers = [
        patient.post(f"/api/bookings/{odd}/cancel", {}, **key),
        patient.post(f"/api/bookings/{odd}/accept-suggested-time", {"suggestedTimeId": "x"}, **key),
        provider.post(f"/api/bookings/{odd}/confirm", {}, **key),
        patient.get(f"/api/bookings/{odd}", **key),
    ]
    method = patient.post(f"/api/payments/methods/{odd}/default", {}, **key)

    codes = {answer.refusal[:2] for answer in answers}
    assert codes <= {(404, "booking_not_found"), (404, "not_found")}
    assert method.refusal[:2] in {(404, "payment_method_not_found"), (404, "not_found")}


def test_odd_questions_of_the_api_are_bad_requests(patient):
    for name in ("limit", "offset", "skip", "status"):
        assert patient.get(f"/api/bookings/user?{name}=%00").refusal[:2] == (400, "validation"), name
    assert patient.get("/api/notifications?since=%00").refusal[:2] == (400, "validation")
    assert json.dumps(patient.get("/api/bookings/user?x=%00").body)


def test_what_no_column_takes_is_the_callers_mistake_and_told_to_us(caplog):
    refusal = as_findr_error(DataError("value too long"))

    assert (refusal.status, refusal.code) == (400, "validation")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
