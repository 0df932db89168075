"""What each side is pushed of each change, in the contract's words (14.3), and until when it is true."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acts import accept, call_off, cancel, confirm, later, open_ones, reschedule, suggest, wall
from cast import fresh, sweep, wish_at
from frames import path
from money_calls import CAPTURE

from bookings.pushes import TO_PATIENT, TO_PROVIDER
from bookings.services.cancellations import cancel_booking
from bookings.services.expiry import expire_overdue
from bookings.services.moved_on import what_moved_on
from bookings.states import State
from findr import clock
from findr.vendors.budget import Budget
from notifications.models import FeedEvent, Notification
from notifications.services.truth import why_untrue
from providers.models import Provider

ROOT = Path(__file__).resolve().parents[2]
RIDGE = "Ridge Physical Therapy"


@pytest.fixture
def pushed(patient, provider):
    """What both sides are pushed of something: type, body; each goes with a frame of its own."""

    def of(thing):
        before = set(Notification.objects.values_list("id", flat=True))
        thing()
        new = Notification.objects.exclude(id__in=before).order_by("created_at")
        assert all(FeedEvent.objects.filter(id=one.event_id, recipient=one.recipient).exists() for one in new)
        return [[(one.type, one.body) for one in new if one.recipient == who.id] for who in (patient, provider)]

    return of


def when(booking, hour="10:00 AM"):
    """`Tue, Dec 8 at 10:00 AM`, told from the date alone."""
    day = fresh(booking.id).start.astimezone(fresh(booking.id).provider.zone)
    return f"{day:%a}, {day:%b} {day.day} at {hour}"


def table():
    """Side -> type -> title and body, as the contract's table has them."""
    rows = re.findall(
        r"(?m)^\| `(\w+)` \| (patient|provider) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs/contract.md").read_text()
    )
    return {
        side: {kind: (title, body) for kind, whose, title, body in rows if whose == side}
        for side in ("patient", "provider")
    }


def test_the_texts_are_the_contracts(patient, provider):
    booking = fresh(patient.has_asked().id)
    words = {
        "{provider}": RIDGE,
        "{when}": when(booking),
        "{N hours}": "24 hours",
        "{n} other time(s)": "2 other times",
    }

    def filled(body):
        for word, value in words.items():
            body = body.replace(word, value)
        return body

    for side, texts in (("patient", TO_PATIENT), ("provider", TO_PROVIDER)):
        told = {kind: (text.title, text.body(booking, 2)) for kind, text in texts.items()}
        assert told == {kind: (title, filled(body)) for kind, (title, body) in table()[side].items()}


def test_a_request_and_its_ways(patient, provider, pushed):
    asked = pushed(patient.has_asked)
    booking = fresh(Notification.objects.first().booking_id)

    suggested = pushed(lambda: suggest(provider, booking, wall(8), wall(9)))
    again = pushed(lambda: reschedule(provider, booking))
    accepted = pushed(lambda: accept(patient, booking, open_ones(booking)[0]))

    first = wish_at()["appointmentDate"]
    day = datetime.fromisoformat(first)
    assert asked == [
        [("booking_pending", f"{RIDGE} will respond within 24 hours")],
        [("new_booking_request", f"A patient asks for {day:%a}, {day:%b} {day.day} at 10:00 AM")],
    ]
    assert suggested == [[("times_suggested", f"{RIDGE} suggested 2 other times")], []]
    assert again == [[("times_suggested", f"{RIDGE} suggested 1 other time")], []]
    assert accepted == [
        [("booking_confirmed", f"Your appointment with {RIDGE} is confirmed")],
        [("booking_confirmed", f"The booking on {when(booking)} is confirmed")],
    ]


def test_the_practice_is_not_pushed_what_it_or_staff_in_its_place_did(patient, provider, other_patient, staff, pushed):
    mine, declined = patient.has_asked(), patient.has_asked(**wish_at(days=9))

    confirmed = pushed(lambda: confirm(provider, mine))
    no = pushed(lambda: provider.post(path(declined, "decline"), {"reason": "full"}))
    called_off = pushed(lambda: call_off(provider, mine))

    assert confirmed == [[("booking_confirmed", f"Your appointment with {RIDGE} is confirmed")], []]
    assert no == [
        [("booking_declined", f"{RIDGE} could not accommodate your request. You were not charged.")],
        [],
    ]
    assert called_off == [[("booking_cancelled", f"Your booking with {RIDGE} was cancelled")], []]


def test_it_is_pushed_what_others_did(patient, provider, staff, moves, time, pushed):
    withdrawn, visit, late = (patient.has_asked(**wish_at(days=day)) for day in (8, 9, 10))
    confirm(provider, visit)

    def staff_cancel():
        cancel_booking(booking_id=visit.id, to=State.CANCELLED_ADMIN, reason="x", actor=staff.actor, budget=Budget())

    cancelled = pushed(lambda: cancel(patient, withdrawn))
    moved = pushed(lambda: moves(fresh(visit.id), later(visit, 1, hour=10)))
    by_staff = pushed(staff_cancel)
    time.passes(hours=25)
    expired = pushed(expire_overdue)

    gone = ("booking_cancelled", f"Your booking with {RIDGE} was cancelled")
    assert cancelled == [[gone], [("booking_cancelled", f"The booking on {when(withdrawn)} was cancelled")]]
    assert moved == [[("booking_confirmed", f"Your appointment with {RIDGE} is confirmed")], []]
    assert by_staff == [[gone], [("booking_cancelled", f"The booking on {when(visit)} was cancelled")]]
    assert expired == [
        [("booking_expired", f"Your request to {RIDGE} expired. You were not charged.")],
        [("booking_expired", f"The request for {when(late)} expired")],
    ]


def test_money_that_cannot_be_had(patient, provider, sandbox, time, pushed):
    refused = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    confirm(provider, refused)
    time.passes(seconds=11)
    gone = patient.has_asked(
        paymentMethodId="pm_card_holdLapses", **{k: wish_at(days=9)[k] for k in ("appointmentDate",)}
    )

    told = pushed(sweep)
    over = pushed(lambda: confirm(provider, gone))

    check = ("payment_required", f"Please check the payment for your booking with {RIDGE}")
    assert told == [[check], []]
    assert over == [[check], [("booking_cancelled", f"The booking on {when(gone)} was cancelled")]]
    assert set(Notification.objects.filter(type="payment_required").values_list("priority", flat=True)) == {"high"}


def test_a_push_names_neither_the_patient_nor_the_service_nor_the_notes(patient, provider):
    booking = patient.has_asked(notes="my left knee")
    suggest(provider, booking, wall(8), message="the knee again?")
    accept(patient, booking, open_ones(booking)[0])
    call_off(provider, booking, reason="knees are off")

    told = " ".join(f"{one.title} {one.body}" for one in Notification.objects.all())

    assert Notification.objects.count() == 6
    for secret in (patient.user.first_name, patient.user.last_name, booking.service_name, booking.number, "knee"):
        assert secret not in told


def notification(booking, kind, person):
    return Notification.objects.filter(booking_id=booking.id, type=kind, recipient=person.id).latest("created_at")


def test_a_push_lives_until_it_may_be_untrue_and_a_day_at_most(patient, provider, moves, time):
    Provider.objects.filter(id=provider.id).update(response_hours=4)
    booking = patient.has_asked()
    request = notification(booking, "new_booking_request", provider)
    confirm(provider, booking)
    confirmed = notification(booking, "booking_confirmed", patient)
    time.set(booking.start - timedelta(hours=2))
    moves(fresh(booking.id), booking.start + timedelta(hours=1))
    moved = notification(booking, "booking_confirmed", patient)

    assert request.valid_until == booking.expires_at
    assert abs(confirmed.valid_until - confirmed.created_at - timedelta(hours=24)) < timedelta(seconds=5)
    assert moved.valid_until == booking.start + timedelta(hours=1)
    assert why_untrue([request, moved]) == {request.id: "too_late"}
    time.set(moved.valid_until)
    assert why_untrue([moved]) == {moved.id: "too_late"}


def moved_on(*told):
    """Those of which the booking is no longer as it was told."""
    reasons = what_moved_on(None, notifications=told)
    assert set(reasons.values()) <= {"moved_on"}
    return [one for one in told if one.id in reasons]


@pytest.mark.lesson(61)
def test_what_has_moved_on_is_not_pushed_any_more(patient, provider, moves):
    booking = patient.has_asked()
    pending, request = (
        notification(booking, "booking_pending", patient),
        notification(booking, "new_booking_request", provider),
    )
    assert moved_on(pending, request) == []
    suggest(provider, booking, wall(8))
    suggested = notification(booking, "times_suggested", patient)
    assert moved_on(pending, request, suggested) == [pending, request]

    suggest(provider, booking, wall(8), wall(9))
    two = notification(booking, "times_suggested", patient)
    assert moved_on(suggested, two) == [suggested]

    accept(patient, booking, open_ones(booking)[0])
    mine, theirs = (notification(booking, "booking_confirmed", who) for who in (patient, provider))
    assert moved_on(two, mine, theirs) == [two]
    moves(fresh(booking.id), later(fresh(booking.id), 1, hour=10))
    assert moved_on(mine, theirs) == [theirs]

    cancel(patient, booking)
    assert moved_on(mine, theirs, notification(booking, "booking_cancelled", provider)) == [mine, theirs]
    assert clock.now() < notification(booking, "booking_cancelled", provider).valid_until
