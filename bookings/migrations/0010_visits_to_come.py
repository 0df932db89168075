"""The visits that reminders are sent for are found by their start."""

from django.db import migrations, models

from findr.postgresql.operations import AddIndexWhileServing


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("bookings", "0009_reminders")]

    operations = [
        AddIndexWhileServing(
            model_name="booking",
            index=models.Index(condition=models.Q(("state", "confirmed")), fields=["start"], name="booking_to_come"),
        ),
    ]
