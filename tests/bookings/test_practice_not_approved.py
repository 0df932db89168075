"""A practice that is not approved, or not any more: it reads, declines and cancels, and makes nothing new (contract 9.4)."""

import pytest
from acts import accept, act, call_off, confirm, open_ones, propose, reschedule, suggest
from cast import RIDGE, Person, call, fresh, wish_at
from snapshots import everything, states

from bookings.models import Booking
from providers.demo import PASSWORD
from providers.models import Provider

NOT_APPROVED = (403, "practice_not_approved", "This practice is not approved")
NOT_PENDING = (400, "booking_not_pending", "Booking is not pending")


def becomes(status):
    Provider.objects.filter(id=RIDGE).update(status=status)


@pytest.fixture(params=["suspended", "rejected", "draft", "pending"])
def close(request):
    """Makes Ridge a practice that is not approved."""
    return lambda: becomes(request.param)


def test_it_confirms_nothing_and_suggests_nothing_and_takes_no_money(patient, provider, sandbox, close):
    booking = patient.has_asked()
    close()
    before = everything(sandbox)

    answers = [confirm(provider, booking), suggest(provider, booking), reschedule(provider, booking)]

    assert [answer.refusal for answer in answers] == [NOT_APPROVED] * 3
    assert everything(sandbox) == before
    assert sandbox.stripe.totals() == {"held": 15000, "received": 0, "refunded": 0}


def test_it_is_told_so_before_its_body_is_read(provider, suggested, other_provider):
    becomes("suspended")

    answers = [
        confirm(provider, suggested, note=7),
        propose(provider, suggested, []),
        reschedule(provider, suggested, 7),
    ]

    assert [answer.refusal for answer in answers] == [NOT_APPROVED] * 3
    assert confirm(other_provider, suggested).refusal == (404, "booking_not_found", "Booking not found")


def test_the_refusal_is_not_kept_under_its_key(patient, provider):
    booking, key = patient.has_asked(), {"Idempotency-Key": "once"}
    path = f"/api/bookings/{booking.id}/confirm"
    becomes("suspended")
    assert provider.post(path, **key).refusal == NOT_APPROVED
    becomes("approved")

    assert provider.post(path, **key).status == 200


def test_nobody_accepts_a_time_there(patient, provider, suggested, sandbox, close):
    close()
    before = everything(sandbox)

    several = accept(patient, suggested, open_ones(suggested)[0])

    assert several.refusal == NOT_APPROVED
    assert everything(sandbox) == before


def test_nobody_accepts_the_one_time_there(patient, provider, sandbox):
    booking = patient.has_asked()
    reschedule(provider, booking)
    becomes("suspended")

    assert act(patient, booking, "accept-reschedule").refusal == NOT_APPROVED
    assert states(booking) == ("reschedule_proposed", "held")


def test_what_is_over_is_told_first_to_whoever_accepts(patient, provider, suggested):
    act(patient, suggested, "cancel")
    becomes("suspended")

    assert act(patient, suggested, "accept-reschedule").refusal == NOT_PENDING


def test_it_signs_in_reads_declines_and_cancels(patient, other_patient, provider, close, sandbox):
    visit, declined = patient.has_asked(), other_patient.has_asked(**wish_at(hour=14))
    called_off = patient.has_asked(**wish_at(days=8))
    assert confirm(provider, visit).status == 200
    close()

    signed_in = call("POST", "/api/providers/login", {"email": "ridge@example.test", "password": PASSWORD})
    read = [provider.get(path).status for path in ("/api/bookings/provider", "/api/bookings/provider/pending")]
    read += [provider.get(f"/api/bookings/{visit.id}{part}").status for part in ("", "/history")]
    told = provider.post(f"/api/bookings/{declined.id}/decline", {"reason": "closed"})
    cancelled = [call_off(provider, one).status for one in (visit, called_off)]

    assert (signed_in.status, read, told.status, cancelled) == (200, [200] * 4, 200, [200, 200])
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert states(visit) == ("cancelled_provider", "refunded")


def test_its_patients_cancel_and_decline_as_before(patient, provider, suggested):
    waiting = patient.has_asked(**wish_at(days=9, hour=16))
    becomes("suspended")

    assert act(patient, suggested, "decline-suggested-times").status == 200
    assert act(patient, waiting, "cancel").status == 200
    assert states(waiting) == ("cancelled_patient", "released")


def test_approved_again_it_confirms_what_still_waits(patient, provider, sandbox):
    booking = patient.has_asked()
    becomes("suspended")
    becomes("approved")

    assert confirm(provider, booking).status == 200
    assert states(booking) == ("confirmed", "paid")


def test_a_request_that_was_under_way_when_it_was_suspended_is_not_written(patient, provider, sandbox, settings):
    """The calendar's answer takes its time, and the practice is looked up before it."""
    settings.CALENDAR_READER = "readers.SuspendedMeanwhile"

    assert patient.asks().refusal == (404, "provider_not_found", "Provider not found")
    assert not Booking.objects.exists()
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}


def test_who_else_is_approved_is_not_asked(other_provider, patient):
    """Only the booking's own practice counts."""
    booking = patient.has_asked(providerId=str(other_provider.id), serviceId=str(_service_of(other_provider).id))
    becomes("suspended")

    assert confirm(other_provider, booking).status == 200
    assert fresh(booking.id).state == "confirmed"


def _service_of(practice: Person):
    return practice.provider.services.filter(price_cents__gt=0).first()
