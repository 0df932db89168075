"""What has changed of late is found by its history."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations

from findr.postgresql.operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bookings", "0016_finding_of_an_intent")]

    operations = [
        AddIndexWhileServing(
            model_name="bookingevent",
            index=BrinIndex(autosummarize=True, fields=["created_at"], name="event_by_age"),
        ),
    ]
