"""Each change of a booking writes into all of its indexes: those of the two foreign keys begin others, or do now."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing, drop_index_while_serving


def without_index(name, to, index):
    """The foreign key as it is, without an index of its own."""
    field = models.ForeignKey(to, on_delete=django.db.models.deletion.PROTECT, related_name="bookings", db_index=False)
    state = [migrations.AlterField(model_name="booking", name=name, field=field)]
    return drop_index_while_serving(index, f"ON bookings_booking ({name}_id)", state)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("bookings", "0021_ids_by_time"),
        ("providers", "0002_one_spelling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(fields=["provider", "patient", "state"], name="booking_of_provider"),
        ),
        RemoveIndexConcurrently(model_name="booking", name="booking_met_before"),
        without_index("patient", settings.AUTH_USER_MODEL, "bookings_booking_patient_id_4ba5f3b9"),
        without_index("provider", "providers.provider", "bookings_booking_provider_id_dd0437f1"),
    ]
