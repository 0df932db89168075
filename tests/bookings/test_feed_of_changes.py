"""The feed: who is told what of other times and of cancellations, in exact frames (15.3-15.6)."""

from datetime import timedelta

import pytest
from cast import fresh, run_jobs, sweep, wish_at
from frames import confirmed, has_suggested, needs_payment, over, path, to_patient, with_view
from money_calls import CAPTURE

from bookings import reconciliation as books
from bookings.services.cancellations import cancel_booking
from bookings.services.refunds import refund_booking
from bookings.states import State
from findr.api.times import instant
from findr.vendors.budget import Budget


# --- Other times -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("action", ["suggest-times", "reschedule"])
def test_suggested_times(patient, provider, heard, action):
    booking = patient.has_asked()
    start = f"{wish_at(days=8)['appointmentDate']}T10:00"
    body = {"proposedTimes": [{"start": start}]} if action == "suggest-times" else {"proposedStart": start}

    told = heard(lambda: provider.post(path(booking, action), {**body, "message": "later?"}))

    now, (time,) = fresh(booking.id), booking.suggestions.all()
    assert told == [
        [
            to_patient(
                booking,
                "times_suggested",
                "The provider suggested other times",
                suggestedTimes=[{"id": str(time.id), "startTime": instant(time.start), "endTime": instant(time.end)}],
                message="later?",
                expiresAt=instant(now.expires_at),
            )
        ],
        [with_view(booking, "booking.updated")],
    ]
    assert told[1][0]["data"]["proposedTimes"] == [
        {"id": str(time.id), "start": instant(time.start), "end": instant(time.end)}
    ]


def test_a_second_round_tells_the_new_times_only(patient, provider, heard):
    booking = patient.has_asked()
    has_suggested(provider, booking, days=8)

    told = heard(lambda: has_suggested(provider, booking, days=9))

    (new,) = booking.suggestions.filter(round=2)
    assert [time["id"] for time in told[0][0]["data"]["suggestedTimes"]] == [str(new.id)]
    assert [time["id"] for time in told[1][0]["data"]["proposedTimes"]] == [str(new.id)]


def test_an_accept(patient, provider, heard):
    booking = patient.has_asked()
    has_suggested(provider, booking)

    told = heard(lambda: patient.post(path(booking, "accept-reschedule")))

    assert told == confirmed(booking)
    assert told[0][0]["data"]["appointmentDate"] == instant(booking.suggestions.get().start)
    assert told[1][0]["data"]["proposedTimes"] == []


def test_an_accept_that_is_refused_is_told_to_the_provider_alone(patient, provider, heard):
    """The patient's own call answers 402."""
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    has_suggested(provider, booking)

    told = heard(lambda: patient.post(path(booking, "accept-reschedule")))

    assert told == [[], [with_view(booking, "booking.updated")]]
    assert len(told[1][0]["data"]["proposedTimes"]) == 1


def test_an_accept_that_is_refused_after_a_202_is_told_to_both(patient, provider, sandbox, time, heard):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    has_suggested(provider, booking)
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert heard(lambda: patient.post(path(booking, "accept-reschedule"))) == [[], []]
    time.passes(seconds=11)

    told = heard(sweep)

    assert told == [[needs_payment(booking, "card_refused")], [with_view(booking, "booking.updated")]]


def test_an_accept_on_a_hold_that_is_gone_is_told_to_the_provider_alone(patient, provider, heard):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")
    has_suggested(provider, booking)

    told = heard(lambda: patient.post(path(booking, "accept-reschedule")))

    assert told == [[], [over(booking, None, "Payment failed")]]


@pytest.mark.parametrize("action", ["decline-suggested-times", "decline-reschedule"])
def test_declined_suggestions(patient, provider, heard, action):
    booking = patient.has_asked()
    has_suggested(provider, booking)

    told = heard(lambda: patient.post(path(booking, action)))

    gone = {"reason": "Declined suggested times", "cancelledBy": "user", "refundAmount": 0}
    assert told == [
        [to_patient(booking, "booking_cancelled", "Booking request cancelled", **gone)],
        [over(booking, "user", "Declined suggested times")],
    ]


# --- Calling off -------------------------------------------------------------------------------------------------------
def test_a_request_that_its_patient_cancels(patient, heard):
    booking = patient.has_asked()

    told = heard(lambda: patient.post(path(booking, "cancel")))

    gone = {"reason": None, "cancelledBy": "user", "refundAmount": 0}
    assert told == [
        [to_patient(booking, "booking_cancelled", "Booking request cancelled", **gone)],
        [over(booking, "user", None)],
    ]


@pytest.mark.parametrize(("who", "by", "refund"), [("patient", "user", 112.5), ("provider", "provider", 150)])
def test_a_visit_that_is_called_off(patient, provider, time, heard, who, by, refund):
    booking = patient.has_asked()
    provider.post(path(booking, "confirm"))
    time.set(booking.start - timedelta(hours=13))

    told = heard(
        lambda: {
            "patient": lambda: patient.post(path(booking, "cancel"), {"reason": "ill"}),
            "provider": lambda: provider.post(path(booking, "cancel-provider"), {"reason": "ill"}),
        }[who]()
    )

    gone = {"reason": "ill", "cancelledBy": by, "refundAmount": refund}
    assert told == [
        [to_patient(booking, "booking_cancelled", "Your appointment has been cancelled", **gone)],
        [over(booking, by, "ill")],
    ]


def test_a_visit_that_staff_call_off(patient, provider, staff, heard):
    booking = patient.has_asked()
    provider.post(path(booking, "confirm"))

    told = heard(
        lambda: cancel_booking(
            booking_id=booking.id, to=State.CANCELLED_ADMIN, reason="closed", actor=staff.actor, budget=Budget()
        )
    )

    gone = {"reason": "closed", "cancelledBy": "admin", "refundAmount": 150}
    assert told == [
        [to_patient(booking, "booking_cancelled", "Your appointment has been cancelled", **gone)],
        [over(booking, "admin", "closed")],
    ]


def test_a_refund_by_staff_is_told_to_the_provider_alone(patient, provider, staff, heard):
    booking = patient.has_asked()
    provider.post(path(booking, "confirm"))

    told = heard(
        lambda: refund_booking(
            booking_id=booking.id, amount_cents=5000, reason="kind", actor=staff.actor, budget=Budget()
        )
    )

    assert told == [[], [with_view(booking, "booking.updated")]]
    assert (told[1][0]["data"]["paymentStatus"], told[1][0]["data"]["refundAmount"]) == ("partially_refunded", 50)


def given_back(staff, booking, cents):
    return lambda: refund_booking(
        booking_id=booking.id, amount_cents=cents, reason="kind", actor=staff.actor, budget=Budget()
    )


def test_a_kept_fee_that_staff_give_back_is_told_to_the_provider_too(patient, provider, staff, time, heard):
    booking = patient.has_asked()
    provider.post(path(booking, "confirm"))
    time.set(booking.start - timedelta(hours=1))
    called_off = heard(lambda: patient.post(path(booking, "cancel")))

    told = heard(given_back(staff, booking, 2500))

    # What went back with the cancellation was told with it, once.
    assert [[frame["type"] for frame in frames] for frames in called_off] == [
        ["booking_cancelled"],
        ["booking.cancelled"],
    ]
    assert told == [[], [with_view(booking, "booking.updated")]]
    view = told[1][0]["data"]
    assert (view["state"], view["paymentStatus"], view["refundAmount"]) == (
        "cancelled_patient",
        "partially_refunded",
        100,
    )


def test_a_refund_by_staff_that_ends_after_a_cancellation_is_told_and_the_rest_is_not_told_again(
    patient, provider, staff, sandbox, time, heard
):
    booking = patient.has_asked()
    provider.post(path(booking, "confirm"))
    sandbox.misbehave({"method": "POST", "path": "/v1/refunds", "action": "drop_before"})
    given_back(staff, booking, 5000)()
    called_off = heard(lambda: patient.post(path(booking, "cancel")))
    time.passes(seconds=31)

    told = heard(lambda: (sweep(), run_jobs()))

    assert called_off[0][0]["data"]["refundAmount"] == 100
    assert [[frame["type"] for frame in frames] for frames in told] == [[], ["booking.updated"]]
    assert told[1][0]["data"]["refundAmount"] == 50
    assert fresh(booking.id).payment.state == "refunded"
    assert books.check_books() == []


def test_a_refusal_tells_nothing(patient, provider, time, heard):
    booking = patient.has_asked()
    provider.post(path(booking, "decline"), {"reason": "no"})

    def all_refused():
        for action in ("confirm", "suggest-times", "reschedule", "cancel-provider", "decline"):
            assert provider.post(path(booking, action), {"reason": "no"}).status == 400
        for action in ("accept-reschedule", "decline-reschedule", "decline-suggested-times", "cancel"):
            assert patient.post(path(booking, action)).status == 400

    assert heard(all_refused) == [[], []]
