"""Tokens never leave: not in an answer, a log line, a job, a mail, the console, or what Python prints (lesson 40)."""

import logging

import pytest
from calendar_accounts import CAL, Desk
from cast import run_jobs
from django.core import mail
from django.db import connection as database
from frames import feed

from calendars.models import Authorization, CalendarConnection
from calendars.services.tokens import access_of
from findr import clock
from findr.logs import JsonFormatter


@pytest.fixture
def written(caplog):
    """All that is logged, as it would be written."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(JsonFormatter())
    return caplog


def secrets_of(row):
    return {row.token("access_token"), row.token("refresh_token")}


@pytest.mark.lesson(40)
def test_no_token_code_or_state_is_answered_or_logged(desk, provider, written):
    fields = desk.allowed()
    location = desk.come_back(fields)
    first = desk.connection()
    CalendarConnection.objects.update(token_expires_at=clock.now())
    access_of(desk.connection(), seconds=20)
    answers = [desk.status(), desk.calendars().body, desk.choose("x", ["x"]).body, feed(provider)]
    found = secrets_of(first) | secrets_of(desk.connection()) | {fields["code"], fields["state"]}
    desk.accounts.oauth.kill(CAL)
    answers += [desk.calendars().body, feed(provider), desk.disconnect().body]
    ran = run_jobs()

    assert len(found) >= 4
    assert "calendars.mail_needs_reauth" in ran
    texts = " ".join(map(str, [*answers, location, written.text, *(one.message() for one in mail.outbox)]))
    assert [secret for secret in found if secret in texts] == []


@pytest.mark.lesson(40)
def test_no_token_is_in_what_python_prints(desk):
    row = desk.connect()
    access = access_of(row, seconds=20)

    assert [secret for secret in secrets_of(row) if secret in f"{row!r} {row} {access!r} {access}"] == []
    assert repr(access) == f"Access(email='{CAL}', is_personal=False)"


@pytest.mark.lesson(54)
def test_no_table_holds_a_token_in_the_clear(desk):
    """Jobs, sessions and logs of the database's own included: every row of every table."""
    fields = desk.allowed()
    desk.come_back(fields)
    found = secrets_of(desk.connection()) | {fields["state"], fields["code"]}
    with database.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall()]
        text = ""
        for table in tables:
            cursor.execute(f"SELECT row::text FROM {table} row")
            text += " ".join(row for (row,) in cursor.fetchall())

    assert "calendars_calendarconnection" in tables
    assert CAL in text
    assert [secret for secret in found if secret in text or secret.encode().hex() in text] == []


@pytest.mark.lesson(54)
def test_the_same_token_is_never_sealed_the_same_way(google, provider, other_provider):
    google.connect()
    Desk(other_provider, google.sandbox).connect()
    one, two = CalendarConnection.objects.all()

    assert one.sealed(access_token="same") != two.sealed(access_token="same") != two.sealed(access_token="same")
    assert bytes(Authorization.objects.first().kept) != bytes(Authorization.objects.last().kept)
