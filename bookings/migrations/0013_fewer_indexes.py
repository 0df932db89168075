"""Indexes that no statement looks into, since another one begins with the same columns, are not kept up with each change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing, drop_index_while_serving

PROTECT, CASCADE = django.db.models.deletion.PROTECT, django.db.models.deletion.CASCADE


def without_index(model, name, field, index, column):
    """The foreign key as it is, without an index of its own."""
    state = [migrations.AlterField(model_name=model, name=name, field=field)]
    return drop_index_while_serving(index, f"ON bookings_{model} ({column})", state)


def of_booking(model, related_name, index, on_delete=PROTECT):
    field = models.ForeignKey("bookings.booking", on_delete=on_delete, related_name=related_name, db_index=False)
    return without_index(model, "booking", field, index, "booking_id")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("bookings", "0012_reservations_lapse"),
        ("providers", "0002_one_spelling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("team_member__isnull", False)),
                fields=["team_member"],
                name="booking_of_team_member",
            ),
        ),
        without_index(
            "booking",
            "team_member",
            models.ForeignKey("providers.teammember", on_delete=PROTECT, null=True, related_name="+", db_index=False),
            "bookings_booking_team_member_id_8cf430f4",
            "team_member_id",
        ),
        of_booking("bookingevent", "events", "bookings_bookingevent_booking_id_98f25503"),
        of_booking("suggestedtime", "suggestions", "bookings_suggestedtime_booking_id_1dfe25dc"),
        of_booking("reminder", "reminders", "bookings_reminder_booking_id_733ac662", CASCADE),
        without_index(
            "reservation",
            "patient",
            models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=CASCADE, related_name="reservations", db_index=False),
            "bookings_reservation_patient_id_d9464cd0",
            "patient_id",
        ),
        # For LIKE with a beginning, which nobody asks: vendors' ids and our keys are looked up whole.
        drop_index_while_serving(
            "bookings_payment_intent_id_436ddf9e_like", "ON bookings_payment (intent_id varchar_pattern_ops)"
        ),
        drop_index_while_serving(
            "bookings_paymentoperation_idempotency_key_a0b48ce9_like",
            "ON bookings_paymentoperation (idempotency_key varchar_pattern_ops)",
        ),
        drop_index_while_serving(
            "bookings_stripeevent_id_814f68c0_like", "ON bookings_stripeevent (id varchar_pattern_ops)"
        ),
        drop_index_while_serving(
            "bookings_stripeevent_intent_id_f6a74088_like", "ON bookings_stripeevent (intent_id varchar_pattern_ops)"
        ),
    ]
