"""A job delivers several notifications: those that wait are written so."""

from django.db import migrations

FORWARDS = """
    UPDATE procrastinate_jobs SET args = jsonb_build_object('notification_ids', jsonb_build_array(args->'notification_id'))
    WHERE task_name = 'notifications.deliver' AND args ? 'notification_id'
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_upkeep_of_hot_tables"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
