"""Whether the rows that stand have these words; while everybody goes on working."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_words_as_an_array")]

    operations = [
        ValidateConstraint("notification", "notification_recipient_type_known"),
        ValidateConstraint("notification", "notification_priority_known"),
    ]
