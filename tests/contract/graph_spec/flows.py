"""Everything that happens between findr and Graph, call by call."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.listener import listening
from sandbox.microsoft_app import PAT, Graph, asked, new_event

from findr.sandbox.client import SandboxClient

PROPERTY = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name findr"
MARK = {"singleValueExtendedProperties": [{"id": PROPERTY, "value": "booking-1"}]}
FILTER = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'booking-1')"
EXPAND = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
WINDOW = {"startDateTime": "2026-12-01T00:00:00Z", "endDateTime": "2026-12-31T00:00:00Z"}
# Every kind of rule that a series has at Graph.
RULES = [
    "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=5",
    "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261220T000000Z",
    "RRULE:FREQ=WEEKLY",
    "RRULE:FREQ=MONTHLY",
    "RRULE:FREQ=MONTHLY;BYDAY=2TU",
    "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
    "RRULE:FREQ=YEARLY",
]
TIMES = ("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z")


def calendars(graph: Graph, sandbox: SandboxClient) -> None:
    """Who it is, and their calendars."""
    sandbox.microsoft.add_account(PAT, "Europe/Zurich")
    sandbox.microsoft.add_calendar(PAT, "rooms", "Rooms", can_write=False)
    graph("GET", "/me")
    graph("GET", "/me", select="mail,userPrincipalName")
    graph("GET", "/me/calendar")
    graph("GET", "/me/calendar", select="id,name")
    graph("GET", "/me/calendars", top=1)
    graph("GET", "/me/calendars", top=1, skip=1, select="name,canEdit,isDefaultCalendar")
    sandbox.microsoft.personal("pat@outlook.example")


def people(sandbox: SandboxClient) -> None:
    """What is in Pat's calendar by other hands."""
    for show_as in ("free", "tentative", "busy", "oof", "workingElsewhere"):
        sandbox.microsoft.book(PAT, *TIMES, show_as=show_as)
    for response in ("accepted", "tentative", "declined", "none"):
        sandbox.microsoft.book(PAT, *TIMES, response=response)
    sandbox.microsoft.book(PAT, *TIMES, status="cancelled", response="accepted")
    sandbox.microsoft.book(PAT, date(2026, 12, 2), date(2026, 12, 4))
    for rule in RULES:
        sandbox.microsoft.book(PAT, *TIMES, time_zone="Europe/Zurich", recurrence=[rule])
    series = sandbox.microsoft.book(PAT, *TIMES, recurrence=["RRULE:FREQ=WEEKLY"])
    change = {"start": "2026-12-08T12:00:00Z", "end": "2026-12-08T13:00:00Z"}
    sandbox.microsoft.change(series["id"], PAT, occurrence="2026-12-08T09:00:00Z", **change)
    sandbox.microsoft.book("sam@clinic.example", *TIMES)


def reading(graph: Graph) -> None:
    """Busy times and views."""
    graph(
        "POST",
        "/me/calendar/getSchedule",
        asked("2026-12-01T00:00:00", "2026-12-05T00:00:00", zone="Tokyo Standard Time"),
    )
    graph.schedule(
        "2026-12-01T00:00", "2026-12-02T00:00:00.0000000", PAT, "sam@clinic.example", "nobody@clinic.example"
    )
    graph("GET", "/me/calendarView", **WINDOW, top=1000, expand=EXPAND)
    default = graph("GET", "/me/calendar")[1]["id"]
    graph("GET", f"/me/calendars/{default}/calendarView", **WINDOW, top=5, skip=5, select="start,end,showAs")
    graph("GET", "/me/calendarView", **WINDOW, **{"$orderby": "start/dateTime"})
    graph("GET", f"/me/calendars/{default}/events", top=50)


def writing(graph: Graph) -> None:
    """One of our events, from its making to its end."""
    default = graph("GET", "/me/calendar")[1]["id"]
    whole: dict[str, Any] = {
        "body": {"contentType": "text", "content": "A visit of findr's."},
        "location": {"displayName": "Ridge"},
        "showAs": "busy",
        "importance": "normal",
        "sensitivity": "private",
        "isAllDay": False,
        "isReminderOn": False,
        "reminderMinutesBeforeStart": 0,
        "categories": ["findr"],
        "transactionId": "booking-1",
        **MARK,
    }
    event = graph.create(path=f"/me/calendars/{default}/events", **whole)
    graph.create(path=f"/me/calendars/{default}/events", **whole)
    graph.create("2026-12-08T00:00:00", "2026-12-09T00:00:00", isAllDay=True)
    graph("GET", f"/me/calendars/{default}/events", filter=FILTER, expand=EXPAND, select="id,start")
    graph("GET", "/me/events", filter=FILTER)
    graph("GET", f"/me/events/{event['id']}", expand=EXPAND)
    graph("PATCH", f"/me/events/{event['id']}", {"subject": "Moved", "start": event["start"], "end": event["end"]})
    graph("DELETE", f"/me/events/{event['id']}")
    graph("GET", f"/me/events/{event['id']}")


def watching(graph: Graph, sandbox: SandboxClient) -> None:
    """Deltas, and subscriptions."""
    default = graph("GET", "/me/calendar")[1]["id"]
    _, answer = graph("GET", f"/me/calendars/{default}/calendarView/delta", **WINDOW)
    while "@odata.nextLink" in answer:
        _, answer = graph("GET", answer["@odata.nextLink"])
    gone, *_ = sandbox.microsoft.events(PAT)
    sandbox.microsoft.remove(gone["id"], PAT)
    graph("GET", answer["@odata.deltaLink"])
    sandbox.microsoft.forget_cursors(PAT)
    graph("GET", answer["@odata.deltaLink"])
    graph("GET", "/me/calendarView/delta", **WINDOW)
    with listening() as listener:
        ends = datetime.fromtimestamp(sandbox.now(), UTC) + timedelta(days=2)
        wanted = {"changeType": "updated", "resource": "me/events", "notificationUrl": listener.url}
        wanted |= {"expirationDateTime": f"{ends:%Y-%m-%dT%H:%M:%SZ}", "clientState": "secret"}
        made = graph("POST", "/subscriptions", wanted)[1]
        listener.answers_token = False
        assert graph("POST", "/subscriptions", wanted)[0] == 400
    graph("GET", "/subscriptions")
    place = f"/subscriptions/{made['id']}"
    graph("GET", place)
    graph("PATCH", place, {"expirationDateTime": wanted["expirationDateTime"]})
    graph("DELETE", place)
    graph("DELETE", place)


def refusals(graph: Graph, sandbox: SandboxClient) -> None:
    """Errors in Graph's shape, also those made on demand."""
    graph("GET", "/me/calendars/nonsense/events")
    graph("POST", "/me/events", new_event(zone="Mars"))
    for status in (401, 403, 404, 409, 429, 500, 503):
        sandbox.microsoft.fail(status)
        graph("GET", "/me/calendar")
    sandbox.microsoft.expire_tokens(PAT)
    graph("GET", "/me")


def everything(graph: Graph, sandbox: SandboxClient) -> None:
    """All of the above."""
    calendars(graph, sandbox)
    people(sandbox)
    reading(graph)
    writing(graph)
    watching(graph, sandbox)
    refusals(graph, sandbox)
