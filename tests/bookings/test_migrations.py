"""Rows of before the leases had tokens come through the migration with what they meant."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bookings.models import PaymentOperation, StripeEvent

BEFORE, AFTER = [("bookings", "0006_cancellation_fee_percent")], [("bookings", "0007_leases")]
OPERATION = """
    INSERT INTO bookings_paymentoperation (id, payment_id, kind, state, amount_cents, idempotency_key, parameters,
        claimed_until, attempts, look_first, intent_id, refund_id, error_code, created_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'capture', %s, 100, gen_random_uuid(), '{}', now(), %s, true, %s, '',
        %s, now())
"""
EVENT = """
    INSERT INTO bookings_stripeevent (id, type, object_id, intent_id, made_at, received_at, outcome, attempts,
        claimed_until, error) VALUES (%s, 'x', '', 'pi_1', now(), now(), '', %s, now(), %s)
"""


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
    executor = MigrationExecutor(connection)
    executor.migrate(target)


@pytest.mark.parametrize(
    ("error_code", "reason", "vendor_code", "told"),
    [
        ("", "", "", ""),
        ("unclear", "unclear", "", "unclear"),
        ("too_late", "capture_abandoned", "", "too late"),
        ("old_news", "stale", "", "the payment changed meanwhile"),
        ("disputed", "disputed", "", "disputed"),
        ("intent_requires_capture", "intent_status", "requires_capture", "intent requires capture"),
        ("refund_failed", "refund_failed", "failed", "refund failed"),
        ("expired_card", "refused", "expired_card", "expired card"),
        ("refused", "refused", "", "refused"),
    ],
)
def test_an_operation_keeps_why_it_failed(before, error_code, reason, vendor_code, told):
    before.execute(OPERATION, ["failed", 3, "pi_1", error_code])
    _migrate(AFTER)

    operation = PaymentOperation.objects.get()
    assert (operation.reason, operation.vendor_code, operation.error) == (reason, vendor_code, told)
    assert (operation.attempts, operation.backoff_step, operation.has_new_key) == (3, 3, True)


@pytest.mark.parametrize(
    ("state", "attempts", "must_look"), [("pending", 0, False), ("pending", 2, True), ("failed", 2, False)]
)
def test_an_operation_that_may_have_been_made_is_looked_for_first(before, state, attempts, must_look):
    before.execute(OPERATION, [state, attempts, "pi_1", ""])
    _migrate(AFTER)

    operation = PaymentOperation.objects.get()
    assert (operation.must_look_first, operation.lease_token) == (must_look, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("", ""),
        ("unclear", "unclear"),
        ("left to the patient's own call", "left_to_call"),
        ("the payment is being changed", "payment_changing"),
    ],
)
def test_an_event_keeps_why_it_waits(before, error, reason):
    before.execute(EVENT, ["evt_1", 40, error])
    _migrate(AFTER)

    event = StripeEvent.objects.get()
    assert (event.reason, event.error, event.backoff_step) == (reason, error, 16)


def test_a_job_that_waits_is_run_under_its_new_name(before):
    before.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('money', 'bookings.hear_event', '{}')"
    )
    _migrate(AFTER)

    before.execute("SELECT task_name FROM procrastinate_jobs")
    assert before.fetchall() == [("bookings.process_event",)]
