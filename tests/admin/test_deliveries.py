"""What was sent about a booking, on its page in the console, and once more if staff say so."""

import pytest
from admin.actions import fill_in
from admin.pages import page_of, text_of, told
from cast import fresh, run_jobs
from django.contrib.admin.models import LogEntry

from bookings.admin.actions.pushes import PUSH
from notifications.models import Device
from notifications.services.pushing_again import push_again

PHONE = "phone-of-pat:0001"


@pytest.fixture
def booking(patient, sandbox):
    """A request, of which Pat was told on a phone."""
    patient.post("/api/users/devices", {"token": PHONE, "platform": "ios", "deviceModel": "Pat's phone"})
    booking = patient.has_asked()
    run_jobs()
    return fresh(booking.id)


def test_a_bookings_page_tells_what_was_sent_and_what_became_of_it(console, sandbox, booking):
    page = text_of(console.get(page_of(booking)))

    for fact in ("Sent to people", "Push: booking pending", "Patient: Pat's phone", "Mail: patient request sent"):
        assert fact in page, fact
    assert PHONE not in page


@pytest.mark.lesson(63)
def test_staff_see_whose_last_device_died(console, sandbox, patient, booking):
    sandbox.fcm.unregister(PHONE)
    fill_in(console, "push", booking)
    run_jobs()
    page = text_of(console.get(page_of(booking)))

    for fact in ("Out of reach", "Patient: no device", "Patient: a device that is gone", "UnregisteredError"):
        assert fact in page, fact
    assert not Device.objects.exists()


def test_what_was_told_last_is_pushed_again_to_every_device_of_now(console, sandbox, staff, patient, booking):
    patient.post("/api/users/fcm-token", {"token": "new-phone:0002"})
    preview = PUSH.preview(booking)

    answer = fill_in(console, "push", booking)
    run_jobs()

    assert preview == (
        "The patient is pushed “Booking Request Sent” on 2 devices. "
        "The practice is pushed “New Booking Request” on no device: nothing reaches them."
    )
    assert told(answer) == [f"{booking.number}: is being pushed again. This page then shows what became of it."]
    assert (len(sandbox.fcm.messages(PHONE)), len(sandbox.fcm.messages("new-phone:0002"))) == (2, 1)
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id, entry.change_message) == (staff.user.id, str(booking.id), "Pushed again.")


def test_what_is_no_longer_so_is_not_pushed_again(console, sandbox, patient, booking, time):
    time.passes(hours=25)

    assert push_again(booking.id) == 0
    assert PUSH.preview(booking) == "Nothing can be done: what was told last is no longer so."
    assert len(sandbox.fcm.messages()) == 1
