"""What findr does, as calls and jobs that can be killed in the middle: each brings about its situation, and gives the call."""

import json
from datetime import timedelta

from calendar_accounts import Desk
from cast import FREE, booking_of, call, run_jobs, tell_everybody, wish_at
from reliability.steps import MAILING, TELLING, Call, Job, about, api, form
from stripe_events import event, sign


# --- Calls of the API -------------------------------------------------------------------------------------------------
def create(status=201, **wish):
    return lambda scene: api(scene.patient, "/api/bookings", wish_at(**wish), status)


def create_instant(scene):
    scene.settings.CALENDAR_READER = "readers.Free"
    return api(scene.patient, "/api/bookings", wish_at(), status=201)


def create_holding_time(scene):
    scene.provider.provider.requests_hold_time = True
    scene.provider.provider.save()
    return api(scene.patient, "/api/bookings", wish_at(), status=201)


def confirm(status=200, **wish):
    return lambda scene: about(scene.provider, scene.has_asked(**wish), "confirm", status=status)


def confirm_another_time(scene):
    return about(scene.provider, scene.suggested(), "confirm")


def decline(scene):
    return about(scene.provider, scene.has_asked(), "decline", {"reason": "away"})


def suggest(scene):
    times = [{"start": f"{wish_at(days=day)['appointmentDate']}T10:00"} for day in (20, 21)]
    return about(scene.provider, scene.has_asked(), "suggest-times", {"proposedTimes": times})


def accept(status=200, **wish):
    return lambda scene: about(scene.patient, scene.suggested(**wish), "accept-reschedule", status=status)


def decline_all(scene):
    return about(scene.patient, scene.suggested(), "decline-suggested-times")


def cancel_request(scene):
    return about(scene.patient, scene.has_asked(), "cancel", {"reason": "ill"})


def cancel_checkout(scene):
    answer = scene.patient.asks(paymentMethodId="pm_card_authenticationRequired")
    return about(scene.patient, booking_of(answer), "cancel", {"reason": "ill"})


def cancel_late(scene):
    visit = scene.visit()
    scene.time.set(visit.start)
    scene.time.passes(hours=-14)
    return about(scene.patient, visit, "cancel", {"reason": "ill"})


def cancel_by_practice(scene):
    return about(scene.provider, scene.visit(), "cancel-provider", {"reason": "ill"})


def refund_by_staff(scene):
    return form(scene, scene.visit(), "refund", amount="40.25", reason="waited an hour")


def move_by_staff(scene):
    visit = scene.visit()
    start = f"{wish_at(days=20)['appointmentDate']}T10:00"
    return form(scene, visit, "move", start=start, staff_reason="Dr. Lee is away")


def cancel_by_staff(scene):
    return form(scene, scene.visit(), "cancel", reason="flooded")


def webhook(scene):
    booking = booking_of(scene.patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    intent = scene.sandbox.stripe.authenticate(booking.payment.intent_id)
    body = json.dumps(event("payment_intent.amount_capturable_updated", intent))
    headers = {"Content-Type": "application/json", "Stripe-Signature": sign(body)}
    return Call("/api/payments/webhook", body, headers)


# --- Calendars ----------------------------------------------------------------------------------------------------------
def with_calendar(scene, vendor):
    """The practice has connected one, and nothing is left to do about that."""
    scene.settings.CALENDAR_READER = "calendars.services.looking.ConnectedCalendars"
    desk = Desk(scene.provider, scene.sandbox, vendor)
    desk.connect()
    run_jobs()
    return desk


def create_in_calendar(scene):
    with_calendar(scene, "google")
    return api(scene.patient, "/api/bookings", wish_at(), status=201)


def write_event(vendor):
    def prepare(scene):
        with_calendar(scene, vendor)
        scene.has_asked()
        return Job("")

    return prepare


def delete_event(vendor):
    def prepare(scene):
        with_calendar(scene, vendor)
        booking = scene.has_asked()
        run_jobs()
        assert scene.patient.post(f"/api/bookings/{booking.id}/cancel").status == 200
        return Job("")

    return prepare


# --- Jobs ---------------------------------------------------------------------------------------------------------------
def left_open(act, rule):
    """A call of the API that Stripe does not answer; the job that carries on."""

    def prepare(scene):
        begun = act(scene)
        scene.sandbox.misbehave({"method": "POST", **rule})
        assert call("POST", begun.path, begun.body, **begun.headers).status < 300
        scene.sandbox.behave()
        scene.time.passes(seconds=31)
        return Job("bookings.sweep_operations", {"timestamp": 0})

    return prepare


def expire(scene):
    scene.has_asked()
    scene.has_asked(**wish_at(days=8))
    scene.time.passes(hours=25)
    return Job("bookings.expire_requests", {"timestamp": 0})


def expire_suggestions(scene):
    scene.suggested()
    scene.time.passes(hours=25)
    return Job("bookings.expire_requests", {"timestamp": 0})


def abandon(scene):
    scene.patient.asks(paymentMethodId="pm_card_authenticationRequired")
    scene.time.passes(minutes=16)
    return Job("bookings.expire_requests", {"timestamp": 0})


def hear_payment(scene):
    told = webhook(scene)
    assert call("POST", told.path, told.body, **told.headers).status == 200
    return Job("")


def hear_failed_refund(scene):
    """A refund that had counted as done failed: it is open again, and made anew."""
    booking = scene.visit()
    path = f"/api/bookings/{booking.id}/cancel-provider"
    assert scene.provider.post(path, {"reason": "ill"}).status == 200
    refund = scene.sandbox.stripe.fail_refund(scene.sandbox.stripe.refunds(booking.payment.intent_id)[0]["id"])
    body = json.dumps(event("refund.failed", refund))
    assert call("POST", "/api/payments/webhook", body, **{"Stripe-Signature": sign(body)}).status == 200
    return Job("")


def remind(scene):
    booking = scene.visit()
    tell_everybody()
    scene.time.set(booking.start - timedelta(hours=23))
    return Job("bookings.send_reminders", {"timestamp": 0}, TELLING)


def tell(scene):
    scene.has_asked()
    return Job("", queues=TELLING)


def mail(scene):
    scene.has_asked()
    return Job("", queues=MAILING)


DROPPED = {"path": "/v1/payment_intents*", "action": "drop_after"}
UNHEARD = {"path": "/v1/payment_intents*", "action": "drop_before"}
FLOWS = {
    "create: a request": create(),
    "create: a request that holds its time": create_holding_time,
    "create: instant": create_instant,
    "create: instant, by the calendar": create_in_calendar,
    "create: free of charge": create(serviceId=str(FREE)),
    "create: the card is refused": create(402, paymentMethodId="pm_card_visa_chargeDeclined"),
    "create: 3-D Secure": create(paymentMethodId="pm_card_authenticationRequired"),
    "confirm": confirm(),
    "confirm: the card is refused": confirm(402, paymentMethodId="pm_card_captureRefused"),
    "confirm: the hold has lapsed": confirm(402, paymentMethodId="pm_card_holdLapses"),
    "confirm: after suggesting": confirm_another_time,
    "decline": decline,
    "suggest times": suggest,
    "accept": accept(),
    "accept: the card is refused": accept(402, paymentMethodId="pm_card_captureRefused"),
    "decline suggested times": decline_all,
    "cancel: a request": cancel_request,
    "cancel: a checkout": cancel_checkout,
    "cancel: a visit, for a fee": cancel_late,
    "cancel: by the practice": cancel_by_practice,
    "move: by staff": move_by_staff,
    "cancel: by staff": cancel_by_staff,
    "refund: by staff": refund_by_staff,
    "webhook: 3-D Secure was passed": webhook,
    "job: expire a request": expire,
    "job: expire suggestions": expire_suggestions,
    "job: end an abandoned checkout": abandon,
    "job: hear that 3-D Secure was passed": hear_payment,
    "job: hear that a refund failed": hear_failed_refund,
    "job: remind of a visit": remind,
    "job: tell of a request": tell,
    "job: mail a request": mail,
    "job: write a visit into Google": write_event("google"),
    "job: write a visit into Microsoft": write_event("microsoft"),
    "job: delete a visit from Google": delete_event("google"),
    "job: delete a visit from Microsoft": delete_event("microsoft"),
    "job: finish a create that was done": left_open(create(), DROPPED),
    "job: finish a create that was not": left_open(create(), UNHEARD),
    "job: finish a capture that was done": left_open(confirm(), DROPPED),
    "job: finish a capture that was not": left_open(confirm(), UNHEARD),
    "job: finish a release": left_open(decline, UNHEARD),
    "job: finish a refund": left_open(cancel_by_practice, {"path": "/v1/refunds", "action": "drop_after"}),
}
