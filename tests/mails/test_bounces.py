"""A mail service that sends findr's mails, and reports what became of them (lesson 67)."""

import base64
from types import SimpleNamespace

import pytest
from acts import confirm
from cast import call, run_jobs
from mail_servers import postmark

from notifications.mail.silence import is_silenced
from notifications.models import Delivery

PAT = "pat@example.test"
SECRET = "postmark:a-password-of-the-webhook"


@pytest.fixture
def service(settings):
    """Mails go through django-anymail to a Postmark on this machine, which may report to findr."""
    with postmark() as server:
        host, port = server.server_address
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "server-token",
            "POSTMARK_API_URL": f"http://{host}:{port}/",
            "WEBHOOK_SECRET": SECRET,
        }
        settings.ROOT_URLCONF = "mails.mail_routes"
        yield server


def report(kind, *, secret=SECRET, message_id="4d2b-1", address=PAT, record="Bounce"):
    """https://postmarkapp.com/developer/webhooks/bounce-webhook"""
    body = {
        "RecordType": record,
        "MessageStream": "outbound",
        "ID": 4323372036854775807,
        "Type": kind,
        "MessageID": message_id,
        "Metadata": {},
        "Email": address,
        "BouncedAt": "2026-12-01T10:00:05Z",
        "Details": f"no mailbox {address}",
        "Subject": "Your booking request was sent",
        "Inactive": True,
    }
    authorization = f"Basic {base64.b64encode(secret.encode()).decode()}"
    return call("POST", "/anymail/postmark/tracking/", body, Authorization=authorization).status


def mail_of(kind):
    row = Delivery.objects.get(kind=kind)
    return SimpleNamespace(state=row.state, why=row.reason or row.error, vendor_id=row.vendor_id)


def test_a_mail_leaves_through_the_service_as_it_was_written(patient, provider, service):
    confirm(provider, patient.has_asked())
    run_jobs()

    path, token, body = next(one for one in service.calls if one[2]["To"] == PAT)
    assert (path, token) == ("/email", "server-token")
    assert body["Subject"].startswith("Your appointment is confirmed")
    assert "<!DOCTYPE html>" in body["HtmlBody"]
    (attached,) = body["Attachments"]
    assert attached["Name"] == "appointment.ics"
    assert attached["ContentType"].startswith("text/calendar")
    assert 'method="REQUEST"' in attached["ContentType"]
    assert b"METHOD:REQUEST" in base64.b64decode(attached["Content"])
    assert mail_of("patient_confirmed").vendor_id == "4d2b-1"


@pytest.mark.lesson(67)
def test_a_hard_bounce_marks_the_mail_and_silences_its_address(patient, provider, service, caplog):
    booking = patient.has_asked()
    run_jobs()
    Delivery.objects.filter(kind="practice_new_request").update(vendor_id="4d2b-2")

    assert report("HardBounce") == 200
    assert report("HardBounce") == 200  # Twice is once.

    assert (mail_of("patient_request_sent").state, mail_of("patient_request_sent").why) == ("bounced", "bounced")
    assert mail_of("practice_new_request").state == "sent"
    assert is_silenced(PAT)
    asked = len(service.calls)
    confirm(provider, booking)
    run_jobs()
    assert (mail_of("patient_confirmed").state, mail_of("patient_confirmed").why) == ("dropped", "silenced")
    assert len(service.calls) == asked
    assert PAT not in caplog.text


@pytest.mark.parametrize(
    ("kind", "record", "state", "silenced"),
    [
        ("SpamComplaint", "SpamComplaint", "bounced", True),
        ("Blocked", "Bounce", "bounced", False),
        ("Transient", "Bounce", "sent", False),
        ("", "Delivery", "sent", False),
    ],
)
def test_what_else_is_reported(patient, service, kind, record, state, silenced):
    patient.has_asked()
    run_jobs()
    Delivery.objects.filter(kind="practice_new_request").update(vendor_id="4d2b-2")

    assert report(kind, record=record) == 200

    assert mail_of("patient_request_sent").state == state
    assert is_silenced(PAT) == silenced


def test_who_does_not_know_the_secret_reports_nothing(patient, service):
    patient.has_asked()
    run_jobs()

    assert report("HardBounce", secret="postmark:guess") == 400
    assert mail_of("patient_request_sent").state == "sent"
    assert not is_silenced(PAT)


def test_a_report_about_nobody_of_ours_changes_nothing(patient, service):
    patient.has_asked()
    run_jobs()

    assert report("HardBounce", message_id="somebody-elses", address="somebody@example.test") == 200
    assert {row.state for row in Delivery.objects.all()} == {"sent"}
    assert not is_silenced("somebody@example.test")


@pytest.mark.parametrize(
    ("status", "answer", "state", "why"),
    [
        (
            422,
            {"ErrorCode": 406, "Message": f"Found inactive addresses: {PAT}.\nInactive recipients bounced."},
            "failed",
            "recipient_refused",
        ),
        (503, {"ErrorCode": 100, "Message": "maintenance"}, "waiting", "http_503"),
        (429, {"ErrorCode": 429, "Message": "too many"}, "waiting", "http_429"),
        (401, {"ErrorCode": 10, "Message": "bad token"}, "waiting", "http_401"),
    ],
)
def test_how_the_service_refuses(patient, service, status, answer, state, why, caplog):
    service.answer = (status, answer)
    patient.has_asked()
    run_jobs()

    assert (mail_of("patient_request_sent").state, mail_of("patient_request_sent").why) == (state, why)
    assert PAT not in caplog.text


def test_without_a_mail_service_there_is_no_such_address(stage):
    assert report("HardBounce") == 404
