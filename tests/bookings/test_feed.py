"""The feed: who is told what of each change, in exact frames, and the REST twin that gives them out (15.3-15.6, 18.1)."""

import re
from datetime import timedelta

import pytest
from cast import FREE, HOUR, booking_of, fresh, run_jobs, sweep, wish_at
from django.db import connection

from bookings import reconciliation as books
from bookings.selectors.views import view_of
from bookings.services.cancellations import cancel_booking
from bookings.services.expiry import expire_overdue
from bookings.services.refunds import refund_booking
from bookings.states import Role, State
from bookings.wire.provider_view import provider_view
from findr import clock
from findr.api.times import instant
from findr.transactions import durable
from findr.vendors.budget import Budget
from notifications.models import FeedCounter, FeedEvent
from notifications.services import Frame, delete_old_events, publish

CAPTURE = {"method": "POST", "path": "/v1/payment_intents/*/capture"}
CREATE = {"method": "POST", "path": "/v1/payment_intents"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SUGGESTED = "10:00"


def feed(person, since=0, **query):
    path = f"/api/notifications?since={since}" + "".join(f"&{name}={value}" for name, value in query.items())
    answer = person.get(path)
    assert answer.status == 200, answer.body
    return answer.body


@pytest.fixture
def heard(patient, provider):
    """What both sides hear of something; the parts that every frame has are checked and taken off."""

    def of(thing):
        before = {person.id: feed(person)["lastSeq"] for person in (patient, provider)}
        thing()
        return [_bare(feed(person, before[person.id])["events"], before[person.id]) for person in (patient, provider)]

    return of


def _bare(frames, since):
    assert [frame["seq"] for frame in frames] == list(range(since + 1, since + 1 + len(frames)))
    for frame in frames:
        assert UUID.fullmatch(frame.pop("eventId"))
        assert INSTANT.fullmatch(frame.pop("timestamp"))
        del frame["seq"]
    return frames


def to_patient(booking, kind, message, /, **data):
    """A flat frame (15.4) of the booking as it is now."""
    now = fresh(booking.id)
    waiting = now.state in ("pending_payment", "pending_confirmation", "reschedule_proposed", "confirming")
    word = "pending" if waiting else "cancelled" if now.state.startswith("cancelled") else now.state
    return {
        "type": kind,
        "bookingId": str(booking.id),
        "status": word,
        "state": now.state,
        "message": message,
        "data": data,
    }


def with_view(booking, kind, **extra):
    """A dotted frame (15.5) with the whole view V of the booking as it is now."""
    return {
        "type": kind,
        "data": {**provider_view(view_of(fresh(booking.id), Role.PROVIDER)), "bookingId": str(booking.id)},
        **extra,
    }


def over(booking, by, reason):
    ids = dict.fromkeys(("_id", "id", "bookingId"), str(booking.id))
    state = fresh(booking.id).state
    about = {"status": state, "state": state, "bookingNumber": booking.number, "cancelledBy": by, "reason": reason}
    return {"type": "booking.cancelled", "data": {**ids, **about}}


def appointment(booking, note=None):
    now = fresh(booking.id)
    return {
        "appointmentDate": instant(now.start),
        "appointmentTime": "10:00 AM",
        "providerTimezone": "America/Denver",
        "providerName": "Ridge Physical Therapy",
        "confirmationNote": note,
    }


def confirmed(booking, note=None):
    message = "Your appointment has been confirmed"
    return [
        [to_patient(booking, "booking_confirmed", message, **appointment(booking, note))],
        [with_view(booking, "booking.confirmed")],
    ]


def needs_payment(booking, reason):
    expires = instant(fresh(booking.id).expires_at)
    return to_patient(booking, "payment_required", "Your payment needs attention", reason=reason, expiresAt=expires)


def path(booking, action):
    return f"/api/bookings/{booking.id}/{action}"


def suggest(provider, booking, days=8):
    start = f"{wish_at(days=days)['appointmentDate']}T{SUGGESTED}"
    answer = provider.post(path(booking, "suggest-times"), {"proposedTimes": [{"start": start}], "message": "later?"})
    assert answer.status == 200, answer.body


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
        suggest(provider, booking)
    time.passes(hours=25)

    told = heard(lambda: (expire_overdue(), expire_overdue(), run_jobs()))

    message = "Your booking request expired"
    assert told == [
        [to_patient(booking, "booking_expired", message, reason=reason)],
        [over(booking, None, "Request expired")],
    ]


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
    suggest(provider, booking, days=8)

    told = heard(lambda: suggest(provider, booking, days=9))

    (new,) = booking.suggestions.filter(round=2)
    assert [time["id"] for time in told[0][0]["data"]["suggestedTimes"]] == [str(new.id)]
    assert [time["id"] for time in told[1][0]["data"]["proposedTimes"]] == [str(new.id)]


def test_an_accept(patient, provider, heard):
    booking = patient.has_asked()
    suggest(provider, booking)

    told = heard(lambda: patient.post(path(booking, "accept-reschedule")))

    assert told == confirmed(booking)
    assert told[0][0]["data"]["appointmentDate"] == instant(booking.suggestions.get().start)
    assert told[1][0]["data"]["proposedTimes"] == []


def test_an_accept_that_is_refused_is_told_to_the_provider_alone(patient, provider, heard):
    """The patient's own call answers 402."""
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking)

    told = heard(lambda: patient.post(path(booking, "accept-reschedule")))

    assert told == [[], [with_view(booking, "booking.updated")]]
    assert len(told[1][0]["data"]["proposedTimes"]) == 1


def test_an_accept_that_is_refused_after_a_202_is_told_to_both(patient, provider, sandbox, time, heard):
    booking = patient.has_asked(paymentMethodId="pm_card_captureRefused")
    suggest(provider, booking)
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert heard(lambda: patient.post(path(booking, "accept-reschedule"))) == [[], []]
    time.passes(seconds=11)

    told = heard(sweep)

    assert told == [[needs_payment(booking, "card_refused")], [with_view(booking, "booking.updated")]]


def test_an_accept_on_a_hold_that_is_gone_is_told_to_the_provider_alone(patient, provider, heard):
    booking = patient.has_asked(paymentMethodId="pm_card_holdLapses")
    suggest(provider, booking)

    told = heard(lambda: patient.post(path(booking, "accept-reschedule")))

    assert told == [[], [over(booking, None, "Payment failed")]]


@pytest.mark.parametrize("action", ["decline-suggested-times", "decline-reschedule"])
def test_declined_suggestions(patient, provider, heard, action):
    booking = patient.has_asked()
    suggest(provider, booking)

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


# --- In the transaction of the change ----------------------------------------------------------------------------------
@pytest.mark.lesson(33)
def test_a_change_that_is_rolled_back_leaves_no_event(patient, provider):
    """The counter too goes back: the number is given to the next change that commits."""
    booking = patient.has_asked()
    before = FeedEvent.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE notifications_feedevent ADD CONSTRAINT broken CHECK (type <> 'booking.cancelled' OR seq < 0)"
        )
    try:
        answer = provider.post(path(booking, "decline"), {"reason": "no"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE notifications_feedevent DROP CONSTRAINT broken")

    assert answer.status == 500
    assert (fresh(booking.id).state, FeedEvent.objects.count()) == ("pending_confirmation", before)
    assert provider.post(path(booking, "decline"), {"reason": "no"}).status == 200
    assert [frame["seq"] for frame in feed(patient)["events"]] == [1, 2]
    assert books.check_books() == []


def test_a_frame_is_written_in_a_transaction_or_not_at_all(patient):
    with pytest.raises(RuntimeError):
        publish([Frame(patient.id, "booking_pending", None, {})])

    assert not FeedEvent.objects.exists()


def test_a_frame_never_changes_afterwards(patient, provider):
    booking = patient.has_asked()
    before = feed(provider)["events"][0]

    provider.post(path(booking, "confirm"))

    assert feed(provider)["events"][0] == before


# --- The REST twin -----------------------------------------------------------------------------------------------------
@pytest.fixture
def five(patient):
    """Five events of a patient, and as many of somebody else."""

    @durable
    def write():
        for number in range(1, 6):
            publish([Frame(who, "test", None, {"number": number}) for who in (patient.id, HOUR)])

    write()
    return patient


def numbers(found):
    return [frame["number"] for frame in found["events"]]


@pytest.mark.parametrize(
    ("query", "expected", "next_since", "has_more"),
    [
        ("", [1, 2, 3, 4, 5], 5, False),
        ("?since=2", [3, 4, 5], 5, False),
        ("?since=2&limit=2", [3, 4], 4, True),
        ("?limit=5", [1, 2, 3, 4, 5], 5, False),
        ("?limit=1000", [1, 2, 3, 4, 5], 5, False),
        ("?since=5", [], 5, False),
    ],
)
def test_the_events_after_a_position(five, query, expected, next_since, has_more):
    found = five.get(f"/api/notifications{query}").body

    assert numbers(found) == [frame["seq"] for frame in found["events"]] == expected
    assert (found["lastSeq"], found["nextSince"], found["hasMore"], found["reload"]) == (5, next_since, has_more, False)


@pytest.mark.parametrize("since", [6, 10**30])
def test_a_position_that_nobody_gave_out_means_reload(five, since):
    found = feed(five, since)

    assert found == {
        "success": True,
        "events": [],
        "lastSeq": 5,
        "nextSince": 5,
        "hasMore": False,
        "reload": True,
    }


def test_nobody_has_missed_anything_at_first(patient):
    assert feed(patient) == {
        "success": True,
        "events": [],
        "lastSeq": 0,
        "nextSince": 0,
        "hasMore": False,
        "reload": False,
    }
    assert feed(patient, 1)["reload"] is True


def test_what_is_no_longer_kept_means_reload(five, settings):
    FeedEvent.objects.filter(seq__lte=3).update(created_at=clock.now() - timedelta(days=settings.FEED_DAYS, seconds=1))

    assert delete_old_events() == 6

    assert [feed(five, since)["reload"] for since in range(6)] == [True, True, True, False, False, False]
    assert numbers(feed(five, 3)) == [4, 5]
    assert books.check_books() == []


def test_a_hole_is_never_passed_over(five):
    FeedEvent.objects.filter(seq=4).delete()

    assert feed(five, 2) == {
        "success": True,
        "events": [],
        "lastSeq": 5,
        "nextSince": 5,
        "hasMore": False,
        "reload": True,
    }
    assert numbers(feed(five, 2, limit=1)) == [3]


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=1.5", "limit=0", "limit=x"])
def test_what_is_no_position_is_refused(patient, query):
    answer = patient.get(f"/api/notifications?{query}")

    name = query.partition("=")[0]
    assert answer.refusal == (400, "validation", f"{name} is invalid")


@pytest.mark.lesson(38)
def test_the_token_says_whose_events_they_are(patient, other_patient, provider, other_provider, staff):
    patient.has_asked()

    assert [len(feed(person)["events"]) for person in (patient, provider, other_patient, other_provider)] == [
        1,
        1,
        0,
        0,
    ]
    assert len(feed(other_patient, userId=patient.id)["events"]) == 0
    assert other_patient.get("/api/notifications", **{"x-user-id": str(patient.id)}).status == 403
    assert staff.get("/api/notifications").status == 403


def test_every_recipient_has_a_counter(patient, provider):
    patient.has_asked()

    assert dict(FeedCounter.objects.values_list("recipient", "last_seq")) == {patient.id: 1, provider.id: 1}
