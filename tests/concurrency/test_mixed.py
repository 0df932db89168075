"""Everybody who may decide about one request decides at one moment: by the API, in the console, by jobs, and at Stripe.

`FINDR_RACES=1000 bin/test tests/concurrency/test_mixed.py` for the whole. Who wins differs from run to run; what may be
left is checked after each: one story that the answers agree with, and the money where it belongs.
"""

import random
from collections import Counter
from datetime import timedelta

import pytest
from admin.actions import WHY
from admin.forms import filled
from admin.pages import LIST
from cast import HALF_HOUR, fresh, run_jobs, sweep, wish_at
from concurrency.together import at_once, races
from django.test import Client
from stripe_events import deliver, event

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import Booking, BookingEvent, TimeHold
from bookings.payments import events
from bookings.services.suggestions import suggest_times
from findr import clock

AT_ONCE = 3


# --- What may be done: each gets everything ready, and gives what is then done at once --------------------------------------
def by_api(who, action, body=None):
    def ready(world, booking):
        person, path = world[who], f"/api/bookings/{booking.id}/{action}"
        return lambda: person.post(path, body).status

    return ready


def by_staff(name, **given):
    """The form is open, and shows the request as it is now."""

    def ready(world, booking):
        console, path = Client(), f"{LIST}{booking.id}/{name}/"
        console.force_login(world["staff"].user)
        fields = filled(console.get(path), **WHY.get(name, {}), **given)
        return lambda: console.post(path, fields).status_code

    return ready


def by_the_clock(world, booking):
    """Its deadline falls into the others' work, and the job comes by."""
    deadline = clock.now() + timedelta(milliseconds=random.uniform(0, 40))
    Booking.objects.filter(id=booking.id).update(expires_at=deadline)

    def expire():
        tasks.expire_requests()
        return 0

    return expire


def at_stripe(happening, kind):
    """It is done there, and the event comes in, twice."""

    def ready(world, booking):
        sandbox, intent_id = world["sandbox"], booking.payment.intent_id

        def happen():
            try:
                getattr(sandbox.stripe, happening)(intent_id)
            except Exception:
                return 0
            told = event(kind, sandbox.stripe.intent(intent_id))
            status = max(deliver(told).status, deliver(told).status)
            events.process_event(told["id"])
            return status

        return happen

    return ready


DEEDS = {
    "practice confirms": by_api("provider", "confirm"),
    "practice declines": by_api("provider", "decline", {"reason": "full"}),
    "patient accepts": by_api("patient", "accept-reschedule"),
    "patient declines all": by_api("patient", "decline-suggested-times"),
    "patient cancels": by_api("patient", "cancel", {"reason": "ill"}),
    "staff confirm": by_staff("confirm"),
    "staff decline": by_staff("decline", reason="closed"),
    "staff cancel": by_staff("cancel", reason="flooded"),
    "it expires": by_the_clock,
    "captured at Stripe": at_stripe("capture", "payment_intent.succeeded"),
    "lapsed at Stripe": at_stripe("lapse", "payment_intent.canceled"),
}
# The line of history that a deed's success writes, and which no refused deed may write.
PROOF = {
    "practice confirms": ("confirm_started", "provider"),
    "practice declines": ("declined", "provider"),
    "patient accepts": ("reschedule_accepted", "patient"),
    "patient declines all": ("reschedule_declined", "patient"),
    "patient cancels": ("cancelled", "patient"),
}
# Booking and payment once everything has come to rest.
AT_REST = {
    ("confirmed", "paid"),
    ("cancelled_patient", "released"),
    ("cancelled_patient", "refunded"),
    ("cancelled_provider", "released"),
    ("cancelled_provider", "refunded"),
    ("cancelled_admin", "released"),
    ("cancelled_admin", "refunded"),
    ("expired", "released"),
    ("expired", "refunded"),
    ("payment_failed", "failed"),
    ("payment_failed", "refunded"),
}


def suggested(patient, provider, number):
    """A request for a half hour of its own from three, when clocks have changed, to noon; twelve hours later is suggested."""
    half_hours = {"hour": 3 + number % 18 // 2, "minute": number % 2 * 30, "serviceId": str(HALF_HOUR)}
    booking = patient.has_asked(**wish_at(days=3 + number // 18, **half_hours))
    later = [booking.start + timedelta(hours=12)]
    return suggest_times(booking_id=booking.id, starts=later, message="", actor=provider.actor)


def lines(booking):
    return set(BookingEvent.objects.filter(booking=booking).values_list("event_type", "actor_role"))


@pytest.mark.lesson(21)
def test_whoever_decides_at_once_one_story_is_left(patient, provider, staff, sandbox, time, no_limits, figures):
    world = {"patient": patient, "provider": provider, "staff": staff, "sandbox": sandbox}
    ends, seed = Counter(), random.randrange(10**6)
    choose = random.Random(seed)
    for number in races():
        booking = fresh(suggested(patient, provider, number).id)
        deeds = choose.sample(sorted(DEEDS), AT_ONCE)
        before = lines(booking)

        said = dict(zip(deeds, at_once(*(DEEDS[deed](world, booking) for deed in deeds)), strict=True))

        time.passes(seconds=31)
        run_jobs()
        sweep()
        tasks.sweep_events()
        now, told = fresh(booking.id), lines(booking) - before
        assert (now.state, now.payment.state) in AT_REST | still_waiting(deeds), (seed, number, said)
        assert all(status < 500 for status in said.values()), (seed, number, said)
        for deed in set(said) & set(PROOF):
            assert (said[deed] in (200, 202, 402)) >= (PROOF[deed] in told), (seed, number, said)
            # Confirming what somebody else has just confirmed is a 200 too.
            shown = told & {PROOF[deed], ("confirm_started", "staff")} if "confirms" in deed else told & {PROOF[deed]}
            if said[deed] == 200:
                assert shown, (seed, number, said)
        assert TimeHold.objects.filter(owner=booking.id).count() == holds_of(now), (seed, number, said)
        ends[now.state, now.payment.state] += 1

    figures.append(
        f"{AT_ONCE} decisions of {len(DEEDS)} kinds at once, {ends.total()} times (seed {seed}): {dict(ends)}"
    )
    assert books.check_books() == []


def still_waiting(deeds):
    """Nobody decided, where those who tried could not: nobody may accept or decline for a patient who did not."""
    return {("reschedule_proposed", "held")} if "it expires" in deeds or "staff confirm" in deeds else set()


def holds_of(booking):
    return 1 if booking.state in ("confirmed", "reschedule_proposed") else 0
