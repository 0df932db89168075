"""Moments read as numbers, where so many are read that making datetimes of them is what takes the time."""

from django.db.models import FloatField, Func


class Seconds(Func):
    """A moment as seconds since 1970, exactly as `datetime.timestamp()` gives them: microseconds fit into a double."""

    template = "extract(epoch from %(expressions)s)::float8"
    arity = 1
    output_field = FloatField()
