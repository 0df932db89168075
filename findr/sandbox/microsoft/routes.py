"""Which of Graph's operations the sandbox serves, and what each takes. Ids in the path are written {}."""

from __future__ import annotations

from findr.sandbox.microsoft import calendars, deltas, events, schedules, subscriptions
from findr.sandbox.microsoft.calls import READS, WRITES, GraphOperation
from findr.sandbox.microsoft.event_bodies import CHANGES, NEW, check_new
from findr.sandbox.microsoft.moments import moment_of_query
from findr.sandbox.microsoft.queries import PAGE, ordered_by_start, property_expansion, property_filter, selected
from findr.sandbox.routes import Check

CALENDAR = (
    "id",
    "name",
    "color",
    "hexColor",
    "isDefaultCalendar",
    "changeKey",
    "canShare",
    "canViewPrivateItems",
    "canEdit",
    "isTallyingResponses",
    "isRemovable",
    "allowedOnlineMeetingProviders",
    "defaultOnlineMeetingProvider",
    "owner",
)
EVENT = (
    *("id", "changeKey", "createdDateTime", "lastModifiedDateTime", "transactionId", "iCalUId", "webLink", "type"),
    *("seriesMasterId", "start", "end", "isAllDay", "originalStartTimeZone", "originalEndTimeZone", "originalStart"),
    *("recurrence", "subject", "bodyPreview", "body", "location", "locations", "categories", "importance"),
    *("sensitivity", "isReminderOn", "reminderMinutesBeforeStart", "isOrganizer", "organizer", "attendees"),
    *("responseStatus", "responseRequested", "allowNewTimeProposals", "hideAttendees", "isDraft", "showAs"),
    *("isCancelled", "hasAttachments", "isOnlineMeeting", "onlineMeetingProvider", "onlineMeetingUrl", "onlineMeeting"),
)
ONE_CALENDAR: dict[str, Check] = {"$select": selected("microsoft.graph.calendar", CALENDAR)}
ONE_EVENT: dict[str, Check] = {"$select": selected("microsoft.graph.event", EVENT), "$expand": property_expansion}
VIEW: dict[str, Check] = {
    **PAGE,
    **ONE_EVENT,
    "startDateTime": moment_of_query,
    "endDateTime": moment_of_query,
    "$orderby": ordered_by_start,
}
LIST: dict[str, Check] = {**PAGE, **ONE_EVENT, "$filter": property_filter}

_ME = GraphOperation("me", calendars.me, ("User.Read",), {"$select": selected("microsoft.graph.user", calendars.USER)})
_VIEW = GraphOperation("calendarView", events.calendar_view, READS, VIEW)
_DELTA = GraphOperation("calendarView.delta", deltas.delta, READS, deltas.DELTA)
_LIST = GraphOperation("events.list", events.list_events, READS, LIST)
_NEW = GraphOperation("events.create", events.create_event, WRITES, {}, NEW, check_new, status=201)
OPERATIONS: dict[tuple[str, str], GraphOperation] = {
    ("GET", "v1.0/me"): _ME,
    ("GET", "v1.0/me/calendar"): GraphOperation("calendars.get", calendars.default_calendar, READS, ONE_CALENDAR),
    ("GET", "v1.0/me/calendars"): GraphOperation(
        "calendars.list", calendars.list_calendars, READS, {**PAGE, **ONE_CALENDAR}
    ),
    ("POST", "v1.0/me/calendar/getSchedule"): GraphOperation(
        "getSchedule", calendars.get_schedule, READS, {}, schedules.ASKED, schedules.check_asked
    ),
    ("GET", "v1.0/me/calendarView"): _VIEW,
    ("GET", "v1.0/me/calendars/{}/calendarView"): _VIEW,
    ("GET", "v1.0/me/calendarView/delta"): _DELTA,
    ("GET", "v1.0/me/calendars/{}/calendarView/delta"): _DELTA,
    ("GET", "v1.0/me/events"): _LIST,
    ("GET", "v1.0/me/calendars/{}/events"): _LIST,
    ("POST", "v1.0/me/events"): _NEW,
    ("POST", "v1.0/me/calendars/{}/events"): _NEW,
    ("GET", "v1.0/subscriptions"): GraphOperation("subscriptions.list", subscriptions.listed, READS),
    ("POST", "v1.0/subscriptions"): GraphOperation(
        subscriptions.CREATE, subscriptions.create, READS, {}, subscriptions.NEW, subscriptions.check_new, status=201
    ),
    ("GET", "v1.0/subscriptions/{}"): GraphOperation("subscriptions.get", subscriptions.get, READS),
    ("PATCH", "v1.0/subscriptions/{}"): GraphOperation(
        "subscriptions.update", subscriptions.renew, READS, {}, subscriptions.CHANGES
    ),
    ("DELETE", "v1.0/subscriptions/{}"): GraphOperation("subscriptions.delete", subscriptions.delete, READS),
    ("GET", "v1.0/me/events/{}"): GraphOperation("events.get", events.get_event, READS, ONE_EVENT),
    ("PATCH", "v1.0/me/events/{}"): GraphOperation("events.update", events.change_event, WRITES, {}, CHANGES),
    ("DELETE", "v1.0/me/events/{}"): GraphOperation("events.delete", events.delete_event, WRITES),
}
