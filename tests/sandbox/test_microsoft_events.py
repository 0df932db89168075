"""Events in a mailbox through Graph: made once, found again, changed, gone."""

from __future__ import annotations

import pytest

from .microsoft_app import PAT, App, new_event, starts

PROPERTY = "String {66f5a359-4659-4830-9070-00040ec6ac6e} Name findr"
DAY = ("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")


@pytest.fixture
def graph(sandbox):
    app = App(sandbox)
    yield app.graph()
    app.close()


def looked_for(value):
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq '{value}')"


def marked(value):
    return {"singleValueExtendedProperties": [{"id": PROPERTY, "value": value}]}


def refused(graph, method, path, body=None, **options):
    """Status and code of a refusal."""
    status, answer = graph(method, path, body, **options)
    return status, answer["error"]["code"]


def test_me_is_the_account_that_was_connected(sandbox, graph):
    status, me = graph("GET", "/me")

    assert (status, me["mail"], me["userPrincipalName"]) == (200, PAT, PAT)
    assert graph("GET", "/me", select="mail")[1].keys() == {"@odata.context", "id", "mail"}


def test_a_personal_account_has_no_mail_but_a_principal_name(sandbox, graph):
    sandbox.microsoft.personal(PAT)

    _, me = graph("GET", "/me")

    assert (me["mail"], me["userPrincipalName"]) == (None, PAT)


def test_a_mailbox_is_there_as_soon_as_somebody_looks(sandbox, graph):
    _, answer = graph.schedule("2026-12-01T08:00:00", "2026-12-01T10:00:00")

    assert [(one["scheduleId"], one["availabilityView"]) for one in answer["value"]] == [(PAT, "00")]
    assert "error" not in answer["value"][0]


def test_an_event_is_made_with_its_times_in_utc_and_seven_digits(sandbox, graph):
    event = graph.create("2026-12-01T10:00:00", "2026-12-01T11:30:00", zone="W. Europe Standard Time", showAs="busy")

    assert event["start"] == {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"}
    assert event["end"] == {"dateTime": "2026-12-01T10:30:00.0000000", "timeZone": "UTC"}
    assert (event["subject"], event["type"], event["isOrganizer"]) == ("findr visit", "singleInstance", True)
    assert event["originalStartTimeZone"] == "W. Europe Standard Time"
    assert [one["start"] for one in sandbox.microsoft.events(PAT)] == ["2026-12-01T09:00:00Z"]
    assert sandbox.microsoft.events(PAT)[0]["id"] == event["id"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "W. Europe Standard Time", "w. europe standard time"])
def test_zones_have_windows_and_iana_names(graph, zone):
    event = graph.create("2026-07-01T10:00:00", "2026-07-01T11:00:00", zone=zone)

    assert event["start"]["dateTime"] == "2026-07-01T08:00:00.0000000"


def test_an_answer_is_in_the_zone_that_is_preferred(graph):
    event = graph.create()
    tokyo = {"Prefer": 'outlook.timezone="Tokyo Standard Time", IdType="ImmutableId"'}

    _, there = graph("GET", f"/me/events/{event['id']}", headers=tokyo)
    _, unsaid = graph("GET", f"/me/events/{event['id']}", headers={})

    assert there["start"] == {"dateTime": "2026-12-01T19:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert unsaid["start"] == event["start"]
    nowhere = {"Prefer": 'outlook.timezone="Mars"'}
    assert refused(graph, "GET", f"/me/events/{event['id']}", headers=nowhere) == (400, "TimeZoneNotSupportedException")


def test_the_same_transaction_makes_one_event(sandbox, graph):
    first = graph.create(transactionId="booking-1")
    again = graph.create(transactionId="booking-1")
    other = graph.create(transactionId="booking-2")

    assert again == first
    assert other["id"] != first["id"]
    assert len(sandbox.microsoft.events(PAT)) == 2


def test_a_call_that_died_after_the_work_and_is_made_again_makes_one_event(sandbox, graph):
    sandbox.microsoft.misbehave({"action": "drop_after", "operation": "events.create"})
    with pytest.raises(IOError, match=r"aborted|closed"):
        graph.create(transactionId="booking-1")

    graph.create(transactionId="booking-1")

    assert len(sandbox.microsoft.events(PAT)) == 1


def test_a_transaction_of_another_mailbox_is_another(sandbox, graph):
    app = App(sandbox)
    graph.create(transactionId="booking-1")

    app.graph("sam@clinic.example").create(transactionId="booking-1")
    app.close()

    assert len(sandbox.microsoft.events("sam@clinic.example")) == 1


def test_an_event_is_found_again_by_its_extended_property(graph):
    event = graph.create(**marked("booking-1"))
    graph.create(**marked("booking-2"))
    graph.create()

    _, plain = graph("GET", "/me/events", filter=looked_for("booking-1"))
    expand = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    _, expanded = graph("GET", f"/me/events/{event['id']}", expand=expand)

    assert [one["id"] for one in plain["value"]] == [event["id"]]
    assert "singleValueExtendedProperties" not in plain["value"][0]
    assert expanded["singleValueExtendedProperties"] == [{"id": PROPERTY, "value": "booking-1"}]
    assert graph("GET", "/me/events", filter=looked_for("booking-3"))[1]["value"] == []


def test_a_deleted_event_is_not_found_by_anything(sandbox, graph):
    event = graph.create(transactionId="booking-1", **marked("booking-1"))
    place = f"/me/events/{event['id']}"

    assert graph("DELETE", place) == (204, None)
    assert refused(graph, "GET", place) == (404, "ErrorItemNotFound")
    assert refused(graph, "DELETE", place) == (404, "ErrorItemNotFound")
    assert refused(graph, "PATCH", place, {"subject": "x"}) == (404, "ErrorItemNotFound")
    assert graph("GET", "/me/events", filter=looked_for("booking-1"))[1]["value"] == []
    assert graph.view(*DAY) == []
    assert graph.create(transactionId="booking-1")["id"] != event["id"]
    assert [one["deleted"] for one in sandbox.microsoft.events(PAT)] == [True, False]


def test_a_moved_event_is_the_same_one_at_another_time(graph):
    event = graph.create(**marked("booking-1"))
    times = {
        name: {"dateTime": f"2026-12-01T{hour}:00:00", "timeZone": "UTC"} for name, hour in (("start", 14), ("end", 15))
    }

    _, moved = graph("PATCH", f"/me/events/{event['id']}", times)

    assert (moved["id"], moved["subject"]) == (event["id"], "findr visit")
    assert moved["changeKey"] != event["changeKey"]
    assert starts(graph.view(*DAY)) == ["12-01 14:00"]
    assert len(graph("GET", "/me/events", filter=looked_for("booking-1"))[1]["value"]) == 1


def test_each_calendar_has_its_own_events(sandbox, graph):
    sandbox.microsoft.add_calendar(PAT, "rooms", "Rooms")
    sandbox.microsoft.add_calendar(PAT, "holidays", "Holidays", can_write=False, owner="country@clinic.example")
    default, rooms, holidays = graph("GET", "/me/calendars")[1]["value"]
    event = graph.create(path=f"/me/calendars/{rooms['id']}/events")

    assert (default["isDefaultCalendar"], default["owner"]["address"]) == (True, PAT)
    assert graph("GET", "/me/calendar")[1]["id"] == default["id"]
    assert rooms["id"] == sandbox.microsoft.calendar_id(PAT, "rooms")
    assert graph.view(*DAY) == []
    assert [one["id"] for one in graph.view(*DAY, path=f"/me/calendars/{rooms['id']}/calendarView")] == [event["id"]]
    assert (rooms["canEdit"], holidays["canEdit"]) == (True, False)
    assert holidays["owner"]["address"] == "country@clinic.example"
    path = f"/me/calendars/{holidays['id']}/events"
    assert refused(graph, "POST", path, new_event()) == (403, "ErrorAccessDenied")


def test_a_calendar_or_event_of_another_mailbox_is_not_there(sandbox, graph):
    app = App(sandbox)
    event = graph.create()
    default = graph("GET", "/me/calendar")[1]["id"]
    other = app.graph("sam@clinic.example")
    app.close()

    assert refused(other, "GET", f"/me/events/{event['id']}") == (404, "ErrorItemNotFound")
    assert refused(other, "GET", f"/me/calendars/{default}/events") == (404, "ErrorItemNotFound")
    sandbox.microsoft.add_calendar(PAT, "rooms", "Rooms")
    rooms = sandbox.microsoft.calendar_id(PAT, "rooms")
    sandbox.microsoft.remove_calendar(PAT, "rooms")
    assert refused(graph, "GET", f"/me/calendars/{rooms}/events") == (404, "ErrorItemNotFound")


def test_lists_come_in_pages_that_follow_each_other(graph):
    for hour in range(12):
        graph.create(f"2026-12-01T{hour:02}:00:00", f"2026-12-01T{hour:02}:30:00")

    _, first = graph("GET", "/me/calendarView", startDateTime=DAY[0], endDateTime=DAY[1], top=5)
    found = graph.view(*DAY, top=5)

    assert first["@odata.nextLink"].startswith(graph.base_url)
    assert len(first["value"]) == 5
    assert starts(found) == [f"12-01 {hour:02}:00" for hour in range(12)]
    assert len(graph("GET", "/me/calendarView", startDateTime=DAY[0], endDateTime=DAY[1])[1]["value"]) == 10
    assert len(graph("GET", "/me/events", top=1000)[1]["value"]) == 12


def test_select_brings_these_fields_and_the_id(graph):
    graph.create()

    (event,) = graph.view(*DAY, select="start,end,showAs,isCancelled,responseStatus")

    assert event.keys() == {"@odata.etag", "id", "start", "end", "showAs", "isCancelled", "responseStatus"}


def test_a_window_without_an_offset_is_utc_and_its_ends_are_not_in_it(graph):
    graph.create()

    assert starts(graph.view("2026-12-01T10:30:00", "2026-12-01T10:31:00")) == ["12-01 10:00"]
    assert graph.view("2026-12-01T11:00:00", "2026-12-01T12:00:00") == []
    assert graph.view("2026-12-01T09:00:00", "2026-12-01T10:00:00") == []
    assert starts(graph.view("2026-12-01T11:30:00+01:00", "2026-12-01T11:45:00+01:00")) == ["12-01 10:00"]
