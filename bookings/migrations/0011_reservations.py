"""A patient keeps a time while they type their card number (contract 16.3)."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import findr.clock


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0010_visits_to_come"),
        ("providers", "0002_one_spelling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("owner", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("lane", models.UUIDField()),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("created_at", models.DateTimeField(default=findr.clock.now)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reservations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reservations",
                        to="providers.provider",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("patient", "provider"), name="reservation_one_with_each_practice"),
                    models.CheckConstraint(
                        condition=models.Q(("end__gt", models.F("start"))), name="reservation_forward"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="timehold",
            name="lapses_at",
            field=models.DateTimeField(null=True),
        ),
        # Of the rows that are there it is asked in a migration of its own: this one must not hold up who writes them.
        AddConstraintNotValid(
            model_name="timehold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reservation"), ("lapses_at__isnull", False)),
                    models.Q(models.Q(("kind", "reservation"), _negated=True), ("lapses_at", None)),
                    _connector="OR",
                ),
                name="time_hold_reservations_lapse",
            ),
        ),
    ]
