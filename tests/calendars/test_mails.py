"""Who is told what by mail: the practice's desk, and the owner of the account that was connected (contract 17)."""

import pytest
from calendar_accounts import CAL, Desk
from cast import promised, run_jobs
from django.conf import settings
from django.core import mail
from letters import html_of

from notifications.mail.sending import MailError
from providers.models import Provider, TeamMember

DESK = "ridge@example.test"


def test_both_are_told_which_account_was_connected(desk):
    desk.connect()
    run_jobs()

    assert sorted(one.to for one in mail.outbox) == [[CAL], [DESK]]
    name = desk.vendor.title()
    for one in mail.outbox:
        assert one.subject == f"{name} calendar connected to Ridge Physical Therapy"
        assert f"The {name} calendar of {CAL} was connected to Ridge Physical Therapy." in one.body
        assert "disconnect the calendar in the provider portal." in one.body
        assert f"Open the provider portal:\n{settings.PORTAL_URL}/calendar\n" in one.body
        assert f'href="{settings.PORTAL_URL}/calendar"' in html_of(one)
        assert "{" not in one.body


def test_a_members_calendar_is_told_with_the_members_name(google, provider):
    Desk(provider, google.sandbox, member=TeamMember.objects.get(provider=provider.id)).connect()
    run_jobs()

    assert f"of {CAL} was connected to Ridge Physical Therapy, for Alex Kim." in mail.outbox[0].body


def test_an_account_that_is_the_desks_own_gets_one_mail(google):
    google.connect(DESK)
    run_jobs()

    assert [one.to for one in mail.outbox] == [[DESK]]


def test_the_address_that_patients_write_to_is_not_told(google, provider):
    Provider.objects.filter(id=provider.id).update(email="frontdesk@example.test")
    google.connect()
    run_jobs()

    assert sorted(one.to for one in mail.outbox) == [[CAL], [DESK]]


def test_names_are_written_as_they_are(google, provider):
    """Plain text knows no entities; a subject is one line whatever the name is."""
    Provider.objects.filter(id=provider.id).update(practice_name="Smith & Søn <Praxis> {{ 7 }}")
    google.connect()
    run_jobs()

    assert mail.outbox[0].subject == "Google calendar connected to Smith & Søn <Praxis> {{ 7 }}"
    assert "connected to Smith & Søn <Praxis> {{ 7 }}." in mail.outbox[0].body


def test_one_mail_that_is_refused_does_not_keep_the_other(google, settings):
    """Each is a job of its own, which is tried again."""
    google.connect()
    settings.EMAIL_BACKEND = "mail_servers.OutOfOrder"

    assert promised() == ["calendars.mail_connected_to_practice", "calendars.mail_connected_to_account"]
    with pytest.raises(MailError):
        run_jobs()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    run_jobs()

    assert [one.to for one in mail.outbox] == [[CAL]]


def test_a_mail_that_cannot_be_sent_keeps_nobody_from_connecting(google, settings):
    settings.EMAIL_BACKEND = "mail_servers.OutOfOrder"

    google.connect()

    assert google.status()["connected"] is True
