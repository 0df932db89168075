"""What the tables stand on: exclusion constraints over uuids and ranges, and the running number of bookings."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL("CREATE SEQUENCE bookings_number", "DROP SEQUENCE bookings_number"),
    ]
