"""The mails of a booking, from its request to its end, and the appointment that goes with them."""

from datetime import timedelta

import pytest
from acts import accept, cancel, confirm, later, open_ones, suggest, wall
from cast import fresh, run_jobs
from django.core import mail
from letters import appointment_in, html_of, sent_to, subjects

from bookings.services.moves import move_visit

PAT, DESK = "pat@example.test", "ridge@example.test"


@pytest.fixture
def told():
    """The mails that something causes: to whom, and the subject without the number."""

    def of(thing):
        mail.outbox.clear()
        thing()
        run_jobs()
        return subjects()

    return of


def test_a_life(patient, provider, staff, told):
    assert told(patient.has_asked) == [(PAT, "Your booking request was sent"), (DESK, "New booking request")]
    booking = patient.user.bookings.get() if hasattr(patient.user, "bookings") else None
    print(mail.outbox[0].body, mail.outbox[1].body)
