"""Microsoft behind the protocol of a calendar vendor."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

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
from calendars.vendors.intervals import clipped
from calendars.vendors.microsoft import calendar as shapes
from calendars.vendors.microsoft import client, consent, mirroring, watching
from calendars.vendors.microsoft.client import Operation, within
from calendars.vendors.refusals import Conflict
from calendars.vendors.tokens import tokens_of


class MicrosoftCalendars:
    """See `CalendarVendor`. Graph chooses the ids of events; our key is a property of theirs by which they are found."""

    def is_configured(self) -> bool:
        return bool(settings.MICROSOFT_CLIENT_ID)

    def consent(self, state: str) -> Consent:
        if not self.is_configured():
            raise NotConfigured("Microsoft is not configured.")
        return consent.consent(state)

    def exchange_code(self, kept: Mapping[str, object], answer: Mapping[str, str], *, seconds: float) -> Grant:
        return client.calls.within(seconds, lambda: consent.exchange(kept, answer, seconds))

    def refresh(self, refresh_token: str, *, seconds: float) -> Tokens:
        """Each refresh gives a new refresh token, which must be kept."""

        def work() -> Tokens:
            return tokens_of(client.VENDOR, client.tokens_of_refresh(refresh_token, seconds=seconds))

        return client.calls.within(seconds, work)

    def revoke(self, refresh_token: str, *, seconds: float) -> None:
        """Microsoft has no call for it: people take consent back at https://myapps.microsoft.com."""

    def list_calendars(self, access: Access, *, seconds: float) -> list[VendorCalendar]:
        query = {"$select": "id,name,isDefaultCalendar,canEdit", "$top": "100"}

        def work(operation: Operation) -> list[VendorCalendar]:
            with making_sense(client.VENDOR):
                pages = operation.pages("/me/calendars", query)
                found = [shapes.calendar_of(entry) for page in pages for entry in page["value"]]
            return sorted(found, key=lambda one: not one.is_primary)

        return within(access, seconds, work)

    def busy(
        self, access: Access, calendars: Sequence[str], start: datetime, end: datetime, *, seconds: float
    ) -> list[BusyInterval]:
        """A work account's primary calendar by its schedule; others, and all of a personal account, event by event."""
        by_schedule = list(calendars) == [shapes.PRIMARY] and not access.is_personal
        by_schedule = by_schedule and end - start <= shapes.LONGEST_SCHEDULE

        def work(operation: Operation) -> list[BusyInterval]:
            with making_sense(client.VENDOR):
                if by_schedule:
                    question = shapes.schedule_question(access.email, start, end)
                    answer = operation.ask("POST", "/me/calendar/getSchedule", body=question)
                    return clipped(shapes.busy_in_schedule(answer), start, end)
                question = shapes.view_question(start, end, shapes.VIEW_FIELDS)
                events = [event for one in calendars for event in _viewed(operation, one, question)]
                return clipped(shapes.busy_in_view(events), start, end)

        return within(access, seconds, work)

    def read_events(
        self, access: Access, calendar: str, start: datetime, end: datetime, *, seconds: float
    ) -> CalendarChanges:
        return within(access, seconds, lambda operation: mirroring.read_events(operation, calendar, start, end))

    def read_changes(self, access: Access, calendar: str, cursor: str, *, seconds: float) -> CalendarChanges:
        return within(access, seconds, lambda operation: mirroring.read_changes(operation, cursor))

    def watch(self, access: Access, calendar: str, asked: ChannelRequest, *, seconds: float) -> OpenedChannel:
        return within(access, seconds, lambda operation: watching.watch(operation, calendar, asked))

    def stop_watching(self, access: Access, channel: str, vendor_id: str, *, seconds: float) -> None:
        within(access, seconds, lambda operation: watching.stop(operation, vendor_id))

    def create_event(self, access: Access, calendar: str, draft: EventDraft, *, seconds: float) -> str:
        """It is looked for first: for how long Graph knows a `transactionId` again is said nowhere. Nobody waits for it."""
        body = shapes.event_body(draft)

        def work(operation: Operation) -> str:
            found = _found(operation, calendar, draft.key)
            if found is None:
                try:
                    return _created(operation, calendar, {**body, "transactionId": draft.key})
                except Conflict:
                    found = _found(operation, calendar, draft.key)
                if found is None:  # Made once and deleted since, which Graph still remembers.
                    return _created(operation, calendar, body)
            operation.ask("PATCH", shapes.event_path(found.id), body=body, missing=EventMissing)
            return found.id

        return within(access, seconds, work)

    def update_event(self, access: Access, calendar: str, event_id: str, draft: EventDraft, *, seconds: float) -> None:
        def work(operation: Operation) -> None:
            operation.ask("PATCH", shapes.event_path(event_id), body=shapes.event_body(draft), missing=EventMissing)

        within(access, seconds, work)

    def delete_event(self, access: Access, calendar: str, event_id: str, *, seconds: float) -> None:
        def work(operation: Operation) -> None:
            with suppress(EventMissing):
                operation.ask("DELETE", shapes.event_path(event_id), missing=EventMissing)

        within(access, seconds, work)

    def find_event(self, access: Access, calendar: str, key: str, *, seconds: float) -> VendorEvent | None:
        return within(access, seconds, lambda operation: _found(operation, calendar, key))

    def our_events(
        self, access: Access, calendar: str, start: datetime, end: datetime, *, seconds: float
    ) -> list[VendorEvent]:
        """Of all events of that time, since Graph cannot be asked for both."""
        question = {**shapes.view_question(start, end, shapes.EVENT_FIELDS), "$expand": shapes.KEY_EXPANDED}

        def work(operation: Operation) -> list[VendorEvent]:
            with making_sense(client.VENDOR):
                events = [shapes.event_of(event) for event in _viewed(operation, calendar, question)]
            return [event for event in events if event and start <= event.start < end]

        return within(access, seconds, work)


def _viewed(operation: Operation, calendar: str, question: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for page in operation.pages(shapes.path_of(calendar, "calendarView"), question):
        yield from page["value"]


def _found(operation: Operation, calendar: str, key: str) -> VendorEvent | None:
    answer = operation.ask("GET", shapes.path_of(calendar, "events"), query=shapes.with_key(key))
    with making_sense(client.VENDOR):
        found = (shapes.event_of(event) for event in answer["value"])
        return next((event for event in found if event), None)


def _created(operation: Operation, calendar: str, body: Mapping[str, Any]) -> str:
    made = operation.ask("POST", shapes.path_of(calendar, "events"), body=body)
    with making_sense(client.VENDOR):
        return str(made["id"])
