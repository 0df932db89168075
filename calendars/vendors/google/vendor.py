"""Google behind the protocol of a calendar vendor."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from django.conf import settings

from calendars.vendors.base import (
    Access,
    BusyInterval,
    CalendarChanges,
    Consent,
    EventDraft,
    EventMissing,
    Grant,
    NotConfigured,
    Tokens,
    VendorCalendar,
    VendorEvent,
)
from calendars.vendors.calls import making_sense
from calendars.vendors.channels import ChannelRequest, OpenedChannel
from calendars.vendors.google import calendar as shapes
from calendars.vendors.google import client, consent, mirroring, watching
from calendars.vendors.google.client import Operation
from calendars.vendors.intervals import clipped
from calendars.vendors.refusals import Conflict
from calendars.vendors.tokens import tokens_of

T = TypeVar("T")
PAGE_SIZE = 100


class GoogleCalendars:
    """See `CalendarVendor`. An event's id at Google is our key, so the same visit is never there twice."""

    def is_configured(self) -> bool:
        return bool(settings.GOOGLE_CLIENT_ID)

    def consent(self, state: str) -> Consent:
        if not self.is_configured():
            raise NotConfigured("Google is not configured.")
        return consent.consent(state)

    def exchange_code(self, kept: Mapping[str, object], answer: Mapping[str, str], *, seconds: float) -> Grant:
        return client.calls.within(seconds, lambda: consent.exchange(kept, answer, seconds))

    def refresh(self, refresh_token: str, *, seconds: float) -> Tokens:
        def work() -> Tokens:
            return tokens_of(client.VENDOR, client.tokens_of_refresh(refresh_token, seconds=seconds))

        return client.calls.within(seconds, work)

    def revoke(self, refresh_token: str, *, seconds: float) -> None:
        client.calls.within(seconds, lambda: client.revoke(refresh_token, seconds=seconds))

    def list_calendars(self, access: Access, *, seconds: float) -> list[VendorCalendar]:
        def work(operation: Operation) -> list[VendorCalendar]:
            pages = operation.pages(lambda api, page: api.calendarList().list(maxResults=PAGE_SIZE, pageToken=page))
            with making_sense(client.VENDOR):
                found = [shapes.calendar_of(entry) for page in pages for entry in page["items"]]
            return sorted(found, key=lambda one: not one.is_primary)

        return _within(access, seconds, work)

    def busy(
        self, access: Access, calendars: Sequence[str], start: datetime, end: datetime, *, seconds: float
    ) -> list[BusyInterval]:
        question = shapes.busy_question(calendars, start, end)

        def work(operation: Operation) -> list[BusyInterval]:
            answer = operation.ask(lambda api: api.freebusy().query(body=question))
            with making_sense(client.VENDOR):
                return clipped(shapes.busy_times(answer, calendars), start, end)

        return _within(access, seconds, work)

    def read_events(
        self, access: Access, calendar: str, start: datetime, end: datetime, *, seconds: float
    ) -> CalendarChanges:
        return _within(access, seconds, lambda operation: mirroring.read_events(operation, calendar, start, end))

    def read_changes(self, access: Access, calendar: str, cursor: str, *, seconds: float) -> CalendarChanges:
        return _within(access, seconds, lambda operation: mirroring.read_changes(operation, calendar, cursor))

    def watch(self, access: Access, calendar: str, asked: ChannelRequest, *, seconds: float) -> OpenedChannel:
        return _within(access, seconds, lambda operation: watching.watch(operation, calendar, asked))

    def stop_watching(self, access: Access, channel: str, vendor_id: str, *, seconds: float) -> None:
        _within(access, seconds, lambda operation: watching.stop(operation, channel, vendor_id))

    def create_event(self, access: Access, calendar: str, draft: EventDraft, *, seconds: float) -> str:
        """One that is there already, deleted or not, is written over: that is one call, and reading it first two."""
        body = shapes.event_body(draft)

        def work(operation: Operation) -> str:
            try:
                operation.ask(lambda api: api.events().insert(calendarId=calendar, body=body, sendUpdates="none"))
            except Conflict:
                _overwrite(operation, calendar, draft.key, draft)
            return draft.key

        return _within(access, seconds, work)

    def update_event(self, access: Access, calendar: str, event_id: str, draft: EventDraft, *, seconds: float) -> None:
        """One that was deleted by hand is there again."""
        _within(access, seconds, lambda operation: _overwrite(operation, calendar, event_id, draft))

    def delete_event(self, access: Access, calendar: str, event_id: str, *, seconds: float) -> None:
        def work(operation: Operation) -> None:
            with suppress(EventMissing):
                operation.ask(
                    lambda api: api.events().delete(calendarId=calendar, eventId=event_id, sendUpdates="none"),
                    missing=EventMissing,
                )

        _within(access, seconds, work)

    def find_event(self, access: Access, calendar: str, key: str, *, seconds: float) -> VendorEvent | None:
        def work(operation: Operation) -> VendorEvent | None:
            try:
                event = operation.ask(
                    lambda api: api.events().get(calendarId=calendar, eventId=key), missing=EventMissing
                )
            except EventMissing:
                return None
            with making_sense(client.VENDOR):
                return None if event["status"] == "cancelled" else shapes.event_of(event)

        return _within(access, seconds, work)

    def our_events(
        self, access: Access, calendar: str, start: datetime, end: datetime, *, seconds: float
    ) -> list[VendorEvent]:
        wanted = shapes.ours_between(start, end)

        def work(operation: Operation) -> list[VendorEvent]:
            pages = operation.pages(
                lambda api, page: api.events().list(
                    calendarId=calendar, maxResults=PAGE_SIZE, pageToken=page, singleEvents=True, **wanted
                )
            )
            with making_sense(client.VENDOR):
                found = [shapes.event_of(event) for page in pages for event in page["items"]]
            return [event for event in found if start <= event.start < end]

        return _within(access, seconds, work)


def _within(access: Access, seconds: float, work: Callable[[Operation], T]) -> T:
    return client.calls.within(seconds, lambda: work(Operation(access, seconds)))


def _overwrite(operation: Operation, calendar: str, event_id: str, draft: EventDraft) -> None:
    body = {**shapes.event_body(draft), "id": event_id}
    operation.ask(
        lambda api: api.events().update(calendarId=calendar, eventId=event_id, body=body, sendUpdates="none"),
        missing=EventMissing,
    )
