"""Whether a worker lives: each says so in the database every few seconds."""

from django.db import connection


def a_worker_lives() -> bool:
    """Whether a heartbeat of any worker is younger than a minute.

    Raises:
        DatabaseError: nobody can say.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute')"
        )
        (found,) = cursor.fetchone()
    return bool(found)
