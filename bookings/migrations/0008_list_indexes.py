"""Lists are chosen, ordered and counted from indexes alone; what they replace goes last."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing

# An index says what a list needs only where the table was vacuumed: sooner than at a fifth of a table that only grows.
UPKEEP = "autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor"
SET_UPKEEP = f"ALTER TABLE bookings_booking SET ({UPKEEP.replace(',', ' = 0.02,')} = 0.02)"
RESET_UPKEEP = f"ALTER TABLE bookings_booking RESET ({UPKEEP})"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("bookings", "0007_leases"),
    ]

    operations = [
        migrations.RunSQL(SET_UPKEEP, RESET_UPKEEP),
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(
                fields=["patient", "-start", "id"],
                include=("state", "end", "secured_at"),
                name="booking_list_of_patient",
            ),
        ),
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("secured_at__isnull", False)),
                fields=["provider", "-start", "id"],
                include=("state", "end"),
                name="booking_list_of_provider",
            ),
        ),
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["patient", "expires_at", "id"],
                include=("state", "secured_at"),
                name="booking_waiting_of_patient",
            ),
        ),
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False), ("secured_at__isnull", False)),
                fields=["provider", "state", "expires_at", "id"],
                name="booking_waiting_of_provider",
            ),
        ),
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(fields=["patient", "provider", "state"], name="booking_met_before"),
        ),
        AddIndexWhileServing(
            model_name="bookingevent",
            index=models.Index(fields=["booking", "id"], name="event_of_booking"),
        ),
        RemoveIndexConcurrently(model_name="booking", name="booking_of_patient"),
        RemoveIndexConcurrently(model_name="booking", name="booking_of_provider"),
        RemoveIndexConcurrently(model_name="booking", name="booking_provider_queue"),
    ]
