"""Reminders by mail: each once for its moment, and of the time that the visit has by then (lessons 36, 65)."""

from datetime import timedelta

import pytest
from acts import cancel, confirm, later
from cast import fresh, run_jobs
from django.core import mail
from letters import subjects

from bookings.services.moves import move_visit
from bookings.tasks import send_reminders
from providers.wall_times import span_in_full

PAT, DESK = "pat@example.test", "ridge@example.test"
REMINDED = (PAT, "Your appointment is coming up")


@pytest.fixture
def reminded(stage, time):
    """What is mailed when the job comes by at a moment, twice."""

    def at(moment):
        run_jobs()
        mail.outbox.clear()
        time.set(moment)
        send_reminders()
        send_reminders()
        run_jobs()
        return subjects()

    return at


@pytest.mark.lesson(36, 65)
def test_a_visit_that_was_moved_is_reminded_of_at_its_new_time_alone(patient, provider, staff, reminded):
    booking = patient.has_asked()
    confirm(provider, booking)
    day, hour = timedelta(hours=24), timedelta(hours=1)
    old = fresh(booking.id).start
    assert reminded(old - day) == [REMINDED]

    start = later(fresh(booking.id), 2)
    move_visit(booking_id=booking.id, start=start, reason="ill", actor=staff.actor)
    assert reminded(old - hour) == []
    assert reminded(start - day) == [REMINDED]
    assert reminded(start - hour) == [REMINDED]
    told = span_in_full(start, start + hour, booking.provider.zone)
    assert f"It is on {told}." in mail.outbox[0].body
    assert "If you cancel now, a fee is kept" in mail.outbox[0].body


@pytest.mark.lesson(65)
def test_a_visit_that_is_cancelled_before_the_mail_leaves_is_not_reminded_of(patient, provider, time):
    booking = patient.has_asked()
    confirm(provider, booking)
    run_jobs()
    mail.outbox.clear()
    time.set(booking.start - timedelta(hours=24))
    send_reminders()
    cancel(patient, booking)
    run_jobs()

    assert subjects() == [(PAT, "Your appointment was cancelled"), (DESK, "A visit was cancelled")]


def test_a_practice_is_warned_of_a_request_that_expires(patient, reminded):
    booking = patient.has_asked()

    assert reminded(booking.expires_at - timedelta(hours=4)) == [(DESK, "A booking request expires soon")]
    assert "Nobody has answered it yet." in mail.outbox[0].body
