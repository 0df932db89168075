"""The mirror of busy times, the channels that tell of changes, for which lane an event was written, and what was done to it there."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import findr.clock


class Migration(migrations.Migration):
    dependencies = [("calendars", "0002_event_lists")]

    operations = [
        migrations.AddField(
            model_name="calendarevent",
            name="lane",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="calendarevent",
            name="outside",
            field=models.CharField(
                blank=True,
                choices=[("deleted", "Deleted by hand"), ("moved", "Moved by hand")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="calendarevent",
            name="is_outside_told",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Mirror",
            fields=[
                ("claimed_until", models.DateTimeField()),
                ("lease_token", models.UUIDField(editable=False, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("backoff_step", models.PositiveSmallIntegerField(db_default=0, default=0)),
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="mirror",
                        serialize=False,
                        to="calendars.calendarconnection",
                    ),
                ),
                ("is_asked", models.BooleanField(default=False)),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            name="MirroredCalendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calendar", models.CharField(max_length=500)),
                ("cursor", models.TextField(blank=True)),
                ("starts", models.DateTimeField(null=True)),
                ("ends", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("restarts", models.PositiveSmallIntegerField(default=0)),
                (
                    "mirror",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="calendars", to="calendars.mirror"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("mirror", "calendar"), name="mirrored_calendar_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BusyTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(max_length=1024)),
                ("series_id", models.CharField(blank=True, max_length=1024)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="busy_times",
                        to="calendars.mirroredcalendar",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["calendar", "end"], name="busy_time_of_calendar")],
                "constraints": [
                    models.UniqueConstraint(fields=("calendar", "event_id"), name="busy_time_once"),
                    models.CheckConstraint(
                        condition=models.Q(("end__gt", models.F("start"))), name="busy_time_forward"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("claimed_until", models.DateTimeField()),
                ("lease_token", models.UUIDField(editable=False, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("backoff_step", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("calendar", models.CharField(max_length=500)),
                ("vendor_id", models.CharField(blank=True, max_length=500)),
                ("secret_hash", models.CharField(max_length=64)),
                ("is_wanted", models.BooleanField(default=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_push_at", models.DateTimeField(null=True)),
                ("silences", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=findr.clock.now, editable=False)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="channels",
                        to="calendars.calendarconnection",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
    ]
