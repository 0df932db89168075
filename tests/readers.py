"""Calendars that say one thing, for `settings.CALENDAR_READER`: connected ones, and one that cannot even be asked."""

from datetime import timedelta

from calendars.reading import CalendarAnswer, Look
from providers.models import Provider


class Free:
    """Connected, and free at any time."""

    answer = CalendarAnswer.FREE

    def connection_of(self, provider_id, member_id, *, may_have_one=True):
        return provider_id

    def look(self, connection, start, end, *, seconds):
        return Look(self.answer)


class NeverAsked(Free):
    """Connected, and nobody may look into it."""

    def look(self, provider_id, start, end, *, seconds):
        raise AssertionError("The calendar was asked.")


class FreeFor75Minutes(Free):
    """Connected, and free for an hour with a break of a quarter after it, but for no longer."""

    def look(self, connection, start, end, *, seconds):
        return Look(CalendarAnswer.FREE if end - start <= timedelta(minutes=75) else CalendarAnswer.BUSY)


class Busy(Free):
    """Connected, and busy at any time."""

    answer = CalendarAnswer.BUSY


class SuspendedMeanwhile(Free):
    """Connected and free; staff suspend the practice while it is asked."""

    def look(self, connection, start, end, *, seconds):
        Provider.objects.filter(id=connection).update(status=Provider.Status.SUSPENDED)
        return Look(self.answer)


class Failed(Free):
    """Connected, but the vendor does not answer."""

    answer = CalendarAnswer.FAILED


class Broken:
    """A defect of ours: it raises before anything is asked."""

    SECRET = "ya29.secret-of-the-calendar"

    def __init__(self):
        raise RuntimeError(f"token {self.SECRET} is of no use")
