"""One booking and its history, for both sides of it (contract 12)."""

import pytest
from cast import FREE, booking_of, fresh, sweep

AUTHENTICATE = "pm_card_authenticationRequired"


def test_the_secret_to_authenticate_with_is_asked_for_at_that_moment(patient, sandbox):
    created = patient.asks(paymentMethodId=AUTHENTICATE).body
    path = f"/api/bookings/{created['bookingId']}"

    there = patient.get(path).body
    sandbox.misbehave(
        {"action": "status", "status": 500, "method": "GET", "path": "/v1/payment_intents/*", "times": None}
    )
    away = patient.get(path)

    assert (there["requiresAction"], there["clientSecret"]) == (True, created["clientSecret"])
    assert (away.status, away.body["requiresAction"], away.body["clientSecret"]) == (200, True, None)
    assert away.body["booking"]["paymentStatus"] == "requires_action"


def test_once_secured_there_is_nothing_to_authenticate(patient, sandbox, time):
    booking = booking_of(patient.asks(paymentMethodId=AUTHENTICATE))
    sandbox.stripe.authenticate(booking.payment.intent_id)
    time.passes(seconds=20)
    sweep()
    asked = len(sandbox.log())

    detail = patient.get(f"/api/bookings/{booking.id}").body

    assert (detail["requiresAction"], detail["clientSecret"]) == (False, None)
    assert len(sandbox.log()) == asked


def test_a_practice_is_given_the_booking_and_nothing_else(patient, provider):
    booking = patient.has_asked()

    assert set(provider.get(f"/api/bookings/{booking.id}").body) == {"success", "booking"}


@pytest.mark.parametrize(
    ("wish", "before"),
    [
        ({}, ["created"]),
        ({"serviceId": str(FREE)}, ["created"]),
        ({"paymentMethodId": AUTHENTICATE}, ["created", "payment_authentication_required"]),
    ],
    ids=["card", "free", "authenticated"],
)
def test_a_practice_reads_the_story_from_the_moment_it_was_secured(wish, before, patient, provider, sandbox, time):
    booking = booking_of(patient.asks(**wish))
    if "paymentMethodId" in wish:
        sandbox.stripe.authenticate(booking.payment.intent_id)
        time.passes(seconds=20)
        sweep()
    provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "full"})

    def story(who):
        return [event["eventType"] for event in who.get(f"/api/bookings/{booking.id}/history").body["events"]]

    rest = ["payment_held", "declined", "payment_released"]
    assert fresh(booking.id).state == "cancelled_provider"
    assert story(patient) == [*before, *rest]
    assert story(provider) == rest


def test_every_change_of_state_is_one_event_that_names_it(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    events = patient.get(f"/api/bookings/{booking.id}/history").body["events"]
    moves = [
        (one["eventType"], one["previousStatus"], one["newStatus"])
        for one in events
        if one["previousStatus"] != one["newStatus"]
    ]

    assert moves == [
        ("created", None, "pending_payment"),
        ("payment_held", "pending_payment", "pending_confirmation"),
        ("confirm_started", "pending_confirmation", "confirming"),
        ("confirmed", "confirming", "confirmed"),
    ]
    assert [one["timestamp"] for one in events] == sorted(one["timestamp"] for one in events)
