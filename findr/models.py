"""What the project itself remembers: the API's calls with a key, and the last runs of periodic jobs."""

from django.db import models
from django.db.models import Q

from findr import clock
from findr.outbox.leases import Leased


class IdempotencyKey(Leased):
    """One call that came with a key, and what was answered (contract 5). The lease is of whoever is answering.

    Attributes:
        identity: whose call, as rate limits count it.
        fingerprint: SHA-256 of the body, key order and white space aside.
        subject_type, subject_id: what the call changed, written in the transaction of the change.
        status, body: the answer, once there is one that may be repeated.
    """

    identity = models.CharField(max_length=60)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=30, blank=True)
    subject_id = models.UUIDField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="idempotency_key_once", fields=["identity", "method", "path", "key"]),
            models.CheckConstraint(
                name="idempotency_key_subject_whole",
                condition=Q(subject_type="", subject_id=None) | ~Q(subject_type="") & ~Q(subject_id=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class PeriodicRun(models.Model):
    """The last run of a periodic job that ended well (`findr.outbox.periodic_runs`, which alone writes it).

    Attributes:
        first_seen_at: since when a worker knows of it.
        last_run_at: in the queue's own time, as `first_seen_at`; null before the first.
    """

    name = models.CharField(max_length=100, primary_key=True)
    first_seen_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
