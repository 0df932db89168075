"""Words that a column may have, as one array (`findr.postgresql.lookups`). The next migration looks at the rows that stand."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_ids_by_time")]

    operations = [
        migrations.RemoveConstraint("notification", "notification_recipient_type_known"),
        migrations.RemoveConstraint("notification", "notification_priority_known"),
        AddConstraintNotValid(
            "notification",
            models.CheckConstraint(
                condition=models.Q(("recipient_type__one_of", ("User", "Provider"))),
                name="notification_recipient_type_known",
            ),
        ),
        AddConstraintNotValid(
            "notification",
            models.CheckConstraint(
                condition=models.Q(("priority__one_of", ("normal", "high"))), name="notification_priority_known"
            ),
        ),
    ]
