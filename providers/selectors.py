"""Reads about practices: what may be booked, and when a practice is open."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from findr.accounts.models import AccountRole, User
from findr.errors import NotFound
from findr.postgresql.compiled_queries import compiled
from findr.postgresql.statements import fetch
from providers.models import WEEKDAYS, Provider, Service, TeamMember

# In one, and written out: every create with a calendar asks it.
_IS_OPEN = """
    SELECT EXISTS (
        SELECT FROM providers_openinghours
        WHERE provider_id = %(provider)s AND weekday = %(weekday)s AND opens <= %(from)s::time AND closes >= %(to)s::time
    ) AND NOT EXISTS (
        SELECT FROM providers_timeoff
        WHERE provider_id = %(provider)s AND start < %(end)s AND "end" > %(start)s
            AND (team_member_id IS NULL OR team_member_id = %(member)s)
    )
"""


class ProviderNotFound(NotFound):
    code, error = "provider_not_found", "Provider not found"


class ServiceNotFound(NotFound):
    code, error = "service_not_found", "Service not found"


class TeamMemberNotFound(NotFound):
    code, error = "team_member_not_found", "Team member not found"


def bookable_provider(provider_id: UUID) -> Provider:
    """An approved practice; ProviderNotFound for any other."""
    provider = Provider.objects.filter(id=provider_id, status=Provider.Status.APPROVED).first()
    if provider is None:
        raise ProviderNotFound
    return provider


def own_practice(provider_id: UUID) -> Provider:
    """The practice whose desk is asking, whatever its status."""
    (provider,) = _practice(provider_id)
    return provider


@compiled
def _practice(provider_id: UUID) -> QuerySet[Provider, Provider]:
    return Provider.objects.filter(id=provider_id)


def public_provider(provider_id: UUID, *, own: bool) -> Provider:
    """A practice with its services and team, as anybody may see it; its own desk sees it whatever its status."""
    visible = Q(id=provider_id) if own else Q(id=provider_id, status=Provider.Status.APPROVED)
    provider = Provider.objects.filter(visible).prefetch_related("services", "team_members").first()
    if provider is None:
        raise ProviderNotFound
    return provider


def bookable_service(provider_id: UUID, service_id: UUID) -> Service:
    """An active service of an approved practice, and the practice with it.

    Raises:
        ProviderNotFound, ServiceNotFound
    """
    found = _offered(provider_id, service_id)
    if not found:
        bookable_provider(provider_id)
        raise ServiceNotFound
    return found[0]


def offered(provider_id: UUID, service_id: UUID) -> QuerySet[Service, Service]:
    """The service, if it can be booked, and the practice with it."""
    services = Service.objects.filter(provider_id=provider_id, is_active=True, id=service_id)
    return services.filter(provider__status=Provider.Status.APPROVED).select_related("provider").order_by()


_offered = compiled(offered)


def bookable_team_member(provider: Provider, member_id: UUID) -> TeamMember:
    """Somebody of this practice who takes bookings; TeamMemberNotFound for anybody else."""
    member = TeamMember.objects.filter(id=member_id, provider=provider, accepts_bookings=True).first()
    if member is None:
        raise TeamMemberNotFound
    return member


def bookable_members(provider: Provider) -> list[TeamMember]:
    """Those of the practice who take bookings, by name."""
    return list(provider.team_members.filter(accepts_bookings=True))


def is_open(provider: Provider, member: TeamMember | None, start: datetime, end: datetime) -> bool:
    """Whether [start, end) lies within the opening hours of one day in the provider zone, and in no time off."""
    local_start, local_end = start.astimezone(provider.zone), end.astimezone(provider.zone)
    if local_end.date() != local_start.date():
        return False
    values = {
        "provider": provider.id,
        "member": member.id if member else None,
        "weekday": local_start.weekday(),
        "from": local_start.time().isoformat(),
        "to": local_end.time().isoformat(),
        "start": start,
        "end": end,
    }
    ((is_open_then,),) = fetch(_IS_OPEN, values)
    return bool(is_open_then)


def closed_days(practice: Provider | None) -> list[int]:
    """The weekdays without opening hours, Monday first; all of them for a practice that is not saved yet."""
    return practice.closed_days if practice else list(range(len(WEEKDAYS)))


def desks_without_a_practice() -> QuerySet[User]:
    """The desk accounts that a new practice may be given."""
    return User.objects.filter(role=AccountRole.PROVIDER, provider__isnull=True)
