"""A time is kept for whoever types their card number (contract 16.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from cast import HARBOR, HOUR, RIDGE, run_jobs, wish_at

from bookings import tasks
from bookings.holds import free_reservations
from bookings.models import Booking, Reservation, TimeHold
from findr import clock
from providers.models import Provider, TeamMember

TAKEN = (409, "slot_taken", "Slot not available")
GONE = (404, "reservation_not_found", "Reservation not found")
PATH = "/api/bookings/reserve-slot"


def body_at(days=3, hour=10, minute=0, **more):
    wish = wish_at(days=days, hour=hour, minute=minute)
    return {
        "providerId": str(RIDGE),
        "startTime": f"{wish['appointmentDate']}T{hour:02d}:{minute:02d}",
        "duration": 60,
        **more,
    }


@pytest.fixture
def holding(stage):
    """Requests at Ridge keep their time: so a reserved time is in their way."""
    Provider.objects.filter(id=RIDGE).update(requests_hold_time=True)


def test_a_time_is_kept_for_five_minutes(patient, other_patient, holding, time):
    answer = patient.post(PATH, body_at())

    assert (answer.status, answer.body["remainingSeconds"]) == (201, 300)
    expires = datetime.fromisoformat(answer.body["expiresAt"].replace("Z", "+00:00"))
    assert timedelta(seconds=290) < expires - clock.now() <= timedelta(seconds=300)
    for minute in (0, 30):
        assert other_patient.asks(**wish_at(days=3, hour=10, minute=minute)).refusal == TAKEN
    assert other_patient.post(PATH, body_at(hour=9, minute=30)).refusal == TAKEN
    assert other_patient.asks(**wish_at(days=3, hour=11)).status == 201


def test_its_owner_books_it_and_it_is_consumed(patient, other_patient, holding):
    reserved = patient.post(PATH, body_at()).body["reservationId"]

    booking = patient.has_asked(**wish_at(days=3))

    assert not Reservation.objects.exists()
    assert [(hold.owner, hold.kind) for hold in TimeHold.objects.all()] == [(booking.id, "request")]
    assert patient.call("DELETE", f"{PATH}/{reserved}").refusal == GONE
    assert other_patient.asks(**wish_at(days=3)).refusal == TAKEN


def test_another_one_with_the_same_practice_lets_go_of_the_first(patient, other_patient, holding):
    """Overlapping its own first, too: a patient is not in their own way."""
    first = patient.post(PATH, body_at()).body["reservationId"]
    assert patient.post(PATH, body_at(minute=30)).status == 201

    assert patient.call("DELETE", f"{PATH}/{first}").refusal == GONE
    assert TimeHold.objects.count() == Reservation.objects.count() == 1
    assert other_patient.post(PATH, body_at(hour=9, minute=30)).status == 201
    assert other_patient.asks(**wish_at(days=3, hour=11)).refusal == TAKEN


def test_one_with_another_practice_is_beside_it(patient):
    assert patient.post(PATH, body_at()).status == 201
    assert patient.post(PATH, body_at(providerId=str(HARBOR))).status == 201

    assert Reservation.objects.count() == 2


def test_one_that_has_lapsed_is_in_nobodys_way_though_no_job_came_by(patient, other_patient, holding, time):
    reserved = patient.post(PATH, body_at()).body["reservationId"]
    time.passes(seconds=301)

    assert patient.call("DELETE", f"{PATH}/{reserved}").refusal == GONE
    assert other_patient.has_asked(**wish_at(days=3)).holds_time
    assert TimeHold.objects.get().kind == "request"
    assert not Reservation.objects.exists()


def test_the_job_deletes_what_has_lapsed_and_nothing_else(patient, other_patient, time):
    patient.post(PATH, body_at())
    time.passes(seconds=200)
    other_patient.post(PATH, body_at(hour=14))
    time.passes(seconds=101)

    tasks.free_lapsed_reservations()
    tasks.free_lapsed_reservations()

    assert [row.patient_id for row in Reservation.objects.all()] == [other_patient.id]
    assert TimeHold.objects.count() == 1


def test_one_that_was_made_anew_is_not_freed_with_the_one_that_had_lapsed(patient, time):
    """Whoever comes to free the old one may come late: both are of one owner."""
    patient.post(PATH, body_at())
    time.passes(seconds=301)
    lapsed = list(TimeHold.objects.values_list("id", flat=True))
    assert patient.post(PATH, body_at(minute=30)).status == 201

    free_reservations(lapsed)

    assert Reservation.objects.count() == TimeHold.objects.count() == 1


def test_letting_go(patient, other_patient, holding):
    reserved = patient.post(PATH, body_at()).body["reservationId"]

    assert other_patient.call("DELETE", f"{PATH}/{reserved}").refusal == GONE
    assert patient.call("DELETE", f"{PATH}/{reserved}").body == {"success": True, "message": "Reservation released"}
    assert patient.call("DELETE", f"{PATH}/{reserved}").refusal == GONE
    assert other_patient.asks(**wish_at(days=3)).status == 201


def test_the_practices_own_confirmation_is_not_held_up_by_the_patients_own_reservation(patient, provider):
    booking = patient.has_asked(**wish_at(days=3))
    assert patient.post(PATH, body_at()).status == 201

    assert provider.post(f"/api/bookings/{booking.id}/confirm", {}).status == 200

    assert not Reservation.objects.exists()


def test_a_request_that_somebody_else_reserved_waits_for_its_confirmation(patient, other_patient, provider):
    booking = patient.has_asked(**wish_at(days=3))
    assert other_patient.post(PATH, body_at()).status == 201

    assert provider.post(f"/api/bookings/{booking.id}/confirm", {}).refusal == TAKEN


def test_the_same_key_keeps_one_time(patient):
    first = patient.post(PATH, body_at(), **{"Idempotency-Key": "once"})
    again = patient.post(PATH, body_at(), **{"Idempotency-Key": "once"})

    assert (again.status, again.body) == (201, first.body)
    assert Reservation.objects.count() == 1


def test_a_service_says_how_long_it_is_and_a_member_whose_time(patient):
    member = TeamMember.objects.create(provider_id=RIDGE, name="Ana")
    wanted = body_at(serviceId=str(HOUR), duration=5, teamMemberId=str(member.id))

    assert patient.post(PATH, wanted).status == 201

    kept = Reservation.objects.get()
    assert (kept.end - kept.start, kept.lane) == (timedelta(hours=1), member.id)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"duration": None}, "duration is required"),
        ({"duration": "60"}, "duration is invalid"),
        ({"duration": 4}, "duration is invalid"),
        ({"duration": 481}, "duration is invalid"),
        ({"duration": True}, "duration is invalid"),
        ({"startTime": None}, "startTime is required"),
        ({"startTime": "soon"}, "startTime is invalid"),
        ({"providerId": ""}, "providerId is required"),
    ],
)
def test_what_is_no_wish_is_refused(wrong, sentence, patient):
    assert patient.post(PATH, body_at(**wrong)).refusal == (400, "validation", sentence)
    assert not TimeHold.objects.exists()


def test_times_that_nobody_may_have_are_not_kept(patient, time):
    assert patient.post(PATH, body_at(days=-1)).refusal[1] == "time_in_past"
    assert patient.post(PATH, body_at(days=400)).refusal[1] == "too_far_ahead"
    soon = (clock.now() + timedelta(minutes=10)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")
    assert patient.post(PATH, body_at(startTime=soon)).refusal[1] == "too_soon"
    assert patient.post(PATH, body_at(providerId=str(HOUR))).refusal[1] == "provider_not_found"
    assert not Reservation.objects.exists()


def test_a_declined_card_has_consumed_it_all_the_same(patient, holding):
    patient.post(PATH, body_at())

    assert patient.asks(**wish_at(days=3, paymentMethodId="pm_card_chargeDeclined")).status == 402

    run_jobs()
    assert not TimeHold.objects.exists()
    assert not Reservation.objects.exists()
    assert Booking.objects.get().state == "payment_failed"


def test_a_create_may_name_the_reservation_it_comes_from(patient, other_patient, holding, time):
    """The patient's own, of exactly this time, and as long as it stands; else 409, and nothing is written."""
    expired = (409, "reservation_expired", "Reservation is no longer valid")
    theirs = other_patient.post(PATH, body_at(hour=14)).body["reservationId"]
    mine = patient.post(PATH, body_at()).body["reservationId"]

    for wish in (
        wish_at(days=3, hour=14, reservationId=theirs),
        wish_at(days=3, hour=11, reservationId=mine),
        wish_at(days=4, reservationId=mine),
        wish_at(days=3, reservationId="x"),
    ):
        assert patient.asks(**wish).refusal == expired
    assert not Booking.objects.exists()
    assert patient.asks(**wish_at(days=3, reservationId=mine)).status == 201
    assert not Reservation.objects.filter(patient=patient.id).exists()
    assert patient.asks(**wish_at(days=3, hour=12, reservationId=mine)).refusal == expired
