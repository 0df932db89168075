"""How the answers of samples 210 to 214 and 220 to 224 come about."""

from concurrent.futures import ThreadPoolExecutor

from contract.scene import NOWHERE, ZONE, situation

from findr.models import IdempotencyKey

AUTHORIZE = "/v1/payment_intents"
KEY = "tap-1"


@situation("210", 0)
def requested(scene):
    return scene.ask()


@situation("210", 1)
def without_provider(scene):
    wish = scene.wish()
    del wish["providerId"]
    return scene.wire.send("POST", "/api/bookings", wish, who=scene.patient)


@situation("210", 2)
def without_token(scene):
    return scene.wire.send("POST", "/api/bookings", scene.wish())


@situation("210", 3)
def card_refused(scene):
    return scene.ask(paymentMethodId="pm_card_visa_chargeDeclinedInsufficientFunds")


@situation("210", 4)
def unknown_provider(scene):
    return scene.ask(providerId=NOWHERE)


@situation("210", 5)
def unknown_service(scene):
    return scene.ask(serviceId=NOWHERE)


@situation("211", 0)
def booked_at_once(scene):
    scene.settings.CALENDAR_READER = "readers.Free"
    member = str(scene.provider.provider.team_members.get().id)
    time = {"startTime": "2026-12-08T16:30:00.000Z", "duration": 60, "teamMemberId": member}
    reserve = {"providerId": str(scene.provider.id), **time}
    reservation = scene.wire.send("POST", "/api/bookings/reserve-slot", reserve, who=scene.patient)
    wish = {
        **{name: scene.wish()[name] for name in ("providerId", "serviceId", "paymentMethodId")},
        "serviceName": "Massage",
        "servicePrice": 1,
        "serviceDuration": 15,
        "startTime": "2026-12-08T09:30:00",
        "teamMemberId": member,
        "teamMemberName": "Staff A",
        "patientId": str(scene.patient.id),
        "patientNotes": "first visit",
        "reservationId": reservation.body["reservationId"],
        "idempotencyKey": "9b2f-demo",
    }
    return scene.wire.send("POST", "/api/bookings", wish, who=scene.patient, **ZONE)


@situation("212", 0)
def requested_of_a_busy_calendar(scene):
    scene.settings.CALENDAR_READER = "readers.Busy"
    return scene.ask()


@situation("213", 0)
def to_authenticate(scene):
    return scene.ask(paymentMethodId="pm_card_authenticationRequired")


@situation("213", 1)
def requested_in_an_outage(scene):
    scene.outage(AUTHORIZE)
    return scene.ask()


@situation("213", 2)
def booked_in_an_outage(scene):
    scene.settings.CALENDAR_READER = "readers.Free"
    scene.outage(AUTHORIZE)
    return scene.ask()


@situation("214", 0)
def in_the_gap(scene):
    return scene.ask(appointmentDate="2027-03-14", appointmentTime="2:30 AM")


@situation("214", 1)
def in_the_past(scene):
    return scene.ask(appointmentDate="2026-11-30")


@situation("214", 2)
def too_soon(scene):
    return scene.ask(appointmentDate="2026-12-01", appointmentTime="8:59 AM")


@situation("214", 3)
def too_far(scene):
    return scene.ask(appointmentDate="2027-02-01")


@situation("214", 4)
def two_instants(scene):
    return scene.ask(startTime="2026-12-08T16:31:00Z")


@situation("214", 5)
def for_another_patient(scene):
    return scene.ask(userId=str(scene.other_patient.id))


@situation("214", 6)
def unknown_team_member(scene):
    return scene.ask(teamMemberId=NOWHERE)


@situation("214", 7)
def taken(scene):
    practice = scene.provider.provider
    practice.requests_hold_time = True
    practice.save(update_fields=["requests_hold_time"])
    scene.booked(scene.other_patient)
    return scene.ask()


@situation("214", 8)
def twice(scene):
    scene.booked()
    return scene.ask()


@situation("214", 10)
def key_in_use(scene):
    """The vendor takes its time over the first call, and the patient taps again."""
    scene.sandbox.misbehave({"action": "delay", "seconds": 1.5, "method": "POST", "path": AUTHORIZE})
    with ThreadPoolExecutor(1) as phone:
        first = phone.submit(_with_key, scene)
        while not first.done() and not IdempotencyKey.objects.filter(key=KEY).exists():
            pass
        second = _with_key(scene)
        assert first.result().status == 201
    return second


@situation("214", 11)
def key_of_another_request(scene):
    assert _with_key(scene).status == 201
    return _with_key(scene, notes="second visit")


def _with_key(scene, **more):
    headers = {**ZONE, "Idempotency-Key": KEY}
    return scene.wire.send("POST", "/api/bookings", scene.wish(**more), who=scene.patient, **headers)


@situation("214", 12)
def unusable_method(scene):
    return scene.ask(paymentMethodId="pm_nobody")


@situation("214", 13)
def too_often(scene):
    scene.settings.RATE_LIMITS = {**scene.settings.RATE_LIMITS, "create_booking": "1/1000000000"}
    scene.ask()
    return scene.ask(appointmentTime="11:00 AM")


@situation("214", 14)
def broken(scene):
    scene.settings.CALENDAR_READER = "readers.Broken"
    return scene.ask()


def _list(scene, query):
    return scene.wire.send("GET", f"/api/bookings/user/{scene.patient.id}{query}", who=scene.patient)


@situation("220", 0)
def pending(scene):
    scene.suggested()
    return _list(scene, "?status=pending&limit=20&skip=0")


@situation("220", 1)
def unknown_word(scene):
    return _list(scene, "?status=booked")


@situation("220", 2)
def list_without_token(scene):
    return scene.wire.send("GET", f"/api/bookings/user/{scene.patient.id}")


@situation("220", 3)
def somebody_elses_list(scene):
    return scene.wire.send("GET", f"/api/bookings/user/{scene.other_patient.id}", who=scene.patient)


@situation("221", 0)
def upcoming(scene):
    scene.confirmed()
    return _list(scene, "?status=upcoming")


@situation("222", 0)
def detail(scene):
    return scene.wire.send("GET", f"/api/bookings/{scene.suggested().id}", who=scene.patient)


@situation("222", 1)
def detail_to_authenticate(scene):
    booking = scene.booked(paymentMethodId="pm_card_authenticationRequired")
    return scene.wire.send("GET", f"/api/bookings/{booking.id}", who=scene.patient)


@situation("222", 2)
def somebody_elses_booking(scene):
    return scene.wire.send("GET", f"/api/bookings/{scene.booked().id}", who=scene.other_patient)


@situation("223", 0)
def portal_detail(scene):
    headers = {"x-provider-id": str(scene.provider.id)}
    return scene.wire.send("GET", f"/api/bookings/{scene.suggested().id}", who=scene.provider, **headers)


@situation("223", 1)
def portal_detail_of_another_practice(scene):
    return scene.wire.send("GET", f"/api/bookings/{scene.booked().id}", who=scene.other_provider)


@situation("224", 0)
def history(scene):
    booking = scene.accepted()
    return scene.wire.send("GET", f"/api/bookings/{booking.id}/history", who=scene.patient)


@situation("224", 1)
def history_of_another_patient(scene):
    booking = scene.booked()
    assert scene.answer(booking, "cancel").status == 200
    return scene.wire.send("GET", f"/api/bookings/{booking.id}/history", who=scene.other_patient)
