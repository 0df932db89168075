"""Rows of before the leases had tokens come through the migration with what they meant."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bookings.models import PaymentOperation, StripeEvent

BEFORE, AFTER = [("bookings", "0006_cancellation_fee_percent")], [("bookings", "0007_leases")]
OPERATION = """
    INSERT INTO bookings_paymentoperation (id, payment_id, kind, state, amount_cents, idempotency_key, parameters,
        claimed_until, attempts, look_first, intent_id, refund_id, error_code, created_at)
    VALUES (%s, gen_random_uuid(), 'capture', %s, 100, gen_random_uuid(), '{}', now(), %s, true, 'pi_1', '', %s, now())
"""
EVENT = """
    INSERT INTO bookings_stripeevent (id, type, object_id, intent_id, made_at, received_at, outcome, attempts,
        claimed_until, error) VALUES (%s, 'x', '', 'pi_1', now(), now(), '', 40, now(), %s)
"""
JOB = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('money', 'bookings.hear_event', '{}')"
# Why an operation failed: as it was, and the reason, the vendor's own code and the words that are left of it.
FAILED = [
    ("", "", "", ""),
    ("unclear", "unclear", "", "unclear"),
    ("too_late", "capture_abandoned", "", "too late"),
    ("old_news", "stale", "", "the payment changed meanwhile"),
    ("disputed", "disputed", "", "disputed"),
    ("intent_requires_capture", "intent_status", "requires_capture", "intent requires capture"),
    ("refund_failed", "refund_failed", "failed", "refund failed"),
    ("expired_card", "refused", "expired_card", "expired card"),
    ("refused", "refused", "", "refused"),
]
# State, attempts, and whether it has to be looked for first since it may have been made.
LOOKED_FOR = [("pending", 0, False), ("pending", 2, True), ("failed", 2, False)]
# Why an event waits.
WAITS = [
    ("", ""),
    ("unclear", "unclear"),
    ("left to the patient's own call", "left_to_call"),
    ("the payment is being changed", "payment_changing"),
]


@pytest.fixture
def before(stage):
    """The tables as they were; without the guards, so that an operation needs no payment."""
    _migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")
    _migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def _migrate(target):
    MigrationExecutor(connection).migrate(target)


def test_rows_keep_what_they_meant(before):
    """All in one migration, since each there and back again takes seconds."""
    failed, others = [uuid4() for _ in FAILED], [uuid4() for _ in LOOKED_FOR]
    for key, (error_code, *_) in zip(failed, FAILED, strict=True):
        before.execute(OPERATION, [key, "failed", 3, error_code])
    for key, (state, attempts, _) in zip(others, LOOKED_FOR, strict=True):
        before.execute(OPERATION, [key, state, attempts, ""])
    for number, (error, _) in enumerate(WAITS):
        before.execute(EVENT, [f"evt_{number}", error])
    before.execute(JOB)

    _migrate(AFTER)

    # What later migrations add is not there yet.
    operations = PaymentOperation.objects.defer("look").in_bulk([*failed, *others])
    told = [(one.reason, one.vendor_code, one.error) for one in map(operations.get, failed)]
    assert told == [tuple(expected) for _, *expected in FAILED]
    assert {(one.attempts, one.backoff_step, one.has_new_key) for one in map(operations.get, failed)} == {(3, 3, True)}
    assert [operations[key].must_look_first for key in others] == [must_look for *_, must_look in LOOKED_FOR]
    assert {operations[key].lease_token for key in others} == {None}
    events = StripeEvent.objects.order_by("id")
    assert [(one.error, one.reason) for one in events] == WAITS
    assert {one.backoff_step for one in events} == {16}
    before.execute("SELECT task_name FROM procrastinate_jobs")
    assert before.fetchall() == [("bookings.process_event",)]
