"""Subscriptions. https://learn.microsoft.com/graph/api/resources/subscription"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from calendars.vendors.base import EventMissing
from calendars.vendors.calls import making_sense
from calendars.vendors.channels import ChannelRequest, OpenedChannel
from calendars.vendors.microsoft.calendar import path_of
from calendars.vendors.microsoft.client import VENDOR, Operation
from findr import clock

# Within the shorter of the two limits that Microsoft names for events, 4,230 and 10,080 minutes.
LENGTH = timedelta(minutes=4200)


def watch(operation: Operation, calendar: str, asked: ChannelRequest) -> OpenedChannel:
    """A subscription. The address is asked for a token before Graph answers. The client state says whose it is: pushes come
    in collections of any subscriptions.
    """
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": asked.url,
        "lifecycleNotificationUrl": asked.url,
        "resource": path_of(calendar, "events"),
        "expirationDateTime": f"{(clock.now() + LENGTH).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "clientState": f"{asked.id}.{asked.secret}",
    }
    made = operation.ask("POST", "/subscriptions", body=body)
    with making_sense(VENDOR):
        return OpenedChannel(str(made["id"]), datetime.fromisoformat(made["expirationDateTime"]))


def stop(operation: Operation, subscription: str) -> None:
    """404: it is over."""
    with suppress(EventMissing):
        operation.ask("DELETE", f"/subscriptions/{quote(subscription, safe='')}", missing=EventMissing)
