"""The console's list of events, and its number of those that are wrong, come from indexes."""

from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("calendars", "0001_initial")]

    operations = [
        AddIndexWhileServing(
            model_name="calendarevent",
            index=models.Index(
                condition=models.Q(("state__in", ("failed", "lost"))), fields=["end"], name="calendar_event_wrong"
            ),
        ),
        AddIndexWhileServing(
            model_name="calendarevent",
            index=models.Index(fields=["-created_at", "id"], name="calendar_event_latest"),
        ),
    ]
