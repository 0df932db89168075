"""What a key is bound to: the subject of the change that its call made, whatever it is (contract 5)."""

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from findr.api import idempotency
from findr.api.idempotency import IdempotencyConflict
from findr.models import IdempotencyKey

WHOSE = {"identity": "patient:1", "method": "POST", "path": "/api/things", "key": "tap-1", "body": {}}
ONE, OTHER = UUID(int=1), UUID(int=2)

pytestmark = pytest.mark.usefixtures("stage")


def begin():
    return idempotency.begin(**WHOSE)


def changes(begun, subject, **options):
    with idempotency.answering(begun, **options), transaction.atomic():
        idempotency.bind(*subject)


def is_rolled_back(begun, subject):
    with idempotency.answering(begun), transaction.atomic():
        idempotency.bind(*subject)
        transaction.set_rollback(True)


def test_a_call_that_died_is_found_by_the_subject_of_its_change(settings):
    settings.IDEMPOTENCY_LEASE_SECONDS = 0
    changes(begin(), ("reservation", ONE))

    assert begin().subject_id == ONE
    assert IdempotencyKey.objects.get().subject_type == "reservation"


def test_the_first_change_that_was_committed_is_the_one_that_it_is_answered_from(settings):
    settings.IDEMPOTENCY_LEASE_SECONDS = 0
    begun = begin()
    changes(begun, ("booking", ONE))
    changes(begun, ("device", OTHER))

    row = IdempotencyKey.objects.get()
    assert (row.subject_type, row.subject_id) == ("booking", ONE)


def test_a_change_that_was_rolled_back_binds_nothing(settings):
    settings.IDEMPOTENCY_LEASE_SECONDS = 0
    begun = begin()
    is_rolled_back(begun, ("booking", ONE))
    changes(begun, ("booking", OTHER))

    assert begin().subject_id == OTHER


def test_without_a_key_nothing_is_bound():
    idempotency.bind("booking", ONE)

    assert not IdempotencyKey.objects.exists()


def test_a_change_is_refused_to_an_action_that_nobody_could_replay():
    with pytest.raises(RuntimeError, match="declares no replay"):
        changes(begin(), ("booking", ONE), may_bind=False)

    assert IdempotencyKey.objects.get().subject_id is None


def test_a_key_is_not_bound_beside_its_change():
    with pytest.raises(RuntimeError, match="outside the transaction"), idempotency.answering(begin()):
        idempotency.bind("booking", ONE)


def test_a_call_whose_lease_was_taken_over_changes_nothing(settings, time):
    slow = begin()
    time.passes(seconds=settings.IDEMPOTENCY_LEASE_SECONDS + 1)
    begin()

    with pytest.raises(IdempotencyConflict):
        changes(slow, ("booking", ONE))


@pytest.mark.parametrize("half", [{"subject_type": "booking"}, {"subject_id": ONE}])
def test_half_a_subject_is_none(half):
    begin()

    with pytest.raises(IntegrityError):
        IdempotencyKey.objects.update(**half)


@pytest.mark.parametrize("path", ["/api/bookings/{}/cancel", "/api/bookings/{}/accept-reschedule"])
def test_a_call_that_changed_nothing_leaves_no_key(path, patient):
    unknown = "00000000-0000-4000-8000-00000000{:04}"

    for number in range(60):
        answer = patient.post(path.format(unknown.format(number)), {}, **{"Idempotency-Key": f"tap-{number}"})
        assert answer.refusal[:2] == (404, "booking_not_found")
    assert patient.post("/api/bookings", {}, **{"Idempotency-Key": "tap"}).refusal[:2] == (400, "validation")

    assert not IdempotencyKey.objects.exists()


def test_an_answer_that_is_kept_already_stays_as_it_is():
    """A session may end between a change and its answer, so what was done is done once more on another one."""
    begun = begin()
    idempotency.finish(begun, 201, {"id": 1})
    idempotency.finish(begun, 201, {"id": 1})
    idempotency.discard(begun)

    assert begin() == idempotency.Stored(201, {"id": 1})


def test_a_key_that_was_discarded_already_stays_with_whoever_took_it_since():
    first = begin()
    idempotency.discard(first)
    second = begin()
    idempotency.discard(first)
    idempotency.finish(first, 201, {"id": 1})
    idempotency.finish(second, 201, {"id": 2})

    assert begin() == idempotency.Stored(201, {"id": 2})


def test_a_key_that_was_handed_back_already_stays_with_whoever_took_it_since():
    """As above, of a call whose change was made."""
    first = begin()
    changes(first, ("booking", ONE))
    idempotency.discard(first)
    second = begin()
    idempotency.discard(first)
    idempotency.finish(second, 201, {"id": 2})

    assert second.subject_id == ONE
    assert begin() == idempotency.Stored(201, {"id": 2})
