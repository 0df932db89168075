"""Whose wallet is whose: a patient, and the customer that keeps the patient's saved cards at Stripe."""

from uuid import uuid4

from django.conf import settings
from django.db import models

from findr import clock
from findr.accounts.models import User


class Wallet(models.Model):
    """One patient's customer at Stripe. A row before it is a call, so that a crash in between makes no second one.

    Attributes:
        customer_id: null until Stripe has answered.
        email: what the customer is made with, and looked for by: it stays what it was when the making began.
        idempotency_key: of the call that makes the customer; a new one once Stripe keeps a failure under the old.
    """

    patient = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="wallet"
    )
    customer_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 - unique, and not known at first
    email = models.EmailField()
    idempotency_key = models.UUIDField(default=uuid4)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.customer_id or f"wallet of {self.patient_id}"


def customer_of(patient: User) -> str | None:
    """The patient's customer, if there is one. Without a statement where the wallet was selected along."""
    wallet: Wallet | None = getattr(patient, "wallet", None)
    return wallet.customer_id if wallet else None
