"""How often a patient has been at a practice, and whatever refers to either, is found without indexes of the two by themselves."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing, drop_index_while_serving


def without_index(name, refers_to, index):
    """The foreign key as it is, without an index of its own."""
    field = models.ForeignKey(
        refers_to, on_delete=django.db.models.deletion.PROTECT, related_name="bookings", db_index=False
    )
    state = [migrations.AlterField(model_name="booking", name=name, field=field)]
    return drop_index_while_serving(index, f"ON bookings_booking ({name}_id)", state)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("bookings", "0024_words_hold"),
        ("providers", "0002_one_spelling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(fields=["provider", "patient", "state"], name="booking_been_before"),
        ),
        RemoveIndexConcurrently(model_name="booking", name="booking_met_before"),
        without_index("patient", settings.AUTH_USER_MODEL, "bookings_booking_patient_id_4ba5f3b9"),
        without_index("provider", "providers.provider", "bookings_booking_provider_id_dd0437f1"),
    ]
