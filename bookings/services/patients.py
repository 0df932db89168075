"""One patient's requests come one at a time: what counts on it holds this lock (contract 6.4)."""

from uuid import UUID

from django.db.models import QuerySet

from findr.accounts.models import User
from findr.postgresql.compiled_queries import compiled


def lock_patient(patient_id: UUID) -> User:
    """The patient, and their wallet with them, locked until the caller's transaction ends."""
    (patient,) = _locked(patient_id)
    return patient


@compiled
def _locked(patient_id: UUID) -> QuerySet[User, User]:
    patients = User.objects.select_for_update(of=("self",), no_key=True).filter(id=patient_id)
    return patients.select_related("wallet").order_by()
