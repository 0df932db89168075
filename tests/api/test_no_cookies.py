"""Nobody is known by a cookie under `/api`: what the console's browser sends along is not looked at there."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def test_a_cookie_of_the_console_opens_nothing_and_is_not_looked_up(staff):
    browser = Client()
    browser.force_login(staff.user)
    assert browser.get("/admin/").status_code == 200

    with CaptureQueriesContext(connection) as seen:
        answer = browser.get("/api/bookings/user")

    assert answer.status_code == 401
    assert seen.captured_queries == []
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_form_of_the_console_needs_its_sign_as_ever(staff):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff.user)

    assert browser.post("/admin/logout/").status_code == 403
