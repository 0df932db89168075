"""When a practice, or one of its team, is away."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from findr.text import validate_line
from providers.models.provider import Provider
from providers.models.team_member import TeamMember


class TimeOff(models.Model):
    """A stretch in which the practice, or one of its team, is away: nothing in it is instant."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="time_off")
    team_member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, null=True, blank=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True, validators=[validate_line])

    class Meta:
        ordering = ["start"]
        verbose_name_plural = "time off"
        constraints = [models.CheckConstraint(name="time_off_forward", condition=Q(end__gt=F("start")))]

    def __str__(self) -> str:
        start, end = timezone.localtime(self.start), timezone.localtime(self.end)
        return f"{start:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M}"
