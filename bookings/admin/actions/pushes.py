"""Staff have pushed once more what patient and practice were told last."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry

from bookings.actors import Actor
from bookings.admin.actions.base import ActionForm, ActionResult, StaffAction
from bookings.models import Booking
from notifications.models import Notification
from notifications.push.devices import devices_of
from notifications.services.pushing_again import last_told, push_again

_SIDES = {Notification.RecipientType.USER: "The patient", Notification.RecipientType.PROVIDER: "The practice"}


def _fits(booking: Booking) -> bool:
    """Nobody is told of what was never secured. Whether it is still so, the page of the action says."""
    return booking.secured_at is not None


def _preview(booking: Booking) -> str:
    told = [_line(one) for one in last_told(booking.id)]
    return " ".join(told) or "Nothing can be done: what was told last is no longer so."


def _line(notification: Notification) -> str:
    count = devices_of(notification.recipient).count()
    where = {0: "no device: nothing reaches them", 1: "one device"}.get(count, f"{count} devices")
    side = _SIDES[Notification.RecipientType(notification.recipient_type)]
    return f"{side} is pushed “{notification.title}” on {where}."


def _push(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    """No line of the booking's history: nothing of it changes."""
    if not push_again(booking.id):
        return ActionResult(messages.WARNING, f"{booking}: nothing was pushed: what was told last is no longer so.")
    LogEntry.objects.log_actions(cast("UUID", actor.user_id), [booking], CHANGE, "Pushed again.", single_object=True)
    return ActionResult(messages.SUCCESS, f"{booking}: is being pushed again. This page then shows what became of it.")


PUSH = StaffAction("push", "Push again:", "Push it", ActionForm, _preview, _push, _fits, is_alone=True)
