"""Every hold keeps the constraint of 0011, those from before it too."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bookings", "0011_reservations")]

    operations = [ValidateConstraint("timehold", "time_hold_reservations_lapse")]
