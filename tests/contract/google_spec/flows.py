"""Everything that happens between findr and Google's calendars, call by call, with Google's own client."""

from __future__ import annotations

from typing import Any

import pytest
from googleapiclient.errors import HttpError  # noqa: TID251  the sandbox is checked with the SDK that findr uses
from sandbox.listener import listening

PAT = "pat@example.test"
VISIT = {
    "id": "bk012",
    "summary": "findr visit",
    "description": "Booking 7",
    "location": "Room 2",
    "visibility": "private",
    "transparency": "opaque",
    "start": {"dateTime": "2027-03-01T10:00:00Z"},
    "end": {"dateTime": "2027-03-01T11:00:00Z"},
    "extendedProperties": {"private": {"booking": "b1"}, "shared": {"made": "here"}},
    "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 10}]},
    "source": {"title": "findr", "url": "https://findr.example"},
}
ZURICH = {"timeZone": "Europe/Zurich"}
WEEKLY = {
    "id": "team0",
    "start": {"dateTime": "2027-03-15T09:00:00+01:00", **ZURICH},
    "end": {"dateTime": "2027-03-15T10:00:00+01:00", **ZURICH},
    "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20270405T070000Z"],
}
SECOND = "team0_20270322T080000Z"
WINDOW = {"timeMin": "2027-02-28T00:00:00+01:00", "timeMax": "2027-04-20T00:00:00Z"}


def refused(request: Any) -> HttpError:
    """Send what Google refuses."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    return caught.value


def by_hand(google: Any) -> None:
    """What a person has in the calendar already: one of each kind."""
    google.add_account(PAT, "Europe/Zurich")
    google.add_calendar(PAT, "holidays", "Holidays", can_write=False)
    times = ("2027-03-02T10:00:00Z", "2027-03-02T11:00:00Z")
    for show_as in ("free", "tentative", "busy", "oof", "workingElsewhere"):
        google.book(PAT, *times, show_as=show_as, title=show_as)
    for response in ("accepted", "tentative", "declined", "none"):
        google.book(PAT, *times, response=response)
    google.book(PAT, "2027-03-03", "2027-03-05", recurrence=["RRULE:FREQ=DAILY;INTERVAL=7;COUNT=3"])
    google.book(PAT, *times, status="cancelled")


def looking(service: Any) -> None:
    """Calendars and busy times."""
    calendars = service.calendarList()
    first = calendars.list(maxResults=1, minAccessRole="reader").execute()
    calendars.list_next(calendars.list(maxResults=1), first).execute()
    calendars.get(calendarId="primary").execute()
    refused(calendars.get(calendarId="unknown"))
    items = [{"id": "primary"}, {"id": "holidays"}, {"id": "unknown"}]
    ask = service.freebusy().query
    ask(body={**WINDOW, "items": items, "timeZone": "Europe/Zurich", "calendarExpansionMax": 2}).execute()
    refused(ask(body={**WINDOW, "timeMax": "2028-01-01T00:00:00Z", "items": items}))


def writing(service: Any) -> None:
    """One event and one series, from their beginning to their end."""
    events = service.events()
    made = events.insert(calendarId="primary", body=VISIT, sendUpdates="none").execute()
    refused(events.insert(calendarId="primary", body=VISIT))
    refused(events.insert(calendarId="holidays", body=VISIT))
    events.get(calendarId=PAT, eventId="bk012", timeZone="America/New_York").execute()
    events.update(calendarId="primary", eventId="bk012", body={**made, "summary": "Moved"}).execute()
    events.patch(calendarId="primary", eventId="bk012", body={"transparency": "transparent"}).execute()
    attendees = [{"email": "sam@example.test", "responseStatus": "accepted", "optional": True}]
    events.patch(calendarId="primary", eventId="bk012", body={"attendees": attendees}).execute()
    events.insert(calendarId="primary", body=WEEKLY).execute()
    events.patch(calendarId="primary", eventId=SECOND, body={"summary": "Other"}).execute()
    events.delete(calendarId="primary", eventId="team0_20270329T070000Z").execute()
    events.instances(calendarId="primary", eventId="team0", showDeleted=True, **WINDOW).execute()
    listing(events)
    events.delete(calendarId="primary", eventId="bk012", sendUpdates="none").execute()
    refused(events.delete(calendarId="primary", eventId="bk012"))
    refused(events.get(calendarId="primary", eventId="unknown"))


def listing(events: Any) -> None:
    """The lists of what is there, by their filters."""
    found = {"calendarId": "primary", "showDeleted": True, **WINDOW}
    events.list(**found, singleEvents=True, orderBy="startTime", timeZone="UTC").execute()
    events.list(**found, orderBy="updated", updatedMin="2020-01-01T00:00:00Z").execute()
    events.list(calendarId="primary", privateExtendedProperty=["booking=b1"]).execute()
    first = events.list(calendarId="primary", maxResults=2).execute()
    events.list_next(events.list(calendarId="primary", maxResults=2), first).execute()
    refused(events.list(calendarId="primary", orderBy="startTime"))


def watching(service: Any, google: Any) -> None:
    """Sync tokens, and channels."""
    events = service.events()
    window = {"calendarId": "primary", "singleEvents": True}
    token = events.list(**window, **WINDOW).execute()["nextSyncToken"]
    events.delete(calendarId="primary", eventId="team0").execute()
    google.book(PAT, "2027-03-02T10:00:00Z", "2027-03-02T11:00:00Z")
    events.list(**window, syncToken=token).execute()
    refused(events.list(**window, syncToken=token, **WINDOW))
    google.forget_cursors(PAT)
    assert refused(events.list(**window, syncToken=token)).resp.status == 410
    with listening() as listener:
        body = {"id": "channel-1", "type": "web_hook", "address": listener.url, "token": "secret"}
        made = events.watch(calendarId="primary", body=body).execute()
        google.pushes.settle()
    refused(events.watch(calendarId="primary", body={**body, "id": "channel-2", "address": "http://elsewhere.example"}))
    service.channels().stop(body={"id": made["id"], "resourceId": made["resourceId"]}).execute()
    refused(service.channels().stop(body={"id": made["id"], "resourceId": made["resourceId"]}))


def everything(service: Any, google: Any) -> None:
    """All of the above."""
    by_hand(google)
    looking(service)
    writing(service)
    watching(service, google)
