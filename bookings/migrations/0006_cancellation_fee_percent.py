"""The fee percent that was applied stays with the booking: a later change of the policy must not retell old stories."""

from django.db import migrations, models

# The policy as it was on the day of this migration, which is the one that was applied to all bookings before it.
FILL = """
    UPDATE bookings_booking SET cancellation_fee_percent = CASE
        WHEN cancelled_by <> 'user' OR confirmed_at IS NULL THEN 0
        WHEN start - cancelled_at
            >= CASE cancellation_tier WHEN 'moderate' THEN INTERVAL '48 hours' ELSE INTERVAL '24 hours' END THEN 0
        WHEN start - cancelled_at
            >= CASE cancellation_tier WHEN 'moderate' THEN INTERVAL '24 hours' ELSE INTERVAL '12 hours' END THEN 25
        WHEN start > cancelled_at THEN 50
        ELSE 100
    END
    WHERE cancelled_at IS NOT NULL AND declined_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0005_refund_by_staff"),
    ]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="cancellation_fee_percent",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
