"""How often in a row no channel could be opened; and ids of events that rise with time."""

import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calendars", "0004_event_vendor_ids"),
    ]

    operations = [
        migrations.AddField(
            model_name="mirroredcalendar",
            name="unwatched_tries",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="calendarevent",
            name="id",
            field=models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False),
        ),
    ]
