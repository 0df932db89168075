"""The feed, notifications and deliveries are vacuumed and analysed at a fiftieth of their rows, as bookings are."""

from django.db import migrations

TABLES = ("notifications_feedevent", "notifications_notification", "notifications_delivery")
UPKEEP = ("autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor", "autovacuum_analyze_scale_factor")
SET = ", ".join(f"{name} = 0.02" for name in UPKEEP)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_devices")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET ({SET})", f"ALTER TABLE {table} RESET ({', '.join(UPKEEP)})")
        for table in TABLES
    ]
