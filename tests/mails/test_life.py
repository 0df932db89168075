"""The mails of a booking, from its request to its end, and the appointment that goes with them."""

import re
from datetime import timedelta
from email.utils import parseaddr

import pytest
from acts import accept, call_off, cancel, confirm, later, open_ones, suggest, wall
from cast import booking_of, fresh, run_jobs
from django.conf import settings
from django.core import mail
from letters import appointment_in, html_of, sent_to, subjects

from bookings.services.expiry import expire_overdue
from bookings.services.moves import move_visit
from notifications.models import Delivery
from providers.wall_times import span_in_full

PAT, DESK = "pat@example.test", "ridge@example.test"


@pytest.fixture
def told(stage):
    """The mails that something causes: to whom, and the subject without the booking's number."""

    def of(thing, *args, **more):
        mail.outbox.clear()
        thing(*args, **more)
        run_jobs()
        return subjects()

    return of


@pytest.fixture
def to_pat():
    """The one mail that the patient has just got."""

    def read():
        (message,) = sent_to(PAT)
        return message

    return read


def move(staff, visit, days):
    start = later(fresh(visit.id), days)
    move_visit(booking_id=visit.id, start=start, reason="ill", broken=frozenset({"horizon"}), actor=staff.actor)


@pytest.mark.lesson(34, 64)
def test_a_visit_that_is_suggested_confirmed_moved_twice_and_cancelled(patient, provider, staff, told, to_pat):
    assert told(patient.has_asked) == [(PAT, "Your booking request was sent"), (DESK, "New booking request")]
    booking = patient.user.bookings.get()
    assert appointment_in(to_pat()) is None

    assert told(suggest, provider, booking, wall(8), wall(9, 14)) == [(PAT, "Other times were suggested to you")]
    assert appointment_in(to_pat()) is None

    taken = open_ones(booking)[0]
    assert told(accept, patient, booking, taken) == [
        (PAT, "Your appointment is confirmed"),
        (DESK, "A visit was booked"),
    ]
    life = [appointment_in(to_pat())]
    for days in (2, 3):
        assert told(move, staff, booking, days) == [(PAT, "Your appointment was moved"), (DESK, "A visit was moved")]
        life.append(appointment_in(to_pat()))
    visit = fresh(booking.id)
    assert told(cancel, patient, booking) == [(PAT, "Your appointment was cancelled"), (DESK, "A visit was cancelled")]
    life.append(appointment_in(to_pat()))

    assert [one.method for one in life] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [one.part_method for one in life] == [one.method for one in life]
    assert [one.event["SEQUENCE"] for one in life] == [0, 1, 2, 3]
    assert {str(one.event["UID"]) for one in life} == {f"{booking.id}@findr"}
    assert [str(one.event["STATUS"]) for one in life] == ["CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [one.event.start for one in life] == [taken.start, life[1].event.start, visit.start, visit.start]
    assert [one.event.end - one.event.start for one in life] == [timedelta(hours=1)] * 4
    assert len({one.event.start for one in life}) == 3


@pytest.mark.lesson(64, 66)
def test_what_the_file_says(patient, provider, told, to_pat):
    booking = patient.has_asked()
    told(confirm, provider, booking)

    appointment = appointment_in(to_pat())
    event = appointment.event
    assert str(event["DTSTART"].params["TZID"]) == "America/Denver"
    assert event.start.astimezone(booking.start.tzinfo) == booking.start
    # The zone's rules stand beside the wall time: a calendar that knows no zone by its name reads it too.
    (zone,) = appointment.calendar.walk("VTIMEZONE")
    assert zone.to_tz().utcoffset(event.start.replace(tzinfo=None)) == event.start.utcoffset()
    assert str(event["ATTENDEE"]) == f"mailto:{PAT}"
    assert str(event["ORGANIZER"]) == f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
    assert str(event["SUMMARY"]) == "Appointment with Ridge Physical Therapy"
    text = appointment.calendar.to_ical().decode()
    assert booking.service_name not in text


@pytest.mark.lesson(66)
def test_mail_file_and_app_name_one_wall_time(patient, provider, told, to_pat):
    booking = patient.has_asked()
    told(confirm, provider, booking)

    message = to_pat()
    told_time = span_in_full(booking.start, booking.end, booking.provider.zone)
    assert told_time.endswith("10:00 AM to 11:00 AM (America/Denver)")
    assert f"When: {told_time}" in message.body
    assert told_time in html_of(message)
    assert f"{appointment_in(message).event.start:%-I:%M %p}" == "10:00 AM"


# --- What becomes of the money is said plainly ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (30, "You paid $150.00. $150.00 goes back to your card. There is no cancellation fee."),
        (15, "You paid $150.00. The cancellation fee is $37.50, and $112.50 goes back to your card."),
    ],
)
def test_a_cancelled_visit_says_what_goes_back(patient, provider, time, told, to_pat, hours, says):
    booking = patient.has_asked()
    confirm(provider, booking)
    time.set(booking.start - timedelta(hours=hours))
    told(cancel, patient, booking)

    assert says in to_pat().body
    assert "You cancelled it." in to_pat().body


def test_a_request_that_ends_says_that_nothing_was_charged(patient, provider, time, told, to_pat):
    nothing = "You were not charged. The hold of $150.00 on your card is released."
    declined, expired = patient.has_asked(), None

    heard = told(provider.post, f"/api/bookings/{declined.id}/decline", {"reason": "We are full & closed"})
    assert heard == [(PAT, "Your request was not accepted")]
    assert nothing in to_pat().body
    assert "> We are full & closed" in to_pat().body
    assert "We are full &amp; closed" in html_of(to_pat())

    expired = patient.has_asked(appointmentTime="14:00")
    run_jobs()
    time.set(expired.expires_at)
    assert told(expire_overdue) == [(PAT, "Your booking request expired"), (DESK, "A booking request expired")]
    assert nothing in to_pat().body
    assert "Ridge Physical Therapy did not answer in time." in to_pat().body


def test_a_visit_that_the_practice_calls_off_is_given_back_whole(patient, provider, told, to_pat):
    booking = patient.has_asked()
    confirm(provider, booking)

    assert told(call_off, provider, booking, "Dr. Lee is ill") == [(PAT, "Your appointment was cancelled")]
    assert "Ridge Physical Therapy cancelled it." in to_pat().body
    assert "$150.00 goes back to your card. There is no cancellation fee." in to_pat().body
    assert "> Dr. Lee is ill" in to_pat().body


# --- Every mail ---------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(37)
def test_every_mail_is_one_layout_and_its_link_only_shows(patient, provider, staff, told):
    booking = patient.has_asked()
    told(confirm, provider, booking)
    first = list(mail.outbox)
    told(move, staff, booking, 2)

    for message in first + mail.outbox:
        html = html_of(message)
        assert booking.service_name not in message.subject
        assert "<style>@media" in html
        assert re.search(r'<td class="inside" style="padding: 32px;', html)
        links = set(re.findall(r'href="([^"]+)"', html)) | set(re.findall(r"https?://\S+", message.body))
        assert len(links) == 1
        assert links.pop().endswith(f"/booking/{booking.id}")
        assert message.extra_headers["Auto-Submitted"] == "auto-generated"
        assert "{" not in message.body
        assert "None" not in message.body


def test_a_practice_reads_neither_who_comes_nor_why(patient, told):
    told(patient.has_asked, notes="my knee hurts")
    booking = patient.user.bookings.get()
    (to_desk,) = sent_to(DESK)

    for text in (to_desk.subject, to_desk.body, html_of(to_desk)):
        for secret in (patient.user.first_name, patient.user.email, booking.service_name, "knee"):
            assert secret not in text


def test_what_was_never_secured_is_not_mailed(patient, told):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    assert booking.secured_at is None

    assert told(cancel, patient, booking) == []
    assert Delivery.objects.count() == 0
