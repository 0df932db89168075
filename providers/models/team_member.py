"""Who can be booked by name."""

from uuid import uuid4

from django.db import models

from findr.text import validate_line
from providers.models.provider import Provider


class TeamMember(models.Model):
    """Somebody of the practice who can be booked by name: a lane of their own."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="team_members")
    name = models.CharField(max_length=200, validators=[validate_line])
    title = models.CharField(max_length=100, blank=True, validators=[validate_line])
    accepts_bookings = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
