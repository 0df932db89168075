"""How the answers of samples 230 to 235 and 245 to 247 come about."""

from datetime import timedelta

from cast import fresh
from contract.scene import NOWHERE, REASON, SUGGESTION, situation

from bookings.states import State

CAPTURE, CANCEL, REFUND = "*/capture", "*/cancel", "/v1/refunds"
ONE = {"proposedStart": "2026-12-09T17:00:00.000Z", "message": ""}


def _a_day_before(scene):
    """A confirmed visit, 18.4 hours before its start."""
    booking = scene.confirmed()
    scene.time.set(booking.start - timedelta(hours=18.4))
    return booking


def _with_one_suggestion(scene):
    booking = scene.booked()
    scene.time.passes(hours=1)
    assert scene.act(booking, "reschedule", ONE).status == 200
    scene.time.passes(hours=2)
    return fresh(booking.id)


def _broken(scene):
    """A defect of ours in the middle of the transaction."""
    scene.settings.OPERATION_LEASE_SECONDS = "soon"


# --- 230: one of the suggested times is accepted --------------------------------------------------------------------
@situation("230", 0)
def accepted(scene):
    return scene.accept(scene.suggested())


@situation("230", 1)
def accepted_in_an_outage(scene):
    booking = scene.suggested()
    scene.outage(CAPTURE)
    return scene.accept(booking)


@situation("230", 2)
def accepted_nothing(scene):
    return scene.answer(scene.suggested(), "accept-suggested-time", {})


@situation("230", 3)
def accepted_after_declining(scene):
    booking = scene.suggested()
    chosen = booking.suggestions.first()
    assert scene.answer(booking, "decline-suggested-times").status == 200
    return scene.answer(booking, "accept-suggested-time", {"suggestedTimeId": str(chosen.id)})


@situation("230", 4)
def accepted_with_a_card_that_refuses(scene):
    return scene.accept(scene.suggested(paymentMethodId="pm_card_captureRefused"))


@situation("230", 5)
def accepted_when_the_hold_is_gone(scene):
    return scene.accept(scene.suggested(paymentMethodId="pm_card_holdLapses"))


@situation("230", 6)
def accepted_by_another_patient(scene):
    body = {"suggestedTimeId": NOWHERE}
    return scene.answer(scene.suggested(), "accept-suggested-time", body, who=scene.other_patient)


@situation("230", 7)
def accepted_of_no_booking(scene):
    return scene.answer(NOWHERE, "accept-suggested-time", {"suggestedTimeId": NOWHERE})


@situation("230", 8)
def accepted_what_nobody_suggested(scene):
    return scene.answer(scene.suggested(), "accept-suggested-time", {"suggestedTimeId": NOWHERE})


@situation("230", 9)
def accepted_when_the_calendar_says_busy(scene):
    booking = scene.suggested()
    scene.settings.CALENDAR_READER = "readers.Busy"
    return scene.accept(booking)


@situation("230", 10)
def accepted_while_confirming(scene):
    booking = scene.suggested()
    scene.outage(CAPTURE)
    assert scene.act(booking, "confirm").status == 202
    return scene.answer(booking, "accept-suggested-time", {"suggestedTimeId": NOWHERE})


@situation("230", 11)
def accepted_too_late(scene):
    """The first time is half an hour away, the lead is an hour; the second leaves the request open."""
    soon = {"start": "2026-12-01T11:30:00"}
    return scene.accept(scene.suggested({"proposedTimes": [soon, *SUGGESTION["proposedTimes"]]}))


@situation("230", 12)
def accepted_and_we_fail(scene):
    booking = scene.suggested()
    scene.settings.CALENDAR_READER = "readers.Broken"
    reply = scene.accept(booking)
    assert fresh(booking.id).state == State.RESCHEDULE_PROPOSED
    return reply


# --- 231: none of them ----------------------------------------------------------------------------------------------
@situation("231", 0)
def declined(scene):
    return scene.answer(scene.suggested(), "decline-suggested-times")


@situation("231", 1)
def declined_in_an_outage(scene):
    booking = scene.suggested()
    scene.outage(CANCEL)
    return scene.answer(booking, "decline-suggested-times")


@situation("231", 2)
def declined_after_confirming(scene):
    return scene.answer(scene.confirmed(), "decline-suggested-times")


@situation("231", 3)
def declined_by_another_patient(scene):
    return scene.answer(scene.suggested(), "decline-suggested-times", who=scene.other_patient)


@situation("231", 4)
def declined_no_booking(scene):
    return scene.answer(NOWHERE, "decline-suggested-times")


@situation("231", 5)
def declined_while_confirming(scene):
    return scene.answer(scene.confirming(), "decline-suggested-times")


@situation("231", 6)
def declined_and_we_fail(scene):
    booking = scene.suggested()
    _broken(scene)
    reply = scene.answer(booking, "decline-suggested-times")
    assert fresh(booking.id).state == State.RESCHEDULE_PROPOSED
    return reply


# --- 232, 233: the single proposal ----------------------------------------------------------------------------------
@situation("232", 0)
def reschedule_accepted(scene):
    return scene.answer(_with_one_suggestion(scene), "accept-reschedule")


@situation("232", 1)
def accepted_without_a_proposal(scene):
    return scene.answer(scene.booked(), "accept-reschedule")


@situation("232", 2)
def accepted_one_of_two(scene):
    return scene.answer(scene.suggested(), "accept-reschedule")


@situation("233", 0)
def reschedule_declined(scene):
    return scene.answer(_with_one_suggestion(scene), "decline-reschedule")


@situation("233", 1)
def declined_without_a_proposal(scene):
    return scene.answer(scene.booked(), "decline-reschedule")


# --- 234, 235: the patient cancels ----------------------------------------------------------------------------------
@situation("234", 0)
def cancelled_late(scene):
    return scene.answer(_a_day_before(scene), "cancel", REASON)


@situation("234", 1)
def cancelled_late_in_an_outage(scene):
    booking = _a_day_before(scene)
    scene.outage(REFUND)
    return scene.answer(booking, "cancel", REASON)


@situation("234", 2)
def cancelled_while_waiting(scene):
    booking = scene.booked()
    scene.time.passes(hours=3)
    return scene.answer(booking, "cancel")


@situation("234", 3)
def cancelled_twice(scene):
    booking = scene.booked()
    assert scene.answer(booking, "cancel", REASON).status == 200
    return scene.answer(booking, "cancel", REASON)


@situation("234", 4)
def cancelled_while_confirming(scene):
    return scene.answer(scene.confirming(), "cancel", REASON)


@situation("234", 5)
def cancelled_by_another_patient(scene):
    return scene.answer(scene.booked(), "cancel", REASON, who=scene.other_patient)


@situation("234", 6)
def cancelled_no_booking(scene):
    return scene.answer(NOWHERE, "cancel", REASON)


@situation("235", 0)
def quoted(scene):
    return scene.answer(_a_day_before(scene), "cancellation-quote", method="GET")


@situation("235", 1)
def quoted_to_another_patient(scene):
    return scene.answer(scene.confirmed(), "cancellation-quote", who=scene.other_patient, method="GET")


# --- 245, 246: the practice suggests other times --------------------------------------------------------------------
def _suggest(scene, booking, *starts):
    times = [{"start": start, "end": start} for start in starts]
    return scene.act(booking, "suggest-times", {"proposedTimes": times, "message": "would this work"})


def _suggested_twice(scene):
    booking = scene.suggested()
    assert scene.act(booking, "reschedule", ONE).status == 200
    return booking


@situation("245", 0)
def suggested(scene):
    booking = scene.booked()
    scene.time.passes(hours=1)
    return scene.act(booking, "suggest-times", SUGGESTION)


@situation("245", 1)
def suggested_nothing(scene):
    return _suggest(scene, scene.booked())


@situation("245", 2)
def suggested_four(scene):
    return _suggest(scene, scene.booked(), *(f"2026-12-09T{hour}:00:00" for hour in (10, 12, 14, 16)))


@situation("245", 3)
def suggested_one_twice(scene):
    return _suggest(scene, scene.booked(), "2026-12-09T10:00:00", "2026-12-09T17:00:00Z")


@situation("245", 4)
def suggested_in_the_gap(scene):
    return _suggest(scene, scene.booked(), "2027-03-14T02:30:00")


@situation("245", 5)
def suggested_a_third_time(scene):
    return scene.act(_suggested_twice(scene), "suggest-times", SUGGESTION)


@situation("245", 6)
def suggested_after_confirming(scene):
    return scene.act(scene.confirmed(), "suggest-times", SUGGESTION)


@situation("245", 7)
def suggested_by_another_practice(scene):
    return scene.act(scene.booked(), "suggest-times", SUGGESTION, who=scene.other_provider)


@situation("245", 8)
def suggested_a_taken_time(scene):
    scene.confirmed(who=scene.other_patient, appointmentDate="2026-12-10", appointmentTime="2:00 PM")
    return scene.act(scene.booked(), "suggest-times", SUGGESTION)


@situation("246", 0)
def reschedule_proposed(scene):
    booking = scene.booked()
    scene.time.passes(hours=1)
    return scene.act(booking, "reschedule", ONE)


@situation("246", 1)
def reschedule_to_nowhen(scene):
    return scene.act(scene.booked(), "reschedule", {"message": ""})


@situation("246", 2)
def reschedule_a_third_time(scene):
    return scene.act(_suggested_twice(scene), "reschedule", ONE)
