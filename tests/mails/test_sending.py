"""Each mail leaves once, and only while it is true; what fails is tried again, and touches no booking."""

import logging
from email import message_from_bytes

import pytest
from acts import cancel, confirm
from cast import fresh, run_jobs
from django.core import mail
from letters import subjects
from mail_servers import smtp_server
from switches import turn

from bookings.mail_kinds import MailKind
from bookings.mails.sending import send_mails
from findr.outbox import leases
from notifications.mail.silence import is_silenced
from notifications.models import Delivery
from notifications.tasks import sweep_mails

PAT, DESK = "pat@example.test", "ridge@example.test"


@pytest.fixture
def smtp(settings):
    """Mails go to an SMTP server on this machine that answers so."""

    def through(server):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address

    return through


def outcomes():
    """What became of each mail: its kind, its state, and why."""
    rows = Delivery.objects.filter(transport="mail").order_by("kind", "created_at")
    return [(row.kind, row.state, row.reason or row.error) for row in rows]


def cause_of(booking, event_type):
    return str(booking.events.get(event_type=event_type).id)


@pytest.mark.lesson(34)
def test_a_job_that_runs_twice_mails_once(patient):
    booking = patient.has_asked()
    run_jobs()
    send_mails(booking.id, [MailKind.REQUEST_SENT, MailKind.NEW_REQUEST], cause_of(booking, "payment_held"))
    sweep_mails()

    assert subjects() == [(PAT, "Your booking request was sent"), (DESK, "New booking request")]
    sent = Delivery.objects.get(kind="patient_request_sent")
    (message,) = [one for one in mail.outbox if one.to == [PAT]]
    assert (sent.state, sent.address, sent.booking_id, sent.attempts) == ("sent", PAT, booking.id, 1)
    assert message.extra_headers["Message-ID"] == f"<{sent.vendor_id}>"
    assert sent.vendor_id.startswith(sent.id.hex)


def test_a_booking_that_moved_on_is_mailed_as_it_is(patient, provider):
    """The worker was away, and everything happened meanwhile."""
    booking = patient.has_asked()
    confirm(provider, booking)
    cancel(patient, booking)
    run_jobs()

    assert subjects() == [(PAT, "Your appointment was cancelled"), (DESK, "A visit was cancelled")]
    assert sorted(outcomes()) == [
        ("patient_cancelled", "sent", ""),
        ("patient_confirmed", "dropped", "moved_on"),
        ("patient_request_sent", "dropped", "moved_on"),
        ("practice_called_off", "sent", ""),
        ("practice_new_request", "dropped", "moved_on"),
    ]


def test_a_mail_whose_deadline_has_passed_is_not_sent(patient, time):
    booking = patient.has_asked()
    time.set(booking.expires_at)
    run_jobs()

    assert mail.outbox == []
    assert {why for _, _, why in outcomes()} == {"too_late"}


def test_a_server_that_is_away_is_tried_again_and_the_booking_stands(patient, provider, settings, time, caplog):
    settings.EMAIL_BACKEND = "mail_servers.OutOfOrder"
    booking = patient.has_asked()
    run_jobs()
    assert outcomes() == [
        ("patient_request_sent", "waiting", "no_answer"),
        ("practice_new_request", "waiting", "no_answer"),
    ]
    assert confirm(provider, booking).status == 200

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    run_jobs()
    time.passes(seconds=30)
    sweep_mails()

    assert subjects() == [(PAT, "Your appointment is confirmed")]
    assert fresh(booking.id).state == "confirmed"
    assert PAT not in caplog.text


def test_a_mail_that_nobody_takes_is_given_up(patient, provider, settings, time):
    settings.EMAIL_BACKEND = "mail_servers.OutOfOrder"
    confirm(provider, patient.has_asked())
    run_jobs()
    time.passes(hours=settings.MAIL_GIVE_UP_HOURS + 1)
    sweep_mails()

    assert ("patient_confirmed", "failed", "no_answer, for too long") in outcomes()


def test_while_somebody_is_at_it_nobody_else_sends(patient):
    booking = patient.has_asked()
    cause = cause_of(booking, "payment_held")
    Delivery.objects.create(
        booking_id=booking.id,
        transport="mail",
        kind="patient_request_sent",
        cause=cause,
        address=PAT,
        **leases.taken(60),
    )
    run_jobs()

    assert subjects() == [(DESK, "New booking request")]


def test_switched_off_nothing_leaves_and_each_mail_says_so(patient):
    turn("mail", on=False)
    patient.has_asked()
    run_jobs()
    turn("mail", on=True)
    run_jobs()
    sweep_mails()

    assert mail.outbox == []
    assert outcomes() == [
        ("patient_request_sent", "dropped", "switched_off"),
        ("practice_new_request", "dropped", "switched_off"),
    ]


# --- Over SMTP --------------------------------------------------------------------------------------------------------
def test_over_smtp_a_mail_leaves_as_it_was_written(patient, provider, smtp):
    with smtp_server() as server:
        smtp(server)
        confirm(provider, patient.has_asked())
        run_jobs()

    taken = [message_from_bytes(one) for one in server.taken]
    (confirmed,) = [one for one in taken if one["Subject"].startswith("Your appointment is confirmed")]
    delivery = Delivery.objects.get(kind="patient_confirmed")
    assert (confirmed["To"], confirmed["Message-ID"].strip()) == (PAT, f"<{delivery.vendor_id}>")
    kinds = [
        (part.get_content_type(), part.get_param("method")) for part in confirmed.walk() if not part.is_multipart()
    ]
    assert kinds == [("text/plain", None), ("text/html", None), ("text/calendar", "REQUEST")]


@pytest.mark.lesson(67)
def test_a_mailbox_that_there_is_not_is_silenced_and_never_written_to_again(patient, provider, smtp):
    with smtp_server(RCPT="550 5.1.1 no such user") as server:
        smtp(server)
        booking = patient.has_asked()
        run_jobs()
        assert ("patient_request_sent", "failed", "recipient_refused") in outcomes()
        assert is_silenced(PAT)
        server.answers["RCPT"] = "250 ok"
        confirm(provider, booking)
        run_jobs()

    assert ("patient_confirmed", "dropped", "silenced") in outcomes()
    assert server.taken == []


@pytest.mark.parametrize(
    ("answers", "state", "error"),
    [
        ({"RCPT": "450 4.2.1 busy"}, "waiting", "deferred"),
        ({"RCPT": "550 5.7.1 we do not like you"}, "failed", "refused"),
        ({".": "554 5.6.0 what is this"}, "failed", "smtp_554"),
        ({".": "451 4.3.0 later"}, "waiting", "smtp_451"),
        ({"MAIL": "530 5.7.0 sign in first"}, "waiting", "no_answer"),
    ],
)
def test_what_a_server_says_decides_whether_it_is_tried_again(patient, smtp, caplog, answers, state, error):
    caplog.set_level(logging.DEBUG)
    with smtp_server(**answers) as server:
        smtp(server)
        patient.has_asked()
        run_jobs()

    assert ("patient_request_sent", state, error) in outcomes()
    assert not is_silenced(PAT)
    assert PAT not in caplog.text


def test_an_address_that_no_mail_can_name_fails_once(patient):
    """None that has a normal form is such a one; whatever else comes here is not tried for days."""
    booking = patient.has_asked()
    Delivery.objects.create(
        booking_id=booking.id,
        transport="mail",
        kind="patient_request_sent",
        cause=cause_of(booking, "payment_held"),
        address="pat@example.test\nBcc: all@example.test",
        claimed_until=booking.created_at,
    )
    sweep_mails()

    assert outcomes()[0] == ("patient_request_sent", "failed", "cannot_be_written")
    assert mail.outbox == []
