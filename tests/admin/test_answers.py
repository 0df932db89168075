"""What staff decide goes through the machine, the locks and the history that everybody's decisions go through."""

import json

import pytest
from admin.actions import decide, fill_in, last_decision, select
from admin.pages import LIST, editable, page_of, text_of, told
from cast import fresh, promised, run_jobs, wish_at
from django.test import Client

from bookings import transitions
from bookings.models import Booking
from findr.vendors.budget import vendor_slot


@pytest.mark.lesson(43)
def test_confirm_charges_the_card_and_is_written_down_as_the_staff_members(console, patient, staff, sandbox):
    booking = patient.has_asked()

    form = text_of(console.get(f"{LIST}{booking.id}/confirm/"))
    answer = fill_in(console, "confirm", booking, note="by phone")

    assert "150.00 USD will be charged to the patient's card" in form
    assert (answer.status_code, answer.url) == (302, page_of(booking))
    assert told(answer) == [f"{booking.number}: confirmed."]
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("confirmed", "paid")
    assert fresh(booking.id).confirmation_note == "by phone"
    assert sandbox.stripe.intent(booking.payment.intent_id)["amount_received"] == 15000
    assert last_decision(booking) == ("confirm_started", "staff", staff.user.id, "staff")


@pytest.mark.lesson(43)
@pytest.mark.parametrize(
    ("name", "event", "given"),
    [
        ("confirm", "confirm_started", {"note": "see you"}),
        ("suggest", "reschedule_proposed", {"first": "", "message": "see you"}),
    ],
)
def test_what_staff_decide_in_the_practices_place_has_a_reason_that_only_staff_read(
    console, patient, provider, name, event, given
):
    booking = patient.has_asked()
    given = {word: value or f"{wish_at(days=8)['appointmentDate']}T14:00" for word, value in given.items()}

    refused = fill_in(console, name, booking, staff_reason=" ", **given)
    assert "This field is required." in text_of(refused)
    assert fresh(booking.id).state == "pending_confirmation"
    answer = fill_in(console, name, booking, staff_reason="the desk called", **given)

    assert answer.status_code == 302
    assert booking.events.get(event_type=event).data["staffReason"] == "the desk called"
    assert "staff reason: the desk called" in text_of(console.get(page_of(booking)))
    for person in (patient, provider):
        for path in (f"/api/bookings/{booking.id}", f"/api/bookings/{booking.id}/history", "/api/notifications"):
            told_there = json.dumps(person.get(path).body)
            assert "the desk called" not in told_there
            assert "staffReason" not in told_there
        assert "see you" in json.dumps(person.get(f"/api/bookings/{booking.id}").body)


@pytest.mark.lesson(43)
def test_decline_needs_a_reason_and_releases_the_hold(console, patient, staff, sandbox):
    booking = patient.has_asked()

    refused = decide(console, "decline", booking, reason="  ")
    assert refused.status_code == 200
    assert "This field is required." in text_of(refused)
    assert fresh(booking.id).state == "pending_confirmation"

    answer = decide(console, "decline", booking, reason="practice closed")

    assert told(answer) == [f"{booking.number}: declined, and nothing is charged."]
    declined = fresh(booking.id)
    assert (declined.state, declined.decline_reason) == ("cancelled_provider", "practice closed")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert last_decision(booking) == ("declined", "staff", staff.user.id, "staff")


@pytest.mark.lesson(43)
def test_expire_ends_only_what_is_overdue(console, patient, other_patient, staff, time, sandbox):
    late = patient.has_asked()
    time.passes(hours=20)
    early = other_patient.has_asked(**wish_at(days=9))
    time.passes(hours=5)

    missing = decide(console, "expire", late)
    assert (missing.status_code, fresh(late.id).state) == (200, "pending_confirmation")
    answer = decide(console, "expire", late, early, reason="nobody was in")
    run_jobs()

    assert told(answer) == [
        f"{late.number}: expired. The hold on the card is being released.",
        f"{early.number}: nothing changed. It is not overdue, or no longer waits.",
    ]
    assert (fresh(late.id).state, fresh(early.id).state) == ("expired", "pending_confirmation")
    assert sandbox.stripe.intent(late.payment.intent_id)["status"] == "canceled"
    assert sandbox.stripe.intent(early.payment.intent_id)["status"] == "requires_capture"
    assert last_decision(late) == ("expired", "staff", staff.user.id, "staff")
    event = late.events.get(event_type="expired")
    assert event.data == {"reason": "provider_no_answer", "note": "nobody was in"}


@pytest.mark.parametrize("name", ["confirm", "decline", "expire"])
def test_looking_at_a_form_changes_nothing(console, patient, time, sandbox, name):
    booking = patient.has_asked()
    time.passes(hours=25)
    before, calls = Booking.objects.values().get(), len(sandbox.log())

    assert console.get(f"{LIST}{booking.id}/{name}/").status_code == 200
    assert console.get(f"{LIST}decide/{name}/?booking={booking.id}").status_code == 200
    assert console.put(f"{LIST}{booking.id}/{name}/").status_code == 405
    asks = select(console, f"{name}_selected", booking)

    assert booking.number in text_of(asks)
    assert asks.request["PATH_INFO"] == f"{LIST}decide/{name}/"
    assert Booking.objects.values().get() == before
    assert len(sandbox.log()) == calls
    assert promised() == []


def test_a_form_is_there_only_for_what_can_be_done(console, patient, provider):
    booking = patient.has_asked()
    assert editable(console.get(f"{LIST}{booking.id}/decline/")) == ["reason"]
    provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "away"})

    page = console.get(f"{LIST}{booking.id}/decline/")

    assert "Nothing can be done: it is cancelled provider." in text_of(page)
    assert editable(page) == []


def test_a_form_without_its_csrf_token_is_refused(patient, staff):
    booking = patient.has_asked()
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff.user)

    assert client.post(f"{LIST}{booking.id}/confirm/", {"note": ""}).status_code == 403
    assert decide(client, "confirm", booking, note="").status_code == 403
    assert fresh(booking.id).state == "pending_confirmation"


def test_selected_rows_are_decided_together_and_the_list_keeps_its_filters(console, patient, other_patient):
    bookings = [patient.has_asked(), other_patient.has_asked(**wish_at(days=8))]

    form = select(console, "confirm_selected", *bookings, show="waiting")
    answer = decide(console, "confirm", *bookings, note="", _changelist_filters="show=waiting")

    assert "Confirm 2 bookings" in text_of(form)
    assert (answer.status_code, answer.url) == (302, f"{LIST}?show=waiting")
    assert told(answer) == [f"{booking.number}: confirmed." for booking in bookings]


@pytest.mark.lesson(43)
def test_one_bad_row_is_told_and_the_other_goes_through(console, patient, other_patient, provider, sandbox):
    taken, good = patient.has_asked(), other_patient.has_asked(**wish_at(days=8))
    provider.post(f"/api/bookings/{taken.id}/decline", {"reason": "away"})

    answer = decide(console, "confirm", taken, good, note="")

    assert sorted(told(answer)) == sorted(
        [
            f"{taken.number}: refused. It does not wait for an answer any more: it is cancelled provider.",
            f"{good.number}: confirmed.",
        ]
    )
    assert fresh(good.id).state == "confirmed"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}


@pytest.mark.lesson(43)
def test_two_requests_for_one_time_are_not_both_confirmed(console, patient, other_patient, sandbox):
    first, second = patient.has_asked(), other_patient.has_asked()

    answer = decide(console, "confirm", first, second, note="")

    assert sorted(fresh(booking.id).state for booking in (first, second)) == ["confirmed", "pending_confirmation"]
    assert sum("refused. The practice has another visit at this time." in text for text in told(answer)) == 1
    assert sandbox.stripe.totals() == {"held": 15000, "received": 15000, "refunded": 0}


def test_a_refused_card_is_told_and_the_request_still_waits(console, patient, sandbox):
    booking = patient.has_asked()
    sandbox.misbehave(
        {
            "action": "status",
            "path": "*/capture",
            "status": 402,
            "type": "card_error",
            "code": "card_declined",
            "message": "Your card was declined.",
        }
    )

    answer = decide(console, "confirm", booking, note="")

    assert told(answer) == [
        f'{booking.number}: refused. The card was refused ("Your card was declined."). '
        "Nothing is charged, and the request still waits."
    ]
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("pending_confirmation", "held")


def test_a_silent_vendor_leaves_the_payment_being_processed(console, patient, sandbox):
    booking = patient.has_asked()
    sandbox.misbehave({"action": "status", "path": "*/capture", "status": 500})

    answer = decide(console, "confirm", booking, note="")

    assert told(answer) == [
        f"{booking.number}: processing. The payment vendor has not answered yet; the visit is confirmed once it has."
    ]
    assert fresh(booking.id).state == "confirming"
    assert "Somebody's decision is being processed" in told(decide(console, "decline", booking, reason="closed"))[-1]


def test_a_silent_vendor_leaves_the_release_being_processed(console, patient, sandbox):
    booking = patient.has_asked()
    sandbox.misbehave({"action": "status", "path": "*/cancel", "status": 500})

    answer = decide(console, "decline", booking, reason="closed")

    assert told(answer) == [
        f"{booking.number}: declined, and nothing is charged. The release of the hold is still being processed."
    ]
    assert fresh(booking.id).payment.state == "releasing"


def test_a_hold_that_has_lapsed_ends_the_booking_and_says_so(console, patient):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")

    answer = decide(console, "confirm", booking, note="")

    assert told(answer) == [
        f"{booking.number}: refused. The money could not be had: the booking has ended as payment failed, "
        "and nothing is charged."
    ]
    assert fresh(booking.id).state == "payment_failed"


def test_a_busy_server_refuses_and_changes_nothing(console, patient, settings):
    booking = patient.has_asked()
    taken = [vendor_slot() for _ in range(max(1, settings.WEB_THREADS // 2))]
    for one in taken:
        one.__enter__()
    try:
        answer = decide(console, "confirm", booking, note="")
    finally:
        for one in taken:
            one.__exit__(None, None, None)

    assert told(answer) == [
        f"{booking.number}: refused. The server is busy, or somebody else is working on it. "
        "Nothing was changed; please try again."
    ]
    assert fresh(booking.id).state == "pending_confirmation"


@pytest.mark.lesson(43)
def test_a_row_that_somebody_else_holds_is_not_decided_around_the_lock(console, patient, rival):
    booking = patient.has_asked()

    with rival(lambda: transitions.lock_booking(booking.id)):
        answer = decide(console, "decline", booking, reason="closed")

    assert told(answer) == [
        f"{booking.number}: not done. The server is busy, or somebody else is working on it. "
        "Nothing was changed; please try again."
    ]
    assert fresh(booking.id).state == "pending_confirmation"


def test_strangers_decide_nothing(patient, provider):
    booking = patient.has_asked()
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        for path in (f"{LIST}{booking.id}/confirm/", f"{LIST}decide/confirm/"):
            answer = client.post(path, {"booking": booking.id, "note": ""})
            assert answer.status_code == 302
            assert answer.url.startswith("/admin/login/")
    assert Client().post(f"{LIST}decide/confirm/", {"booking": booking.id}).status_code == 302
    assert fresh(booking.id).state == "pending_confirmation"
