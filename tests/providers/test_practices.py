"""What a practice shows, and what its tables refuse (contract 6.10, 9.5)."""

from datetime import UTC, datetime, time

import pytest
from cast import call
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from providers.models import RANGES, OpeningHours, Provider, Service, TimeOff, validate_zone

NOT_FOUND = (404, "provider_not_found", "Provider not found")


def test_the_public_page_is_a_bare_object_without_anything_private(provider):
    practice = provider.provider
    practice.services.exclude(name="Evaluation").update(is_active=False)
    Provider.objects.filter(id=practice.id).update(
        suite="4b",
        website="https://ridge.example",
        photos=["https://ridge.example/1.jpg"],
        cancellation_tier="moderate",
    )
    service, member = practice.services.get(name="Evaluation"), practice.team_members.get()
    member.title, member.accepts_bookings = "", False
    member.save()

    answer = call("GET", f"/api/providers/{practice.id}")

    assert answer.status == 200
    assert answer.body == {
        "_id": str(practice.id),
        "id": str(practice.id),
        "practiceName": "Ridge Physical Therapy",
        "providerTypes": ["Medical"],
        "contactInfo": {"email": "ridge@example.test", "phone": "+15555550301", "website": "https://ridge.example"},
        "address": {"street": "1 Ridge Rd", "suite": "4b", "city": "Bozeman", "state": "MT", "zip": "59715"},
        "services": [
            {
                "_id": str(service.id),
                "id": str(service.id),
                "name": "Evaluation",
                "category": "Medical",
                "duration": 60,
                "price": 150.0,
                "description": None,
                "isActive": True,
            }
        ],
        "teamMembers": [
            {"_id": str(member.id), "id": str(member.id), "name": "Alex Kim", "title": None, "acceptsBookings": False}
        ],
        "photos": ["https://ridge.example/1.jpg"],
        "status": "approved",
        "calendarConnected": False,
        "timezone": "America/Denver",
        "cancellationPolicy": {"tier": "moderate"},
    }


def test_a_connected_calendar_shows_as_a_flag_only(provider, settings):
    settings.CALENDAR_READER = "readers.Free"

    assert call("GET", f"/api/providers/{provider.id}").body["calendarConnected"] is True
    assert provider.get("/api/bookings/provider").body["metadata"]["calendarIntegrated"] is True


@pytest.mark.parametrize("status", [one for one in Provider.Status if one != Provider.Status.APPROVED])
def test_only_its_own_desk_sees_a_practice_that_is_not_approved(status, provider, other_provider, patient, staff):
    Provider.objects.filter(id=provider.id).update(status=status)
    path = f"/api/providers/{provider.id}"

    answers = [call("GET", path), *(one.get(path) for one in (other_provider, patient, staff))]

    assert {one.refusal for one in answers} == {NOT_FOUND}
    assert provider.get(path).body["status"] == status


@pytest.mark.parametrize("identifier", ["x", "5f0c2a10-0000-4000-8000-000000000999", "%00", "a" * 2000, "😀"])
def test_what_names_no_practice_is_not_found(identifier, stage):
    assert call("GET", f"/api/providers/{identifier}").refusal == NOT_FOUND


def test_an_unapproved_practice_takes_no_bookings(patient, provider):
    Provider.objects.filter(id=provider.id).update(status="suspended")

    assert patient.asks().refusal == NOT_FOUND


def test_an_inactive_or_foreign_service_takes_no_bookings(patient, provider, other_provider):
    foreign = other_provider.provider.services.first()
    provider.provider.services.update(is_active=False)

    answers = [patient.asks(), patient.asks(serviceId=str(foreign.id))]

    assert {one.refusal for one in answers} == {(404, "service_not_found", "Service not found")}


def test_a_team_member_who_takes_no_bookings_is_not_found(patient, provider, other_provider):
    own, foreign = provider.provider.team_members.get(), other_provider.provider.team_members.get()
    own.accepts_bookings = False
    own.save(update_fields=["accepts_bookings"])

    answers = [patient.asks(teamMemberId=str(one.id)) for one in (own, foreign)]

    assert {one.refusal for one in answers} == {(404, "team_member_not_found", "Team member not found")}


# --- The tables -----------------------------------------------------------------------------------------------------
def refused(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.mark.parametrize("name", RANGES)
def test_a_setting_out_of_its_range_is_refused_by_the_database(name, provider):
    practice = Provider.objects.filter(id=provider.id)
    low, high = RANGES[name]

    for value in (low, high):
        practice.update(**{name: value})
    for value in (low - 1, high + 1):
        refused(lambda value=value: practice.update(**{name: value}))


@pytest.mark.parametrize(("name", "value"), [("status", "open"), ("cancellation_tier", "strict")])
def test_an_unknown_word_is_refused_by_the_database(name, value, provider):
    refused(lambda: Provider.objects.filter(id=provider.id).update(**{name: value}))


@pytest.mark.parametrize(
    "fields", [{"price_cents": 49}, {"price_cents": -1}, {"duration_minutes": 4}, {"duration_minutes": 481}]
)
def test_a_service_that_cannot_be_sold_is_refused_by_the_database(fields, provider):
    service = provider.provider.services.filter(name="Evaluation")

    refused(lambda: service.update(**fields))
    assert service.update(price_cents=50, duration_minutes=5) == 1
    assert service.update(price_cents=0, duration_minutes=480) == 1


def test_opening_hours_are_once_a_day_and_forward(provider):
    practice = provider.provider

    refused(lambda: OpeningHours.objects.create(provider=practice, weekday=0, opens=time(9), closes=time(10)))
    refused(lambda: OpeningHours.objects.create(provider=practice, weekday=7, opens=time(9), closes=time(10)))
    refused(lambda: practice.opening_hours.filter(weekday=0).update(opens=time(18)))


def test_time_off_is_forward(provider):
    moment = datetime(2026, 12, 8, 12, tzinfo=UTC)

    refused(lambda: TimeOff.objects.create(provider=provider.provider, start=moment, end=moment))


def test_a_practice_has_one_desk(provider, other_provider):
    refused(lambda: Provider.objects.filter(id=provider.id).update(account=other_provider.user))


def test_a_service_that_was_booked_is_kept(patient, provider):
    booking = patient.has_asked()

    with pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.filter(id=booking.service_id).delete()


@pytest.mark.parametrize("name", ["Denver", "MST7MDT/x", "", "america/denver", "+07:00"])
def test_a_zone_is_a_name_of_the_time_zone_database(name):
    with pytest.raises(ValidationError, match="not an IANA time zone"):
        validate_zone(name)
    validate_zone("America/Denver")
