"""A practice, its services, its team, its hours, and how it wants to be booked (contract 6.10, 9.5)."""

from providers.models.opening_hours import WEEKDAYS, OpeningHours
from providers.models.provider import Provider, validate_zone
from providers.models.ranges import RANGES
from providers.models.service import Service
from providers.models.team_member import TeamMember
from providers.models.time_off import TimeOff

__all__ = ["RANGES", "WEEKDAYS", "OpeningHours", "Provider", "Service", "TeamMember", "TimeOff", "validate_zone"]
