"""Leases with a token, reasons as an enumeration, and a column of its own for each thing that `attempts` used to say."""

from django.db import migrations, models

# `attempts` was the back-off's exponent as well, and was set back to 1 while a card holder was waited for.
SQL = """
UPDATE bookings_paymentoperation SET
    backoff_step = least(attempts, 16),
    must_look_first = (state = 'pending' AND attempts > 0),
    vendor_code = CASE
        WHEN error_code LIKE 'intent\\_%' THEN substr(error_code, 8)
        WHEN error_code LIKE 'refund\\_%' THEN substr(error_code, 8)
        WHEN error_code IN ('', 'too_late', 'old_news', 'unclear', 'refused', 'disputed', 'kept', 'abandoned',
            'booking_ended') THEN ''
        ELSE error_code
    END,
    reason = CASE
        WHEN error_code = 'too_late' THEN 'capture_abandoned'
        WHEN error_code = 'old_news' THEN 'stale'
        WHEN error_code LIKE 'intent\\_%' THEN 'intent_status'
        WHEN error_code LIKE 'refund\\_%' THEN 'refund_failed'
        WHEN error_code IN ('', 'unclear', 'disputed', 'kept', 'abandoned', 'booking_ended') THEN error_code
        ELSE 'refused'
    END;
UPDATE bookings_stripeevent SET
    backoff_step = least(attempts, 16),
    reason = CASE error
        WHEN '' THEN ''
        WHEN 'left to the patient''s own call' THEN 'left_to_call'
        WHEN 'the payment is being changed' THEN 'payment_changing'
        ELSE 'unclear'
    END;
UPDATE procrastinate_jobs SET task_name = 'bookings.process_event' WHERE task_name = 'bookings.hear_event';
"""
OPERATION_REASONS = [
    ("unclear", "unclear"),
    ("refused", "refused"),
    ("disputed", "disputed"),
    ("stale", "the payment changed meanwhile"),
    ("intent_status", "intent"),
    ("refund_failed", "refund"),
    ("kept", "kept"),
    ("abandoned", "abandoned"),
    ("booking_ended", "booking ended"),
    ("capture_abandoned", "too late"),
]
EVENT_REASONS = [
    ("unclear", "unclear"),
    ("left_to_call", "left to the patient's own call"),
    ("payment_changing", "the payment is being changed"),
]


def known(reasons):
    return models.Q(reason__in=["", *(reason for reason, _ in reasons)])


class Migration(migrations.Migration):
    dependencies = [("bookings", "0006_cancellation_fee_percent"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        *(
            migrations.AddField(model_name=model, name="lease_token", field=models.UUIDField(editable=False, null=True))
            for model in ("paymentoperation", "stripeevent")
        ),
        *(
            migrations.AddField(
                model_name=model, name="backoff_step", field=models.PositiveSmallIntegerField(db_default=0, default=0)
            )
            for model in ("paymentoperation", "stripeevent")
        ),
        migrations.RenameField(model_name="paymentoperation", old_name="look_first", new_name="has_new_key"),
        migrations.AddField(
            model_name="paymentoperation",
            name="must_look_first",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="paymentoperation",
            name="reason",
            field=models.CharField(blank=True, choices=OPERATION_REASONS, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="paymentoperation",
            name="vendor_code",
            field=models.CharField(blank=True, db_default="", max_length=100),
        ),
        migrations.AddField(
            model_name="stripeevent",
            name="reason",
            field=models.CharField(blank=True, choices=EVENT_REASONS, db_default="", max_length=20),
        ),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="paymentoperation", name="error_code"),
        migrations.RemoveField(model_name="stripeevent", name="error"),
        migrations.AddConstraint(
            model_name="paymentoperation",
            constraint=models.CheckConstraint(condition=known(OPERATION_REASONS), name="operation_reason_known"),
        ),
        migrations.AddConstraint(
            model_name="stripeevent",
            constraint=models.CheckConstraint(condition=known(EVENT_REASONS), name="event_reason_known"),
        ),
        migrations.RenameIndex(model_name="stripeevent", old_name="event_not_heard", new_name="event_pending"),
    ]
