"""Only money jobs wake the worker at once: each NOTIFY serialises commits, so the other queues are polled."""

from django.db import migrations

TRIGGER = """
    DROP TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs;
    CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1
        AFTER INSERT ON procrastinate_jobs
        FOR EACH ROW WHEN (new.status = 'todo'::procrastinate_job_status{condition})
        EXECUTE PROCEDURE procrastinate_notify_queue_job_inserted_v1();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("procrastinate", "0041_post_retry_failed_job")]
    operations = [
        migrations.RunSQL(TRIGGER.format(condition=" AND new.queue_name = 'money'"), TRIGGER.format(condition="")),
    ]
