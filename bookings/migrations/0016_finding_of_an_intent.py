"""What was found at the vendor is found there again: by the intent that it is about."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0015_count_of_provider")]

    operations = [
        migrations.AddField(
            model_name="bookfinding",
            name="intent_id",
            field=models.CharField(blank=True, db_default="", max_length=255),
        ),
    ]
