"""Practices as JSON (contract 7 objects C and B, 9.4, 9.5). Allow-lists."""

from typing import Any

from findr.money import dollars
from providers.models import Provider, Service, TeamMember


def address_object(provider: Provider) -> dict[str, Any]:
    """`{street, suite, city, state, zip}`."""
    return {
        "street": provider.street,
        "suite": provider.suite or None,
        "city": provider.city,
        "state": provider.region,
        "zip": provider.zip_code,
    }


def desk_object(provider: Provider) -> dict[str, Any]:
    """The practice, as the portal's sign-in answers (contract 9.4)."""
    return {
        "_id": str(provider.id),
        "id": str(provider.id),
        "practiceName": provider.practice_name,
        "providerTypes": provider.provider_types,
        "contactInfo": {"email": provider.email, "phone": provider.phone or None},
        "address": address_object(provider),
        "status": provider.status,
    }


def public_object(provider: Provider, *, calendar_connected: bool) -> dict[str, Any]:
    """The practice, as anybody sees it (contract 9.5)."""
    return {
        **desk_object(provider),
        "contactInfo": {
            "email": provider.email,
            "phone": provider.phone or None,
            "website": provider.website or None,
        },
        "services": [_service(service) for service in provider.services.all() if service.is_active],
        "teamMembers": [_member(member) for member in provider.team_members.all()],
        "photos": provider.photos,
        "calendarConnected": calendar_connected,
        "timezone": provider.timezone,
        "cancellationPolicy": {"tier": provider.cancellation_tier},
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "_id": str(service.id),
        "id": str(service.id),
        "name": service.name,
        "category": service.category,
        "duration": service.duration_minutes,
        "price": dollars(service.price_cents),
        "description": service.description or None,
        "isActive": service.is_active,
    }


def _member(member: TeamMember) -> dict[str, Any]:
    return {
        "_id": str(member.id),
        "id": str(member.id),
        "name": member.name,
        "title": member.title or None,
        "acceptsBookings": member.accepts_bookings,
    }
