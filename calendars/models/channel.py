"""Channels by which the vendors tell us that a calendar has changed: Google's watches, Graph's subscriptions (lesson 28)."""

from hashlib import sha256
from hmac import compare_digest
from uuid import uuid4

from django.db import models

from calendars.models.connection import CalendarConnection
from findr import clock
from findr.outbox.leases import Retried


def hash_of(secret: str) -> str:
    """What is kept of a secret that comes back with each push."""
    return sha256(secret.encode()).hexdigest()


class Channel(Retried):
    """One calendar's channel. The row is there before the vendor is asked for it; the lease is for opening and closing it.

    Attributes:
        id: names it at Google, and is in the client state that Graph sends back.
        vendor_id: what it is stopped by, the id of Google's resource or of Graph's subscription; blank until the vendor has
            answered, and for ever if that answer was lost.
        secret_hash: SHA-256 in hex: who reads this table cannot push.
        is_wanted: False: it is to be stopped, and the row goes with it.
        last_push_at: null until the first one.
        silences: how often in a row a change was found that it had not told of.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    connection = models.ForeignKey(CalendarConnection, on_delete=models.CASCADE, related_name="channels")
    calendar = models.CharField(max_length=500)
    vendor_id = models.CharField(max_length=500, blank=True)
    secret_hash = models.CharField(max_length=64)
    is_wanted = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True)
    last_push_at = models.DateTimeField(null=True)
    silences = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return f"Channel of {self.calendar}"

    def has_secret(self, secret: str) -> bool:
        """Whether a push that came with this secret is the vendor's."""
        return compare_digest(self.secret_hash, hash_of(secret))
