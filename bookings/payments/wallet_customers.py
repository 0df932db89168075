"""A patient's customer at the vendor: made once, and forgotten when it is gone there."""

from uuid import UUID, uuid4

from bookings.models import Wallet
from bookings.payments.wallet_calls import call_seconds
from bookings.payments.wallet_gateway import WalletGateway
from findr.accounts.models import User
from findr.outbox.locks import locked
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget
from findr.vendors.errors import VendorError


def known_customer(patient_id: UUID) -> str | None:
    """The customer that a patient has; None if none was made, or it is gone."""
    return Wallet.objects.filter(patient_id=patient_id).values_list("customer_id", flat=True).first()


def made_customer(patient_id: UUID, vendor: WalletGateway, budget: Budget) -> str:
    """The patient's customer, made now if there is none.

    A call that died is found again: by its idempotency key while the vendor keeps it, and by the e-mail address and
    the patient's id after that.
    """
    if known := known_customer(patient_id):
        return known
    with locked(f"wallet:{patient_id}"):  # Who comes second waits for the first.
        wallet, is_new = _open(patient_id)
        if wallet.customer_id:
            return wallet.customer_id
        user, email, key = str(patient_id), wallet.email, str(wallet.idempotency_key)
        made = None if is_new else vendor.find_customer(user=user, email=email, seconds=call_seconds(budget))
        try:
            made = made or vendor.create_customer(user=user, email=email, key=key, seconds=call_seconds(budget))
        except VendorError as error:
            if error.stored:
                save(wallet, idempotency_key=uuid4())
            raise
        save(wallet, customer_id=made)
        return made


@durable("the wallet is opened")
def _open(patient_id: UUID) -> tuple[Wallet, bool]:
    """The wallet's row, before any call; whether it is new."""
    email = User.objects.values_list("email", flat=True).get(id=patient_id)
    return Wallet.objects.get_or_create(patient_id=patient_id, defaults={"email": email})


@durable("a customer that is gone is forgotten")
def forget(patient_id: UUID, customer: str) -> None:
    """The next setup makes a new one, under a new key."""
    Wallet.objects.filter(patient_id=patient_id, customer_id=customer).update(customer_id=None, idempotency_key=uuid4())
