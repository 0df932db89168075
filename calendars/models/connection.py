"""A calendar account that a practice, or one of its team, has connected (contract 17)."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from calendars.encryption import seal, unseal
from findr import clock
from findr.outbox.leases import Leased
from providers.models import Provider, TeamMember


class VendorName(models.TextChoices):
    GOOGLE = "google", "Google"
    MICROSOFT = "microsoft", "Microsoft"


class Status(models.TextChoices):
    """`active` works; `needs_reauth`: the grant is dead, its owner must connect again; `replaced`: another account took
    its place, and it is kept for the events that were written to it; `disconnected`: its tokens are gone.
    """

    ACTIVE = "active", "Active"
    NEEDS_REAUTH = "needs_reauth", "Must be connected again"
    REPLACED = "replaced", "Replaced by another account"
    DISCONNECTED = "disconnected", "Disconnected"


# Those that a lane reads and writes: at most one for each practice and for each team member.
CONNECTED = (Status.ACTIVE, Status.NEEDS_REAUTH)
# Those whose tokens are good, as far as anybody knows.
REACHABLE = (Status.ACTIVE, Status.REPLACED)
MAX_CONFLICT_CALENDARS = 10


class CalendarConnection(Leased):
    """One account at one vendor. The lease is for refreshing its tokens: one process at a time.

    Attributes:
        member: whose it is; null is the practice's.
        target_calendar: where events are written; `conflict_calendars` are read, ten at most. The vendor's ids.
        is_personal: a personal Microsoft account, whose schedule can only be read event by event.
        token_version: rises with each refresh; whoever saves new tokens compares it first.
        token_expires_at: the end of the access token.
        last_success_at, last_error_at, last_error, failures: of reading and writing; failures in a row.
        told_at: when its owner was last told that it cannot be read.
        names_service: its owner wants the service's name in the events (lesson 30).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="calendar_connections")
    member = models.ForeignKey(TeamMember, on_delete=models.PROTECT, null=True, related_name="calendar_connections")
    vendor = models.CharField(max_length=10, choices=VendorName)
    account_email = models.CharField(max_length=254)
    is_personal = models.BooleanField(default=False)
    target_calendar = models.CharField(max_length=500)
    conflict_calendars = ArrayField(models.CharField(max_length=500))
    names_service = models.BooleanField(default=False, help_text="Events show the service's name.")

    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    scopes = ArrayField(models.CharField(max_length=200), default=list)
    access_token = models.BinaryField(default=b"")
    refresh_token = models.BinaryField(default=b"")
    token_version = models.PositiveIntegerField(default=0)
    token_expires_at = models.DateTimeField(null=True)

    connected_at = models.DateTimeField(default=clock.now)
    last_success_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    failures = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-connected_at"]
        constraints = [
            models.UniqueConstraint(
                name="connection_one_of_a_practice",
                fields=["provider"],
                condition=Q(member=None, status__in=CONNECTED),
            ),
            models.UniqueConstraint(
                name="connection_one_of_a_member", fields=["member"], condition=Q(status__in=CONNECTED)
            ),
            models.CheckConstraint(name="connection_vendor_known", condition=Q(vendor__in=VendorName.values)),
            models.CheckConstraint(name="connection_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="connection_without_tokens_once_disconnected",
                condition=~Q(status=Status.DISCONNECTED) | Q(access_token=b"", refresh_token=b""),
            ),
            models.CheckConstraint(
                name="connection_reads_ten_at_most",
                condition=Q(conflict_calendars__len__lte=MAX_CONFLICT_CALENDARS),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_vendor_display()} calendar of {self.account_email}"

    @property
    def is_connected(self) -> bool:
        """Whether its lane reads it, dead grant or not."""
        return self.status in CONNECTED

    @property
    def is_reachable(self) -> bool:
        """Whether the events that were written there can still be changed."""
        return self.status in REACHABLE

    def sealed(self, **tokens: str) -> dict[str, bytes]:
        """Columns with these tokens in them, encrypted for this row: `sealed(refresh_token=...)`."""
        return {column: seal(token, place=self._place(column)) if token else b"" for column, token in tokens.items()}

    def token(self, column: str) -> str:
        """`access_token` or `refresh_token` in the clear; blank if there is none.

        Raises:
            Unreadable: no key of ours opens it.
        """
        sealed = bytes(getattr(self, column))
        return unseal(sealed, place=self._place(column)) if sealed else ""

    def _place(self, column: str) -> str:
        return f"connection:{self.id}:{column}"
