"""Each suggested time keeps the buffer with which it was taken; until now that was its booking's."""

from django.db import migrations, models

AS_ITS_BOOKING = """
UPDATE bookings_suggestedtime s SET buffer_minutes = b.buffer_minutes FROM bookings_booking b WHERE b.id = s.booking_id
"""


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_book_findings")]

    operations = [
        migrations.AddField(
            model_name="suggestedtime",
            name="buffer_minutes",
            field=models.PositiveIntegerField(db_default=0),
        ),
        migrations.RunSQL(AS_ITS_BOOKING, migrations.RunSQL.noop),
    ]
