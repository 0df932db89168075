"""Correct and resend (lesson 67): a mail that did not arrive, on its booking's page."""

import pytest
from acts import confirm
from admin.actions import fill_in
from admin.pages import page_of, text_of, told
from cast import fresh, run_jobs
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from letters import appointment_in, sent_to
from mail_servers import smtp_server

from findr.accounts.models import AccountRole, User
from notifications.mail.silence import is_silenced
from notifications.models import Delivery
from notifications.tasks import sweep_mails
from providers.demo import PASSWORD

PAT, RIGHT = "pat@example.test", "pat.doe@example.test"


@pytest.fixture
def bounced(patient, provider, settings):
    """A visit whose patient has no mailbox of that name."""
    usual = settings.EMAIL_BACKEND
    with smtp_server(RCPT="550 5.1.1 no such user") as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        booking = patient.has_asked()
        confirm(provider, booking)
        run_jobs()
    settings.EMAIL_BACKEND = usual
    return fresh(booking.id)


@pytest.mark.lesson(67)
def test_the_address_is_corrected_and_the_mail_sent_again(console, staff, bounced):
    page = text_of(console.get(f"{page_of(bounced).replace('change/', '')}mail/"))
    assert "The last one to the patient (patient confirmed): failed, recipient refused." in page

    answer = fill_in(console, "mail", bounced, reader="patient", address=RIGHT)
    assert told(answer) == [f"{bounced.number}: the patient is being mailed again."]
    sweep_mails()

    (message,) = sent_to(RIGHT)
    assert message.subject.startswith("Your appointment is confirmed")
    appointment = appointment_in(message)
    assert (appointment.event["SEQUENCE"], str(appointment.event["ATTENDEE"])) == (0, f"mailto:{RIGHT}")
    assert User.objects.get(id=bounced.patient_id).email == RIGHT
    assert is_silenced(PAT)
    rows = Delivery.objects.filter(kind="patient_confirmed").values_list("address", "state")
    assert sorted(rows) == [(RIGHT, "sent"), (PAT, "failed")]
    entries = {(str(entry.user_id), entry.change_message) for entry in LogEntry.objects.all()}
    assert entries == {(str(staff.id), "Address corrected."), (str(staff.id), "Mailed again, to a corrected address.")}


def test_to_the_same_address_it_is_the_same_mail_and_its_silence_ends(console, bounced):
    fill_in(console, "mail", bounced, reader="patient", address="")
    sweep_mails()

    (message,) = sent_to(PAT)
    row = Delivery.objects.get(kind="patient_confirmed")
    assert (row.state, row.attempts) == ("sent", 2)
    assert message.extra_headers["Message-ID"] == f"<{row.vendor_id}>"
    assert not is_silenced(PAT)
    fill_in(console, "mail", bounced, reader="patient", address="")
    fill_in(console, "mail", bounced, reader="patient", address="")
    sweep_mails()
    assert len(sent_to(PAT)) == 2


def test_an_address_of_somebody_else_is_refused(console, other_patient, bounced):
    answer = fill_in(console, "mail", bounced, reader="patient", address=other_patient.user.email)

    assert "This address belongs to another account." in text_of(answer)
    assert User.objects.get(id=bounced.patient_id).email == PAT
    sweep_mails()
    assert mail.outbox == []


def test_it_takes_the_right_to_change_accounts(bounced):
    client = Client()
    client.force_login(User.objects.create_user("new@example.test", PASSWORD, role=AccountRole.STAFF))

    path = f"{page_of(bounced).replace('change/', '')}mail/"
    assert client.get(path).status_code == 403
    assert client.post(path, {"reader": "patient", "address": RIGHT}).status_code == 403
    assert User.objects.get(id=bounced.patient_id).email == PAT


def test_of_what_is_no_longer_true_nothing_is_mailed(console, patient, provider, time):
    booking = patient.has_asked()
    run_jobs()
    time.set(booking.expires_at)

    page = console.get(f"{page_of(booking).replace('change/', '')}mail/")
    assert "no mail about it has anything to say any more" in text_of(page)
