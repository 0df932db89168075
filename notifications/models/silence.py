"""Mailboxes that are not written to any more."""

from django.db import models

from findr import clock
from findr.email_fields import EmailField


class SilencedAddress(models.Model):
    """There is no such mailbox, or its owner called a mail of ours spam; writing on would spoil the sender's name.

    Attributes:
        since: of the first report; later ones change nothing.
    """

    class Reason(models.TextChoices):
        """What the mail service reported."""

        BOUNCED = "bounced", "There is no such mailbox"
        COMPLAINED = "complained", "Its owner called a mail spam"

    address = EmailField(primary_key=True)
    reason = models.CharField(max_length=10, choices=Reason)
    since = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="silence_reason_known", condition=models.Q(reason__in=("bounced", "complained"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, since {self.since:%Y-%m-%d}"
