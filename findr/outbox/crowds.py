"""Many jobs at once: what somebody promises who works off a backlog, and for which nobody else's jobs shall wait.

They are promised in one statement that says of all of them once what is the same, and have a lower priority than those
that are promised one by one: the worker takes them while none of the others waits.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

# From so many on.
CROWD = 20
PRIORITY = -1
_PROMISE = """
    INSERT INTO procrastinate_jobs (task_name, queue_name, priority, args)
    SELECT %(task)s, %(queue)s, %(priority)s, call FROM jsonb_array_elements(%(calls)s) AS call
"""


def promise_crowd(task: str, queue: str, calls: Sequence[dict[str, Any]]) -> None:
    """Write a job for each of these arguments. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_PROMISE, {"task": task, "queue": queue, "priority": PRIORITY, "calls": json.dumps(calls)})
