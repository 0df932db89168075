"""Stripe slow, silent, wrong or overtaken: what the caller hears, and what is left once it behaves again.

Each case is one operation that meets one misbehaviour. Whatever the caller was told, in the end the books balance, and
nobody was charged, held or refunded otherwise than the booking says.
"""

import time as real_time

import pytest
from cast import run_jobs
from drawing import drawn
from reliability import report
from reliability.settling import settle
from reliability.steps import Scene

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import Booking

CREATE, CAPTURE, CANCEL, REFUND = (
    {"method": "POST", "path": path}
    for path in (
        "/v1/payment_intents",
        "/v1/payment_intents/*/capture",
        "/v1/payment_intents/*/cancel",
        "/v1/refunds",
    )
)
ENDS = ("the caller is told", "booking", "payment", "at Stripe")
FAULTS = {
    "does not answer in time, not done": [{"action": "hang", "seconds": 1.5}],
    "does not answer in time, done": [{"action": "hang", "seconds": 1.5, "do_work": True}],
    "does not answer in time, and does it later": [{"action": "delay", "seconds": 1.5}],
    "breaks off before doing it": [{"action": "drop_before"}],
    "breaks off after doing it": [{"action": "drop_after"}],
    "breaks off three times": [{"action": "drop_before", "times": 3}],
    "answers 500, not done": [{"action": "status", "status": 500}],
    "answers 500, done": [{"action": "status", "status": 500, "do_work": True}],
    "answers 500 and keeps it under the key, not done": [{"action": "status", "status": 500, "store": True}],
    "answers 500 and keeps it under the key, done": [
        {"action": "status", "status": 500, "store": True, "do_work": True}
    ],
    "answers 429": [{"action": "status", "status": 429, "code": "rate_limit", "headers": {"Retry-After": "1"}}],
    "says that the key is in use (409)": [{"action": "status", "status": 409, "code": "idempotency_key_in_use"}],
    "says that the key was used otherwise (400)": [{"action": "status", "status": 400, "type": "idempotency_error"}],
    "refuses the API key (401)": [{"action": "status", "status": 401}],
}


def request(scene):
    return scene.patient.asks


def instant(scene):
    scene.settings.CALENDAR_READER = "readers.Free"
    return scene.patient.asks


def by_practice(action, prepare=Scene.has_asked):
    """The practice does it to a booking that waits, or that was prepared otherwise."""

    def prepared(scene):
        booking = prepare(scene)
        return lambda: scene.provider.post(f"/api/bookings/{booking.id}/{action}", {"reason": "away"})

    return prepared


OPERATIONS = {
    "authorise a request": (CREATE, request),
    "authorise an instant booking": (CREATE, instant),
    "capture": (CAPTURE, by_practice("confirm")),
    "cancel": (CANCEL, by_practice("decline")),
    "refund": (REFUND, by_practice("cancel-provider", Scene.visit)),
}


@pytest.fixture(autouse=True)
def _impatient(settings):
    settings.MONEY_CALL_SECONDS = settings.JOB_CALL_SECONDS = 0.8


def outcome(sandbox):
    """How the one booking stands, here and at Stripe, in a few words."""
    booking = Booking.objects.select_related("payment").get()
    totals = sandbox.stripe.totals()
    at_stripe = ", ".join(f"{word} {cents / 100:.2f}" for word, cents in totals.items() if cents) or "nothing"
    return booking.state, booking.payment.state, at_stripe


def told(answer):
    return (
        f"{answer.status} {answer.body.get('code') or ('processing' if answer.body.get('processing') else '')}".strip()
    )


def until_it_is_done(sandbox):
    """What the vendor is slow at it does in the end."""
    end = real_time.monotonic() + 5
    while any(call["duration_ms"] is None for call in sandbox.log()):
        assert real_time.monotonic() < end
        real_time.sleep(0.02)


@pytest.mark.lesson(10, 11, 12)
@pytest.mark.parametrize("operation", OPERATIONS if report.WRITES else drawn(OPERATIONS))
def test_whatever_the_vendor_does_the_books_balance_in_the_end(operation, scene, again):
    ends = {}
    for fault, rules in FAULTS.items():
        again()
        where, prepare = OPERATIONS[operation]
        act = prepare(scene)
        scene.sandbox.misbehave(*({**where, **rule} for rule in rules))

        answer = act()

        assert answer.status < 500, (fault, answer.body)
        until_it_is_done(scene.sandbox)
        scene.sandbox.behave()
        settle(scene, seconds=700)
        assert books.check_books() == [], fault
        ends.setdefault((told(answer), *outcome(scene.sandbox)), []).append(fault)

    rows = [(operation, *end, "all" if len(ends) == 1 else "; ".join(faults)) for end, faults in ends.items()]
    report.hold("Stripe misbehaves", ("what is asked of Stripe", *ENDS, "after which"), rows, of=operation)


def test_the_page_tells_of_every_operation_and_every_misbehaviour():
    assert report.beginnings("Stripe misbehaves") == list(OPERATIONS)
    assert [fault for fault in FAULTS if f"\n- {fault}\n" not in report.text()] == []


# --- What happens to a payment from outside ------------------------------------------------------------------------------
def refused_at_capture(scene):
    return scene.has_asked(paymentMethodId="pm_card_captureRefused")


# How it came to be, what is done with its intent at the vendor, and what the practice does then.
OUTSIDE = {
    "the card is refused at capture; confirm": (refused_at_capture, "", {}, "confirm"),
    "the hold has lapsed; confirm": (Scene.has_asked, "lapse", {}, "confirm"),
    "the hold has lapsed; decline": (Scene.has_asked, "lapse", {}, "decline"),
    "the hold has lapsed; nobody acts": (Scene.has_asked, "lapse", {}, ""),
    "canceled there; confirm": (Scene.has_asked, "cancel", {}, "confirm"),
    "canceled there; decline": (Scene.has_asked, "cancel", {}, "decline"),
    "captured there; confirm": (Scene.has_asked, "capture", {}, "confirm"),
    "captured there; decline": (Scene.has_asked, "capture", {}, "decline"),
    "captured there; nobody acts": (Scene.has_asked, "capture", {}, ""),
    "some captured there; confirm": (Scene.has_asked, "capture", {"amount_to_capture": 7000}, "confirm"),
    "refunded there; cancel": (Scene.visit, "refund", {}, "cancel-provider"),
    "refunded there; nobody acts": (Scene.visit, "refund", {}, ""),
    "some refunded there; cancel": (Scene.visit, "refund", {"amount": 3000}, "cancel-provider"),
    "some refunded there; nobody acts": (Scene.visit, "refund", {"amount": 3000}, ""),
    "disputed; nobody acts": (Scene.visit, "dispute", {}, ""),
}


@pytest.mark.lesson(11, 18)
@pytest.mark.parametrize("heard", ["before anybody acts", "after somebody acted"])
def test_what_is_done_at_the_vendor_is_heard_and_kept_or_undone(heard, scene, again):
    rows = []
    for case, (prepare, happening, given, action) in OUTSIDE.items():
        again()
        booking = prepare(scene)
        scene.sandbox.stripe.webhooks.send_to(
            "http://127.0.0.1:1/", scene.settings.STRIPE_WEBHOOK_SECRET, retry_seconds=[]
        )
        if happening:
            getattr(scene.sandbox.stripe, happening)(booking.payment.intent_id, **given)
        if heard == "before anybody acts":
            hear(scene)
        path = f"/api/bookings/{booking.id}/{action}"

        answer = scene.provider.post(path, {"reason": "away"}) if action else None

        hear(scene)
        settle(scene, seconds=700)
        assert books.check_books() == [], case
        rows.append((case, told(answer) if answer else "", *outcome(scene.sandbox)))

    report.hold(f"done at Stripe, heard of {heard}", ("done there; here", *ENDS), rows)


def hear(scene):
    """The events come in, though the vendor could not bring them."""
    scene.sandbox.stripe.webhooks.settle()
    tasks.fetch_undelivered_events()
    run_jobs()
