"""Words that a column may have, as one array (`findr.postgresql.lookups`). The next migration looks at the rows that stand."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0022_legal_pairs_as_an_array")]

    operations = [
        migrations.RemoveConstraint("booking", "booking_state_known"),
        migrations.RemoveConstraint("booking", "booking_type_known"),
        migrations.RemoveConstraint("booking", "booking_deadline_while_waiting"),
        migrations.RemoveConstraint("payment", "payment_state_known"),
        migrations.RemoveConstraint("paymentoperation", "operation_kind_known"),
        migrations.RemoveConstraint("paymentoperation", "operation_state_known"),
        migrations.RemoveConstraint("paymentoperation", "operation_reason_known"),
        AddConstraintNotValid(
            "booking",
            models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__one_of",
                        [
                            "pending_payment",
                            "pending_confirmation",
                            "reschedule_proposed",
                            "confirming",
                            "confirmed",
                            "checked_in",
                            "in_progress",
                            "completed",
                            "no_show",
                            "cancelled_patient",
                            "cancelled_provider",
                            "cancelled_admin",
                            "expired",
                            "payment_failed",
                        ],
                    )
                ),
                name="booking_state_known",
            ),
        ),
        AddConstraintNotValid(
            "booking",
            models.CheckConstraint(
                condition=models.Q(("booking_type__one_of", ["instant", "auto-request", "request"])),
                name="booking_type_known",
            ),
        ),
        AddConstraintNotValid(
            "booking",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("expires_at__isnull", False),
                        (
                            "state__one_of",
                            ("pending_payment", "pending_confirmation", "reschedule_proposed", "confirming"),
                        ),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "state__one_of",
                                ("pending_payment", "pending_confirmation", "reschedule_proposed", "confirming"),
                            ),
                            _negated=True,
                        ),
                        ("expires_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="booking_deadline_while_waiting",
            ),
        ),
        AddConstraintNotValid(
            "payment",
            models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__one_of",
                        [
                            "authorizing",
                            "requires_action",
                            "held",
                            "capturing",
                            "paid",
                            "releasing",
                            "released",
                            "refunding",
                            "refunded",
                            "partially_refunded",
                            "failed",
                        ],
                    )
                ),
                name="payment_state_known",
            ),
        ),
        AddConstraintNotValid(
            "paymentoperation",
            models.CheckConstraint(
                condition=models.Q(("kind__one_of", ["authorize", "capture", "cancel", "refund"])),
                name="operation_kind_known",
            ),
        ),
        AddConstraintNotValid(
            "paymentoperation",
            models.CheckConstraint(
                condition=models.Q(("state__one_of", ["pending", "succeeded", "failed"])), name="operation_state_known"
            ),
        ),
        AddConstraintNotValid(
            "paymentoperation",
            models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__one_of",
                        [
                            "",
                            "unclear",
                            "refused",
                            "disputed",
                            "stale",
                            "intent_status",
                            "refund_failed",
                            "kept",
                            "abandoned",
                            "booking_ended",
                            "capture_abandoned",
                        ],
                    )
                ),
                name="operation_reason_known",
            ),
        ),
    ]
