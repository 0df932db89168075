"""The feed: who is told what of a request and its answer, in exact frames (15.3-15.6)."""

from datetime import timedelta

import pytest
from cast import FREE, booking_of, fresh, run_jobs, sweep
from frames import (
    confirmed,
    has_suggested,
    needs_payment,
    over,
    path,
    to_patient,
    with_view,
)
from money_calls import CAPTURE, CREATE

from bookings.services.expiry import expire_overdue
from findr import clock
from findr.api.times import instant
from notifications.models import FeedEvent


# --- Asking ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("price", ["priced", "free"])
def test_a_request(patient, heard, price):
    wish = {} if price == "priced" else {"serviceId": str(FREE), "paymentMethodId": None}

    told = heard(lambda: patient.has_asked(**wish))

    booking = fresh(FeedEvent.objects.first().booking_id)
    assert told == [
        [
            to_patient(
                booking,
                "booking_pending",
                "Booking request sent",
                bookingType="request",
                expiresAt=instant(booking.expires_at),
            )
        ],
        [with_view(booking, "booking.new", urgent=False)],
    ]
    view = told[1][0]["data"]
    assert (view["state"], view["paymentStatus"], view["depositAmount"]) == (
        "pending_confirmation",
        "held",
        150 if price == "priced" else 0,
    )


def test_a_request_with_less_than_six_hours_left_is_urgent(patient, heard):
    soon = (clock.now() + timedelta(hours=6, minutes=50)).replace(second=0, microsecond=0)
    body = {"appointmentDate": instant(soon), "appointmentTime": None}

    told = heard(lambda: patient.has_asked(**body))

    assert told[1][0]["urgent"] is True


def test_an_instant_booking(patient, heard, settings):
    settings.CALENDAR_READER = "readers.Free"
    answers = []

    told = heard(lambda: answers.append(patient.asks()))

    booking = booking_of(answers[0])
    assert told == confirmed(booking)
    assert told[1][0]["data"]["paymentStatus"] == "paid"


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_visa_chargeDeclined"])
def test_what_the_patients_own_create_answers_is_not_told_again(patient, heard, card):
    assert heard(lambda: patient.asks(paymentMethodId=card)) == [[], []]


def test_a_202_tells_nothing_until_the_outcome_is_known(patient, sandbox, time, heard):
    sandbox.misbehave({**CREATE, "action": "drop_before"})
    answers = []
    assert heard(lambda: answers.append(patient.asks())) == [[], []]
    time.passes(seconds=11)

    told = heard(sweep)

    assert [[frame["type"] for frame in frames] for frames in told] == [["booking_pending"], ["booking.new"]]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("pm_card_authenticationRequired", "authentication_required"),
        ("pm_card_visa_chargeDeclined", "payment_failed"),
    ],
)
def test_what_is_learnt_after_a_202_is_told_to_the_patient_alone(patient, sandbox, time, heard, card, reason):
    sandbox.misbehave({**CREATE, "action": "drop_before"})
    booking = booking_of(patient.asks(paymentMethodId=card))
    time.passes(seconds=11)

    told = heard(sweep)

    assert told == [[needs_payment(booking, reason)], []]
    assert (told[0][0]["data"]["expiresAt"] is None) == (reason == "payment_failed")


def test_an_authenticated_request_is_told_like_a_new_one(patient, sandbox, time, heard):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.stripe.authenticate(booking.payment.intent_id)
    time.passes(seconds=31)

    told = heard(sweep)

    assert [[frame["type"] for frame in frames] for frames in told] == [["booking_pending"], ["booking.new"]]


def test_an_abandoned_checkout_is_told_to_the_patient_alone(patient, time, heard):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    time.passes(minutes=16)

    told = heard(lambda: (expire_overdue(), run_jobs()))

    assert told == [[needs_payment(booking, "payment_failed")], []]


def test_a_checkout_that_is_cancelled_never_reaches_the_provider(patient, heard):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))

    told = heard(lambda: patient.post(path(booking, "cancel"), {"reason": "ill"}))

    gone = {"reason": "ill", "cancelledBy": "user", "refundAmount": 0}
    assert told == [[to_patient(booking, "booking_cancelled", "Booking request cancelled", **gone)], []]


# --- Answering ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("price", ["priced", "free"])
def test_a_confirm(patient, provider, heard, price):
    booking = patient.has_asked(**({} if price == "priced" else {"serviceId": str(FREE), "paymentMethodId": None}))

    told = heard(lambda: provider.post(path(booking, "confirm"), {"note": "see you"}))

    assert told == confirmed(booking, "see you")
    view = told[1][0]["data"]
    assert (view["paymentStatus"], view["depositAmount"], view["expiresAt"]) == ("paid", 0, None)


def test_confirming_again_tells_nothing(patient, provider, heard):
    booking = patient.has_asked()
    provider.post(path(booking, "confirm"))

    assert heard(lambda: provider.post(path(booking, "confirm"))) == [[], []]


def test_a_confirm_that_the_vendor_leaves_open_is_told_when_it_is_settled(patient, provider, sandbox, time, heard):
    booking = patient.has_asked()
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert heard(lambda: provider.post(path(booking, "confirm"))) == [[], []]
    time.passes(seconds=11)

    assert heard(sweep) == confirmed(booking)


def test_a_capture_that_is_refused(patient, provider, heard):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")

    told = heard(lambda: provider.post(path(booking, "confirm")))

    assert told == [[needs_payment(booking, "card_refused")], [with_view(booking, "booking.updated")]]
    assert told[0][0]["data"]["expiresAt"] == instant(booking.expires_at)
    assert (told[1][0]["data"]["state"], told[1][0]["data"]["paymentStatus"]) == ("pending_confirmation", "held")


def test_a_hold_that_is_gone(patient, provider, heard):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")

    told = heard(lambda: provider.post(path(booking, "confirm")))

    assert told == [[needs_payment(booking, "payment_failed")], [over(booking, None, "Payment failed")]]


def test_a_decline(patient, provider, heard):
    booking = patient.has_asked()

    told = heard(lambda: provider.post(path(booking, "decline"), {"reason": "full"}))

    message = "The provider declined your request"
    assert told == [
        [to_patient(booking, "booking_declined", message, reason="full")],
        [over(booking, "provider", "full")],
    ]


@pytest.mark.parametrize(("suggested", "reason"), [(False, "provider_no_answer"), (True, "patient_no_answer")])
def test_an_expiry(patient, provider, time, heard, suggested, reason):
    booking = patient.has_asked()
    if suggested:
        has_suggested(provider, booking)
    time.passes(hours=25)

    told = heard(lambda: (expire_overdue(), expire_overdue(), run_jobs()))

    message = "Your booking request expired"
    assert told == [
        [to_patient(booking, "booking_expired", message, reason=reason)],
        [over(booking, None, "Request expired")],
    ]
