"""`booking_by_start` finds the visits to come as well."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bookings", "0018_lists_of_the_console")]

    operations = [RemoveIndexConcurrently(model_name="booking", name="booking_to_come")]
