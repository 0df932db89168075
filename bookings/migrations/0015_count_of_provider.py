"""How long a practice's list is can be counted from an index that says nothing else."""

from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bookings", "0014_upkeep_of_hot_tables")]

    operations = [
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("secured_at__isnull", False)),
                fields=["provider", "state"],
                name="booking_count_of_provider",
            ),
        ),
    ]
