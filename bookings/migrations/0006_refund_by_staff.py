"""Which refunds staff gave of their own accord: those are told, also after a cancellation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0005_all_kept_as_fee"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentoperation",
            name="by_staff",
            field=models.BooleanField(default=False),
        ),
    ]
