"""Sessions of the staff console: they end with the tokens, after a working day, and when nobody is at work.

Browsers go by the machine's clock, and so do their sessions: findr's own may be years away.
"""

import time as machine
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from admin.forms import filled
from cast import call
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client

from findr import clock
from findr.accounts import services
from findr.accounts.models import User
from providers.demo import PASSWORD

NEW = "a-longer-one-2"


def browser_of(email, password=PASSWORD):
    browser = Client()
    answer = browser.post("/admin/login/?next=/admin/", {"username": email, "password": password})
    assert answer.status_code == 302
    return browser


def is_in(browser):
    return browser.get("/admin/").status_code == 200


@pytest.fixture
def browser(staff):
    return browser_of(staff.user.email)


@pytest.fixture
def superuser(stage):
    """Another superuser's browser."""
    User.objects.create_superuser("boss@example.test", PASSWORD)
    return browser_of("boss@example.test")


@pytest.mark.parametrize("years", [-5, 5])
def test_staff_stay_signed_in_however_far_the_clock_was_moved(staff, time, years):
    time.set(clock.now() + timedelta(days=365 * years))

    browser = browser_of(staff.user.email)

    assert is_in(browser)
    ends_at = parsedate_to_datetime(browser.cookies["sessionid"]["expires"])
    assert timedelta(minutes=55) < ends_at - datetime.now(UTC) <= timedelta(hours=1)


# --- Signed out ----------------------------------------------------------------------------------------------------
def test_signing_out_everywhere_ends_the_sessions_with_the_tokens(staff, browser, superuser):
    token = staff.token
    chosen = {"action": "sign_out_selected", "_selected_action": [str(staff.user.id)]}

    superuser.post("/admin/accounts/user/", chosen)

    assert not is_in(browser)
    assert call("GET", "/api/users/me", Authorization=f"Bearer {token}").status == 401
    assert is_in(superuser)
    assert is_in(browser_of(staff.user.email))


def test_another_password_ends_the_sessions(staff, browser, superuser):
    superuser.post(f"/admin/accounts/user/{staff.user.id}/password/", {"password1": NEW, "password2": NEW})

    assert not is_in(browser)
    assert is_in(browser_of(staff.user.email, NEW))


def test_ones_own_new_password_ends_the_other_sessions(staff, browser):
    other = browser_of(staff.user.email)

    browser.post("/admin/password_change/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

    assert is_in(browser)
    assert not is_in(other)


def disable_in_the_console(user, superuser):
    page = f"/admin/accounts/user/{user.id}/change/"
    assert superuser.post(page, filled(superuser.get(page), is_active=None)).status_code == 302


def disable_in_one_statement(user, superuser):
    User.objects.filter(id=user.id).update(is_active=False)


def disable_by_saving_the_row(user, superuser):
    user.is_active = False
    user.save()


@pytest.mark.parametrize(
    "disable", [disable_in_the_console, disable_in_one_statement, disable_by_saving_the_row], ids=lambda it: it.__name__
)
def test_what_is_from_before_an_account_was_disabled_never_comes_back(disable, staff, browser, superuser, patient):
    unseen, token = browser_of(staff.user.email), staff.token
    disable(staff.user, superuser)
    assert not User.objects.get(id=staff.user.id).is_active
    assert not is_in(browser)

    User.objects.filter(id=staff.user.id).update(is_active=True)

    assert not is_in(browser)
    assert not is_in(unseen)
    assert call("GET", "/api/bookings/provider", Authorization=f"Bearer {token}").status == 401
    assert is_in(browser_of(staff.user.email))


def test_a_row_read_before_a_sign_out_does_not_undo_it(staff, browser):
    """The console saves accounts row by row: what somebody read before may not bring revoked tokens back."""
    read_before = User.objects.get(id=staff.user.id)
    services.sign_out_everywhere(staff.user)

    read_before.save()

    assert not is_in(browser)
    assert User.objects.get(id=staff.user.id).token_generation == 2


def test_signing_out_twice_from_one_reading_counts_twice(staff):
    first, second = User.objects.get(id=staff.user.id), User.objects.get(id=staff.user.id)
    services.sign_out_everywhere(first)
    services.sign_out_everywhere(second)

    assert (first.token_generation, second.token_generation) == (2, 3)


# --- Over ------------------------------------------------------------------------------------------------------------
def test_a_working_day_and_an_hour_are_the_defaults():
    assert (django_settings.SESSION_COOKIE_AGE, django_settings.CONSOLE_IDLE_SECONDS) == (36_000, 3_600)


def ends(browser, *, meanwhile):
    """Whether the session ends within some seconds in which this is done."""
    deadline = machine.monotonic() + 10
    while is_left(browser) and machine.monotonic() < deadline:
        meanwhile()
    return not is_in(browser)


def is_left(browser):
    """Whether the session's row still counts, which looking at does not prolong."""
    return Session.objects.filter(pk=browser.cookies["sessionid"].value, expire_date__gt=datetime.now(UTC)).exists()


def test_a_session_ends_when_nobody_is_at_work(staff, settings):
    settings.CONSOLE_IDLE_SECONDS = 2
    browser = browser_of(staff.user.email)
    assert is_left(browser)

    assert ends(browser, meanwhile=lambda: None)


def test_whoever_is_at_work_stays(staff, settings):
    settings.CONSOLE_IDLE_SECONDS = 4
    browser = browser_of(staff.user.email)
    began = machine.monotonic()

    while machine.monotonic() - began < 5:
        assert is_in(browser)


def test_a_working_day_ends_for_whoever_is_at_work(staff, settings):
    settings.SESSION_COOKIE_AGE = 2
    browser = browser_of(staff.user.email)

    assert ends(browser, meanwhile=lambda: browser.get("/admin/"))


def test_signing_in_again_begins_another_day(staff, settings):
    settings.SESSION_COOKIE_AGE = 60
    browser = browser_of(staff.user.email)
    settings.SESSION_COOKIE_AGE = 36_000

    browser.post("/admin/login/?next=/admin/", {"username": staff.user.email, "password": PASSWORD})

    assert browser.session.get_expiry_age(expiry=browser.session["day_ends"]) > 30_000


def test_a_session_of_an_older_release_is_over(browser):
    session = browser.session
    del session["day_ends"]
    session.save()

    assert not is_in(browser)


def test_sessions_that_are_over_are_deleted(staff, settings):
    settings.SESSION_COOKIE_AGE = 1
    old = browser_of(staff.user.email)
    assert ends(old, meanwhile=lambda: None)

    browser_of(staff.user.email)

    assert Session.objects.count() == 1


def test_the_api_looks_at_no_session(patient):
    assert "Cookie" not in patient.get("/api/users/me").headers.get("Vary", "")
