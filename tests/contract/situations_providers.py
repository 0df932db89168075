"""How the answers of samples 240 to 244, and 247, come about."""

from datetime import timedelta

from cast import put_into
from contract.scene import NOWHERE, REASON, SUGGESTION, situation

from bookings.states import State

CAPTURE = "*/capture"


def _list(scene, query="", who=None):
    who = who or scene.provider
    path = f"/api/bookings/provider/{scene.provider.id}{query}"
    return scene.wire.send("GET", path, who=who, **{"x-provider-id": str(who.id)})


@situation("240", 0)
def waiting(scene):
    scene.booked()
    scene.suggested(who=scene.other_patient)
    return _list(scene, "?status=pending_confirmation&limit=20&offset=0")


@situation("240", 1)
def list_without_token(scene):
    return scene.wire.send("GET", f"/api/bookings/provider/{scene.provider.id}")


@situation("240", 2)
def somebody_elses_list(scene):
    return _list(scene, who=scene.other_provider)


@situation("241", 0)
def all_of_december(scene):
    scene.accepted()
    return _list(scene, "?limit=20&skip=0&startDate=2026-12-01&endDate=2026-12-31")


@situation("241", 1)
def unknown_word(scene):
    return _list(scene, "?status=booked")


@situation("242", 0)
def queue(scene):
    scene.booked()
    scene.suggested(who=scene.other_patient)
    scene.time.passes(hours=1)
    return _list(scene, "/pending")


@situation("243", 0)
def confirmed(scene):
    booking = scene.booked()
    scene.time.passes(hours=1)
    return scene.act(booking, "confirm", {"note": "see you"})


@situation("243", 1)
def confirmed_in_an_outage(scene):
    booking = scene.booked()
    scene.time.passes(hours=1)
    scene.outage(CAPTURE)
    return scene.act(booking, "confirm", {"note": "see you"})


@situation("243", 2)
def confirmed_too_late(scene):
    booking = scene.booked()
    scene.time.passes(hours=24, seconds=1)
    return scene.act(booking, "confirm")


@situation("243", 3)
def confirmed_after_the_start(scene):
    # Only suggestions, whose deadline may lie beyond the start, let a request wait that long.
    booking = scene.booked(appointmentDate="2026-12-01", appointmentTime="11:00 AM")
    assert scene.act(booking, "suggest-times", SUGGESTION).status == 200
    scene.time.set(booking.start + timedelta(seconds=1))
    return scene.act(booking, "confirm")


@situation("243", 4)
def capture_refused(scene):
    return scene.act(scene.booked(paymentMethodId="pm_card_captureRefused"), "confirm")


@situation("243", 5)
def hold_gone(scene):
    return scene.act(scene.booked(paymentMethodId="pm_card_holdLapses"), "confirm")


@situation("243", 6)
def confirmed_by_a_patient(scene):
    return scene.act(scene.booked(), "confirm", who=scene.patient)


@situation("243", 7)
def confirmed_by_another_practice(scene):
    return scene.act(scene.booked(), "confirm", who=scene.other_provider)


@situation("243", 8)
def confirmed_second(scene):
    late = scene.booked(scene.other_patient)
    scene.confirmed()
    return scene.act(late, "confirm")


@situation("243", 9)
def confirmed_while_accepting(scene):
    booking = scene.suggested()
    scene.outage(CAPTURE)
    assert scene.accept(booking).status == 202
    return scene.act(booking, "confirm")


@situation("244", 0)
def declined(scene):
    booking = scene.booked()
    scene.time.passes(hours=1)
    return scene.act(booking, "decline", {"reason": "Time slot no longer available"})


@situation("244", 1)
def declined_without_reason(scene):
    return scene.act(scene.booked(), "decline", {"reason": "  "})


@situation("244", 2)
def declined_after_cancelling(scene):
    booking = scene.booked()
    assert scene.answer(booking, "cancel").status == 200
    return scene.act(booking, "decline", {"reason": "full"})


@situation("244", 3)
def declined_by_a_patient(scene):
    return scene.act(scene.booked(), "decline", {"reason": "full"}, who=scene.patient)


@situation("244", 4)
def declined_unknown(scene):
    return scene.act(NOWHERE, "decline", {"reason": "full"})


@situation("244", 5)
def declined_while_confirming(scene):
    return scene.act(scene.confirming(), "decline", {"reason": "full"})


# --- 247: the practice cancels --------------------------------------------------------------------------------------
@situation("247", 0)
def practice_cancels(scene):
    booking = scene.confirmed()
    scene.time.passes(hours=17)
    return scene.act(booking, "cancel-provider", REASON)


@situation("247", 1)
def practice_cancels_without_reason(scene):
    return scene.act(scene.confirmed(), "cancel-provider", {"reason": " "})


@situation("247", 2)
def practice_cancels_afterwards(scene):
    return scene.act(put_into(scene.confirmed(), State.COMPLETED), "cancel-provider", REASON)


@situation("247", 3)
def another_practice_cancels(scene):
    return scene.act(scene.confirmed(), "cancel-provider", REASON, who=scene.other_provider)


@situation("247", 4)
def practice_cancels_while_confirming(scene):
    return scene.act(scene.confirming(), "cancel-provider", REASON)
