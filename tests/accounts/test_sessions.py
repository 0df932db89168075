"""Browsers go by the machine's clock, and so do their sessions: findr's own may be years away."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from django.test import Client

from findr import clock
from providers.demo import PASSWORD


@pytest.mark.parametrize("years", [-5, 5])
def test_staff_stay_signed_in_however_far_the_clock_was_moved(staff, time, years):
    browser = Client()
    time.set(clock.now() + timedelta(days=365 * years))

    signed_in = browser.post("/admin/login/?next=/admin/", {"username": staff.user.email, "password": PASSWORD})
    page = browser.get("/admin/")

    assert (signed_in.status_code, page.status_code) == (302, 200)
    assert parsedate_to_datetime(browser.cookies["sessionid"]["expires"]) > datetime.now(UTC) + timedelta(days=1)
