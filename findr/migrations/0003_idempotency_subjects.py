"""A key is bound to any subject, not to a booking alone."""

from django.db import migrations, models

SUBJECT_TYPES = (
    "UPDATE findr_idempotencykey SET subject_type = 'booking' WHERE subject_id IS NOT NULL",
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("findr", "0002_idempotency_keys")]

    operations = [
        migrations.RenameField(model_name="idempotencykey", old_name="booking_id", new_name="subject_id"),
        migrations.AddField(
            model_name="idempotencykey",
            name="subject_type",
            field=models.CharField(blank=True, max_length=30),
            preserve_default=False,
        ),
        migrations.RunSQL(*SUBJECT_TYPES),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.CheckConstraint(
                name="idempotency_key_subject_whole",
                condition=models.Q(subject_type="", subject_id=None)
                | ~models.Q(subject_type="") & ~models.Q(subject_id=None),
            ),
        ),
    ]
