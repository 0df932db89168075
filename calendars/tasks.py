"""The jobs of the calendars app: where Procrastinate looks for them. Each may run twice."""

from calendars import connection_tasks

__all__ = ["connection_tasks"]
