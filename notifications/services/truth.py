"""Whether people may still be told what a notification says (lesson 61)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from findr import clock
from notifications.models import Notification
from notifications.signals import asked_why_untrue


def why_untrue(notifications: Iterable[Notification]) -> dict[UUID, str]:
    """Of these, by their ids, those that nobody should be told any more, and why, in a word."""
    by_id = {one.id: one for one in notifications}
    untrue: dict[UUID, str] = {}
    answers: Any = asked_why_untrue.send(Notification, notifications=list(by_id.values()))
    for _, reasons in answers:
        untrue |= reasons
    over = {one.id: "too_late" for one in by_id.values() if one.valid_until <= clock.now()}
    return untrue | over | {one.id: "deleted" for one in by_id.values() if one.deleted_at}
