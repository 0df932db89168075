"""Which refunds staff gave of their own accord: those are told, also after a cancellation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0004_suggestion_buffer"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentoperation",
            name="by_staff",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
