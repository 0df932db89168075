"""How many bookings each practice has is kept beside them: those that stand are counted while nobody writes one."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

TRIGGERS = ("counted_on_insert_1ac60", "counted_on_delete_8f139", "counted_on_update_d1343")
# For whoever writes rows in bulk without the guards, too: a count knows nothing of what it was not told of.
ALWAYS = ", ".join(f"ENABLE ALWAYS TRIGGER pgtrigger_{name}" for name in TRIGGERS)
COUNT = """
    INSERT INTO bookings_practicecount (provider_id, bookings)
    SELECT provider_id, count(*) FROM bookings_booking WHERE secured_at IS NOT NULL GROUP BY provider_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0025_one_index_of_practice_and_patient"),
        ("providers", "0002_one_spelling"),
    ]

    operations = [
        # As long as the counting takes, half a second for a million; to read goes on. Practices first, as whoever books has it:
        # the reference to them, which Django makes last, wants their lock.
        migrations.RunSQL(
            "LOCK TABLE providers_provider, bookings_booking IN SHARE ROW EXCLUSIVE MODE", migrations.RunSQL.noop
        ),
        migrations.CreateModel(
            name="PracticeCount",
            fields=[
                (
                    "provider",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="providers.provider",
                    ),
                ),
                ("bookings", models.PositiveBigIntegerField()),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="booking",
            trigger=pgtrigger.compiler.Trigger(
                name="counted_on_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF EXISTS (SELECT FROM added WHERE secured_at IS NOT NULL) THEN\n        INSERT INTO bookings_practicecount (provider_id, bookings)\n        SELECT provider_id, count(*) FROM added WHERE secured_at IS NOT NULL GROUP BY provider_id ORDER BY provider_id\n        ON CONFLICT (provider_id) DO UPDATE SET bookings = bookings_practicecount.bookings + EXCLUDED.bookings;\n    END IF;\n    RETURN NULL;\n",
                    hash="a45241b587ca45e79f8af33a79dc0cc012fbf0c0",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_counted_on_insert_1ac60",
                    referencing="REFERENCING NEW TABLE AS added ",
                    table="bookings_booking",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="booking",
            trigger=pgtrigger.compiler.Trigger(
                name="counted_on_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    UPDATE bookings_practicecount c SET bookings = c.bookings - gone.bookings\n    FROM (SELECT provider_id, count(*) AS bookings FROM removed WHERE secured_at IS NOT NULL GROUP BY provider_id) gone\n    WHERE c.provider_id = gone.provider_id;\n    RETURN NULL;\n",
                    hash="f253c6c62cc58e0478aa5db4e044ea4a779dd220",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_counted_on_delete_8f139",
                    referencing="REFERENCING OLD TABLE AS removed ",
                    table="bookings_booking",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="booking",
            trigger=pgtrigger.compiler.Trigger(
                name="counted_on_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN ((OLD.secured_at IS NULL) <> (NEW.secured_at IS NULL) OR OLD.provider_id <> NEW.provider_id)",
                    constraint="CONSTRAINT",
                    func="\n    IF OLD.secured_at IS NOT NULL THEN\n        UPDATE bookings_practicecount SET bookings = bookings - 1 WHERE provider_id = OLD.provider_id;\n    END IF;\n    IF NEW.secured_at IS NOT NULL THEN\n        INSERT INTO bookings_practicecount (provider_id, bookings) VALUES (NEW.provider_id, 1)\n        ON CONFLICT (provider_id) DO UPDATE SET bookings = bookings_practicecount.bookings + 1;\n    END IF;\n    RETURN NULL;\n",
                    hash="ac15b6ce7b52c64be4523a95e8b9c88aed99ec48",
                    operation="UPDATE",
                    pgid="pgtrigger_counted_on_update_d1343",
                    table="bookings_booking",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(f"ALTER TABLE bookings_booking {ALWAYS}", migrations.RunSQL.noop),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
