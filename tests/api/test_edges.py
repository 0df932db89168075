"""The edges of every answer: routes, request ids, CORS, what the browser may read (contract 2.1, 2.6, 2.7)."""

from uuid import UUID

import pytest
from cast import call
from django.core.exceptions import DisallowedHost
from django.test import Client

ORIGIN = "https://portal.example"
METHODS = "DELETE, GET, OPTIONS, PATCH, POST, PUT"
HEADERS = {
    *("authorization", "content-type", "idempotency-key", "x-idempotency-key", "x-provider-id", "x-user-id"),
    *("x-patient-id", "x-timezone", "x-session-id", "x-source", "x-app-version", "x-client-version", "x-request-id"),
}
NOT_FOUND = (404, "not_found", "Not found")


@pytest.fixture
def portal(stage, settings):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]


# --- Routes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        "/api/users/me/",
        "/api/bookings/",
        "/api/bookings/user/",
        "/api/providers/00000000-0000-4000-8000-000000000101/",
        "/api/users/login/",
        "/api/nope",
        "/api",
        "/api/",
        "/api//bookings",
        "/API/bookings",
        "/nope",
        "/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_route_is_not_found_and_never_redirected(path, method, stage):
    assert call(method, path).refusal == NOT_FOUND


def test_later_endpoints_are_not_found_yet(stage):
    assert call("POST", "/api/auth/google", {"idToken": "x"}).refusal == NOT_FOUND


def test_a_forged_host_is_a_plain_bad_request(stage, settings):
    settings.ALLOWED_HOSTS = ["findr.example"]

    response = Client(HTTP_HOST="evil.example").get("/api/users/me")

    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert DisallowedHost.__name__ not in response.text


# --- X-Request-ID ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/api/users/me", "/api/nope", "/readyz", "/admin/login/", "/api/providers/x"])
def test_every_answer_carries_a_request_id(path, stage):
    first, second = (call("GET", path).headers["X-Request-ID"] for _ in range(2))

    assert UUID(first) != UUID(second)


def test_a_request_id_is_echoed(stage):
    assert call("GET", "/api/nope", **{"X-Request-ID": "app-7.c0ffee"}).headers["X-Request-ID"] == "app-7.c0ffee"


@pytest.mark.parametrize("given", ["", "x" * 129, "two words", "é", "a\tb"])
def test_a_request_id_that_could_break_a_log_line_is_replaced(given, stage):
    echoed = call("GET", "/api/nope", **{"X-Request-ID": given}).headers["X-Request-ID"]

    assert UUID(echoed)


# --- CORS -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/api/bookings", "/api/users/me", "/api/nope"])
def test_the_portal_may_ask_before_it_calls(path, portal):
    answer = call(
        "OPTIONS",
        path,
        Origin=ORIGIN,
        **{"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"},
    )

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert ", ".join(sorted(answer.headers["access-control-allow-methods"].split(", "))) == METHODS
    assert set(answer.headers["access-control-allow-headers"].split(", ")) == HEADERS
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(("path", "status"), [("/api/users/me", 401), ("/api/nope", 404), ("/api/bookings", 405)])
def test_the_portal_may_read_refusals_too(path, status, portal):
    answer = call("GET", path, Origin=ORIGIN)

    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-expose-headers"] == "Retry-After, Idempotency-Replayed, X-Request-ID"
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in {name.lower() for name in answer.headers}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", "http://portal.example"])
def test_no_other_origin_may_read(origin, portal):
    answer = call("GET", "/api/users/me", Origin=origin)

    assert "access-control-allow-origin" not in answer.headers


def test_the_admin_is_not_for_other_origins(portal):
    assert "access-control-allow-origin" not in call("GET", "/admin/login/", Origin=ORIGIN).headers


def test_an_answer_that_names_no_origin_says_that_another_one_might(stage):
    """Or whoever keeps answers would give an app's to a page."""
    assert "origin" in call("GET", "/api/users/me").headers["Vary"].lower()
    assert "origin" not in call("GET", "/admin/login/").headers["Vary"].lower()
