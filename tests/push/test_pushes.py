"""From a change of a booking to a person's phones: what is sent, to which, and what it looks like there."""

from datetime import timedelta

import pytest
from acts import call_off, confirm, suggest
from cast import run_jobs, wish_at
from push.conftest import DESK, PHONE, TABLET

from bookings.models import Booking
from findr import clock
from notifications.models import Delivery, FeedEvent, Notification
from notifications.push.rendering import collapse_id

READ_ALL = "/api/notifications/read-all/user"


def titles(sent):
    return [one["message"]["notification"]["title"] for one in sent]


def badge(sent):
    return sent["message"]["apns"]["payload"]["aps"]["badge"]


def test_each_side_hears_of_a_request_on_each_of_its_devices(sandbox, phones, patient):
    booking = patient.has_asked()
    run_jobs()

    event = FeedEvent.objects.get(recipient=patient.id)
    for address in (PHONE, TABLET):
        (sent,) = sandbox.fcm.messages(address)
        assert sent["message"]["notification"] == {
            "title": "Booking Request Sent",
            "body": "Ridge Physical Therapy will respond within 24 hours",
        }
        assert sent["message"]["data"] == {
            "type": "booking_pending",
            "bookingId": str(booking.id),
            "providerId": str(booking.provider_id),
            "eventId": str(event.id),
            "screen": "BookingDetail",
            "actionUrl": f"/booking/{booking.id}",
        }
    (asked,) = sandbox.fcm.messages(DESK)
    assert asked["message"]["data"]["type"] == "new_booking_request"
    # Nobody's name, no service and no note is on a locked screen.
    assert not any(word in str(asked) for word in ("Pat", booking.service_name))


def test_every_delivery_has_its_outcome_and_time(sandbox, phones, patient):
    booking = patient.has_asked()
    run_jobs()

    rows = Delivery.objects.filter(booking_id=booking.id, transport="push")
    assert {row.vendor_id for row in rows} == {sent["id"] for sent in sandbox.fcm.messages()}
    assert {(row.state, row.attempts, row.error) for row in rows} == {("sent", 1, "")}
    assert all(row.created_at <= row.finished_at <= clock.now() for row in rows)


@pytest.mark.lesson(61)
def test_a_booking_is_one_banner_which_lasts_while_it_is_true(sandbox, phones, patient, provider):
    booking, other = patient.has_asked(), patient.has_asked(**wish_at(days=9))
    run_jobs()
    assert suggest(provider, booking).status == 200
    run_jobs()

    shown = sandbox.fcm.banners(PHONE)
    assert [one["message"]["data"]["bookingId"] for one in shown] == [str(other.id), str(booking.id)]
    assert titles(shown) == ["Booking Request Sent", "Alternative Times Available"]
    assert shown[1]["message"]["data"]["screen"] == "SuggestedTimes"
    for sent in shown:
        message = sent["message"]
        word = message["android"]["collapseKey"]
        assert message["apns"]["headers"]["apns-collapse-id"] == word
        about = Notification.objects.get(event_id=message["data"]["eventId"])
        assert word == collapse_id(about)
        assert str(about.booking_id) not in word
        left = (about.valid_until - clock.now()).total_seconds()
        assert left - 1 <= message["android"]["ttl"] <= min(left + 60, 86400)


@pytest.mark.lesson(62)
def test_the_badge_is_what_is_not_read_this_push_included(sandbox, phones, patient):
    patient.has_asked()
    run_jobs()
    patient.has_asked(**wish_at(days=8))
    run_jobs()
    before = [badge(sent) for sent in sandbox.fcm.messages(PHONE)]
    # Read elsewhere, it goes down.
    assert patient.call("PATCH", f"{READ_ALL}/{patient.id}", {}).body["markedAsRead"] == 2
    patient.has_asked(**wish_at(days=9))
    run_jobs()

    assert before == [1, 2]
    assert badge(sandbox.fcm.messages(PHONE)[-1]) == 1


@pytest.mark.lesson(61)
def test_what_has_moved_on_is_not_sent(sandbox, phones, patient, provider, deliveries):
    booking = patient.has_asked()
    confirm(provider, booking)
    call_off(provider, booking)
    run_jobs()

    assert titles(sandbox.fcm.messages(PHONE)) == ["Booking Cancelled"]
    assert sandbox.fcm.messages(DESK) == []
    about_pat = {"notification__recipient": patient.id}
    assert deliveries(**about_pat, notification__type="booking_pending") == [("dropped", "moved_on")] * 2
    assert deliveries(**about_pat, notification__type="booking_cancelled") == [("sent", "")] * 2


def test_a_device_that_comes_after_a_change_hears_of_the_next_one(sandbox, patient, provider):
    booking = patient.has_asked()
    run_jobs()
    patient.post("/api/users/fcm-token", {"token": PHONE})
    confirm(provider, booking)
    run_jobs()

    assert titles(sandbox.fcm.messages(PHONE)) == ["Booking Confirmed"]
    assert Notification.objects.filter(recipient=patient.id).count() == 2


@pytest.mark.lesson(35)
def test_a_phone_that_went_to_somebody_else_shows_nothing_of_its_former_user(
    sandbox, phones, patient, other_patient, sweep, deliveries
):
    sandbox.fcm.fail(503, address=PHONE, times=None)
    patient.has_asked()
    run_jobs()
    sandbox.behave()
    other_patient.post("/api/users/fcm-token", {"token": PHONE})
    Delivery.objects.filter(state="waiting").update(claimed_until=clock.now() - timedelta(seconds=1))
    sweep()
    patient.has_asked(**wish_at(days=8))
    run_jobs()

    assert sandbox.fcm.messages(PHONE) == []
    assert len(sandbox.fcm.messages(TABLET)) == 2
    assert ("dropped", "no_device") in deliveries()


def test_without_a_service_account_nothing_is_pushed_and_all_else_goes_on(sandbox, phones, patient, settings):
    settings.FIREBASE_PROJECT_ID = ""
    patient.has_asked()
    run_jobs()

    assert sandbox.fcm.calls() == []
    assert not Delivery.objects.filter(transport="push").exists()
    assert Notification.objects.filter(recipient=patient.id).count() == 1


@pytest.mark.parametrize("outage", [{"action": "status", "status": 500}, {"action": "drop_before"}])
def test_no_trouble_of_fcms_touches_a_booking(sandbox, phones, patient, provider, outage):
    sandbox.fcm.misbehave({"times": None, **outage})
    booking = patient.has_asked()
    run_jobs()

    assert confirm(provider, booking).status == 200
    run_jobs()
    assert Booking.objects.get(id=booking.id).state == "confirmed"
    assert set(
        Delivery.objects.filter(transport="push", notification__type="booking_confirmed").values_list(
            "state", flat=True
        )
    ) == {"waiting"}
