"""Tables that change with each booking are vacuumed and analysed at a fiftieth of their rows, not at a fifth and a tenth.

A fifth of a table of millions is months of dead rows, and of plans that think it as small as it was.
"""

from django.db import migrations

TABLES = ("bookings_payment", "bookings_paymentoperation", "bookings_bookingevent", "bookings_timehold")
UPKEEP = ("autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor", "autovacuum_analyze_scale_factor")
SET = ", ".join(f"{name} = 0.02" for name in UPKEEP)


class Migration(migrations.Migration):
    dependencies = [("bookings", "0013_fewer_indexes")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET ({SET})", f"ALTER TABLE {table} RESET ({', '.join(UPKEEP)})")
        for table in TABLES
    ]
