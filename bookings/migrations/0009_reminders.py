"""The marks of who was reminded of what."""

import django.db.models.deletion
from django.db import migrations, models

import findr.clock


class Migration(migrations.Migration):
    dependencies = [("bookings", "0008_list_indexes")]

    operations = [
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("day_before", "A day before the visit"),
                            ("hour_before", "An hour before the visit"),
                            ("expiring", "Before the request expires"),
                        ],
                        max_length=20,
                    ),
                ),
                ("due_for", models.DateTimeField()),
                ("told", models.BooleanField()),
                ("created_at", models.DateTimeField(default=findr.clock.now)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reminders", to="bookings.booking"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["due_for"], name="reminder_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("booking", "kind", "due_for"), name="reminder_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("day_before", "hour_before", "expiring"))),
                        name="reminder_kind_known",
                    ),
                ],
            },
        ),
    ]
