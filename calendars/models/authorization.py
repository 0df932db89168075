"""A consent that somebody was sent to give, until they come back with it (RFC 6749 section 10.12, RFC 7636)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from calendars.encryption import seal, unseal
from calendars.models.connection import VendorName
from findr import clock
from providers.models import Provider, TeamMember


class Authorization(models.Model):
    """Whose calendar is being connected, by whom, and where.

    Attributes:
        state: the SHA-256 of the `state` parameter, in hex: who reads this table cannot use it.
        kept: what the vendor's SDK needs again at the callback (the code verifier, a nonce), encrypted JSON.
        used_at: a state is good once.
    """

    state = models.CharField(primary_key=True, max_length=64)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    vendor = models.CharField(max_length=10, choices=VendorName)
    kept = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="authorization_vendor_known", condition=Q(vendor__in=VendorName.values))
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.created_at:%Y-%m-%d %H:%M}"

    def keep(self, text: str) -> None:
        """Encrypt what the callback needs, for this row."""
        self.kept = seal(text, place=f"authorization:{self.state}:kept")

    def reveal(self) -> str:
        """What was kept.

        Raises:
            Unreadable
        """
        return unseal(bytes(self.kept), place=f"authorization:{self.state}:kept")
