"""Watch channels. https://developers.google.com/workspace/calendar/api/guides/push"""

from contextlib import suppress
from datetime import UTC, datetime

from calendars.vendors.base import EventMissing
from calendars.vendors.calls import making_sense
from calendars.vendors.channels import ChannelRequest, OpenedChannel
from calendars.vendors.google.client import VENDOR, Operation


def watch(operation: Operation, calendar: str, asked: ChannelRequest) -> OpenedChannel:
    """A channel for a week: Google's own length, and the longest."""
    body = {"id": asked.id, "type": "web_hook", "address": asked.url, "token": asked.secret}
    made = operation.ask(lambda api: api.events().watch(calendarId=calendar, body=body))
    with making_sense(VENDOR):
        ends = datetime.fromtimestamp(int(made["expiration"]) / 1000, UTC)
        return OpenedChannel(str(made["resourceId"]), ends)


def stop(operation: Operation, channel: str, resource: str) -> None:
    """404: it is over."""
    with suppress(EventMissing):
        operation.ask(
            lambda api: api.channels().stop(body={"id": channel, "resourceId": resource}), missing=EventMissing
        )
