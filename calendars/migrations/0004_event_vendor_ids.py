"""An event is found by the vendor's id of it: what the mirror says of one of ours is not taken for somebody else's. And those
that somebody changed by hand are found among all others.
"""

from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("calendars", "0003_mirror")]

    operations = [
        AddIndexWhileServing(
            model_name="calendarevent",
            index=models.Index(
                condition=models.Q(("vendor_id", ""), _negated=True),
                fields=["vendor_id"],
                name="calendar_event_vendor_id",
            ),
        ),
        AddIndexWhileServing(
            model_name="calendarevent",
            index=models.Index(
                condition=models.Q(("outside", ""), _negated=True), fields=["end"], name="calendar_event_outside"
            ),
        ),
    ]
