"""Connecting an account: the consent, the way back, what is stored, who is told (contract 17)."""

import pytest
from calendar_accounts import CAL, OTHER, came_back, query_of
from cast import run_jobs
from django.conf import settings

from calendars.models import Authorization, CalendarConnection

PORTAL = f"{settings.PORTAL_URL}/calendar"


def error(reason):
    return f"{PORTAL}?calendar=error&reason={reason}"


def test_an_account_is_connected(desk):
    before = desk.status()

    location = desk.come_back(desk.allowed())

    assert before["connected"] is False
    assert location == f"{PORTAL}?calendar=success&provider={desk.vendor}"
    status = desk.status()
    assert (status["connected"], status["provider"], status["email"]) == (True, desk.vendor, CAL)
    assert (status["tokenValid"], status["syncDirection"], status["lastSyncStatus"]) == (True, "two-way", None)
    row = desk.connection()
    assert row.conflict_calendars == [row.target_calendar] == [status["calendarId"]]
