"""Events at Google with Google's own client: written once under an id of ours, read, changed, deleted."""

from __future__ import annotations

import pytest
from googleapiclient.errors import HttpError  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from .google_people import PAT, SAM, SCOPE

VISIT = {
    "id": "bk0123456789abcdef",
    "summary": "findr visit",
    "start": {"dateTime": "2027-03-01T10:00:00Z"},
    "end": {"dateTime": "2027-03-01T11:00:00Z"},
    "extendedProperties": {"private": {"booking": "b1"}},
}
WEEKLY = {
    "id": "team0",
    "summary": "Team",
    "start": {"dateTime": "2027-03-15T09:00:00", "timeZone": "Europe/Zurich"},
    "end": {"dateTime": "2027-03-15T10:00:00", "timeZone": "Europe/Zurich"},
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4"],
}
# The third Monday is after the change of the clocks.
SECOND, THIRD = "team0_20270322T080000Z", "team0_20270329T070000Z"


@pytest.fixture
def events(people):
    return people(scopes=[f"{SCOPE}calendar.events"]).events()


@pytest.fixture
def insert(events):
    """Writes an event, an earlier one with changes perhaps."""
    return lambda body=VISIT, **changes: events.insert(calendarId="primary", body={**body, **changes}).execute()


def refused(request):
    """Status and reason."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    (error,) = caught.value.error_details
    return caught.value.status_code, error["reason"]


def listed(events, **params):
    return [one["id"] for one in events.list(calendarId="primary", **params).execute()["items"]]


def test_an_event_is_there_as_it_was_written(google, events, insert):
    made = insert()

    assert events.get(calendarId=PAT, eventId=VISIT["id"]).execute() == made
    assert (made["summary"], made["status"], made["eventType"]) == ("findr visit", "confirmed", "default")
    assert made["start"] == {"dateTime": "2027-03-01T10:00:00Z", "timeZone": "UTC"}
    assert made["organizer"] == {"email": PAT, "self": True}
    assert made["extendedProperties"] == {"private": {"booking": "b1"}}
    (kept,) = google.events(PAT)
    assert (kept["start"], kept["show_as"], kept["title"]) == ("2027-03-01T10:00:00Z", "busy", "findr visit")


def test_an_id_is_taken_once_also_by_an_event_that_was_deleted(google, events, insert):
    """Lesson 26."""
    insert()

    assert refused(events.insert(calendarId="primary", body=VISIT)) == (409, "duplicate")
    events.delete(calendarId="primary", eventId=VISIT["id"]).execute()
    assert refused(events.insert(calendarId="primary", body=VISIT)) == (409, "duplicate")
    assert [event["status"] for event in google.events(PAT)] == ["cancelled"]


def test_an_id_is_its_calendars_own(google, people, events, insert):
    google.add_calendar(PAT, "team", "Team")
    insert()

    events.insert(calendarId="team", body=VISIT).execute()
    people(SAM, [f"{SCOPE}calendar.events"]).events().insert(calendarId="primary", body=VISIT).execute()

    assert len(google.events(PAT)) == len(google.events(PAT, "team")) == len(google.events(SAM)) == 1


@pytest.mark.parametrize("identity", ["bk-1", "visitw", "abcd", "BK01234", "a" * 1025, ""])
def test_an_id_has_letters_up_to_v_and_digits(google, events, identity):
    assert refused(events.insert(calendarId="primary", body={**VISIT, "id": identity})) == (400, "invalid")
    assert google.events(PAT) == []


def test_google_makes_an_id_if_there_is_none(events):
    body = {name: value for name, value in VISIT.items() if name != "id"}

    first, second = (events.insert(calendarId="primary", body=body).execute()["id"] for _ in range(2))

    assert first != second


def test_deleting_twice_is_gone_and_what_is_deleted_still_shows(events, insert):
    insert()
    delete = events.delete(calendarId="primary", eventId=VISIT["id"])

    assert delete.execute() == ""
    assert refused(events.delete(calendarId="primary", eventId=VISIT["id"])) == (410, "deleted")
    assert events.get(calendarId="primary", eventId=VISIT["id"]).execute()["status"] == "cancelled"
    assert listed(events) == []
    assert listed(events, showDeleted=True) == [VISIT["id"]]
    assert refused(events.delete(calendarId="primary", eventId="unknown")) == (404, "notFound")


def test_an_update_is_the_whole_event_and_brings_a_deleted_one_back(google, events, insert):
    insert(location="Room 2")
    events.delete(calendarId="primary", eventId=VISIT["id"]).execute()
    moved = {"start": {"dateTime": "2027-03-02T10:00:00+01:00"}, "end": {"dateTime": "2027-03-02T11:00:00+01:00"}}

    made = events.update(calendarId="primary", eventId=VISIT["id"], body={**moved, "summary": "Moved"}).execute()

    assert (made["status"], made["summary"]) == ("confirmed", "Moved")
    assert {"location", "extendedProperties"} & set(made) == set()
    (kept,) = google.events(PAT)
    assert (kept["start"], kept["deleted"]) == ("2027-03-02T09:00:00Z", False)


def test_a_patch_is_what_changes(events, insert):
    insert(location="Room 2", description="Bring the card.")
    patch = {"summary": "Other", "description": None, "extendedProperties": {"private": {"seen": "yes"}}}

    made = events.patch(calendarId="primary", eventId=VISIT["id"], body=patch).execute()

    assert (made["summary"], made["location"]) == ("Other", "Room 2")
    assert "description" not in made
    assert made["extendedProperties"]["private"] == {"booking": "b1", "seen": "yes"}
    assert made["start"]["dateTime"] == "2027-03-01T10:00:00Z"
    gone = events.patch(calendarId="primary", eventId=VISIT["id"], body={"status": "cancelled"}).execute()
    assert gone["status"] == "cancelled"


def test_whoever_read_an_older_version_does_not_overwrite_a_newer_one(events, insert):
    old = insert()
    events.patch(calendarId="primary", eventId=VISIT["id"], body={"summary": "Newer"}).execute()
    late = events.update(calendarId="primary", eventId=VISIT["id"], body=old)
    late.headers["If-Match"] = old["etag"]

    assert refused(late) == (412, "conditionNotMet")
    assert events.get(calendarId="primary", eventId=VISIT["id"]).execute()["summary"] == "Newer"


def test_what_google_itself_writes_in_an_event_may_be_sent_back(events, insert):
    made = insert()

    assert events.update(calendarId="primary", eventId=VISIT["id"], body=made).execute()["summary"] == "findr visit"


def test_our_events_are_found_by_their_private_property(events, insert):
    insert()
    insert(id="other0", extendedProperties={"private": {"booking": "b2", "kind": "visit"}})
    insert(id="other1", extendedProperties={})

    assert listed(events, privateExtendedProperty="booking=b1") == [VISIT["id"]]
    assert listed(events, privateExtendedProperty=["booking=b2", "kind=visit"]) == ["other0"]
    assert listed(events, privateExtendedProperty=["booking=b1", "kind=visit"]) == []


def test_a_window_takes_what_overlaps_it_and_not_what_touches_it(events, insert):
    insert()

    assert listed(events, timeMin="2027-03-01T10:59:59Z", timeMax="2027-03-01T12:00:00Z") == [VISIT["id"]]
    assert listed(events, timeMin="2027-03-01T11:00:00Z", timeMax="2027-03-01T12:00:00Z") == []
    assert listed(events, timeMin="2027-03-01T09:00:00Z", timeMax="2027-03-01T10:00:00Z") == []


def test_a_list_comes_by_pages(events, insert):
    for number in range(5):
        day = f"2027-03-0{5 - number}"
        times = {"start": {"dateTime": f"{day}T10:00:00Z"}, "end": {"dateTime": f"{day}T11:00:00Z"}}
        insert(id=f"page{number}", **times)
    pages, request = [], events.list(calendarId="primary", maxResults=2, singleEvents=True, orderBy="startTime")

    while request:
        answer = request.execute()
        pages.append([one["id"] for one in answer["items"]])
        request = events.list_next(request, answer)

    assert pages == [["page4", "page3"], ["page2", "page1"], ["page0"]]


def test_whole_days_are_dates(events, insert):
    made = insert(start={"date": "2027-03-01"}, end={"date": "2027-03-03"})

    assert (made["start"], made["end"]) == ({"date": "2027-03-01"}, {"date": "2027-03-03"})


def test_a_series_is_one_event_or_its_occurrences(events, insert):
    made = insert(WEEKLY)

    assert made["recurrence"] == WEEKLY["recurrence"]
    assert listed(events) == ["team0"]
    assert listed(events, singleEvents=True)[1:3] == [SECOND, THIRD]
    found = events.instances(calendarId="primary", eventId="team0", maxResults=3).execute()
    assert [one["start"]["dateTime"] for one in found["items"]][1:] == ["2027-03-22T08:00:00Z", "2027-03-29T07:00:00Z"]
    assert {one["recurringEventId"] for one in found["items"]} == {"team0"}
    assert "nextPageToken" in found


def test_an_occurrence_is_moved_and_cancelled_like_an_event(google, events, insert):
    """Lesson 47."""
    insert(WEEKLY)
    moved = {"start": {"dateTime": "2027-03-23T08:00:00Z"}, "end": {"dateTime": "2027-03-23T09:00:00Z"}}

    there = events.patch(calendarId="primary", eventId=SECOND, body=moved).execute()
    events.delete(calendarId="primary", eventId=THIRD).execute()

    assert there["id"] == SECOND
    assert there["originalStartTime"]["dateTime"] == "2027-03-22T08:00:00Z"
    assert listed(events, timeMin="2027-03-23T00:00:00Z", timeMax="2027-03-24T00:00:00Z", singleEvents=True) == [SECOND]
    assert listed(events, singleEvents=True, timeMin="2027-03-29T00:00:00Z") == ["team0_20270405T070000Z"]
    assert refused(events.delete(calendarId="primary", eventId=THIRD)) == (410, "deleted")
    # A list of whole series names what differs from them, also what is cancelled.
    assert listed(events) == ["team0", SECOND, THIRD]
    assert refused(events.get(calendarId="primary", eventId="team0_20270323T080000Z")) == (404, "notFound")
    assert len(google.events(PAT)) == 1


def test_a_series_that_is_deleted_takes_its_occurrences_along(events, insert):
    insert(WEEKLY)
    events.delete(calendarId="primary", eventId=SECOND).execute()

    events.delete(calendarId="primary", eventId="team0").execute()

    assert listed(events) == listed(events, singleEvents=True) == []
    assert len(listed(events, singleEvents=True, showDeleted=True)) == 4


def test_what_a_person_does_by_hand_shows(google, events):
    kept = google.book(PAT, "2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z", title="Dentist", show_as="oof")
    invited = google.book(PAT, "2027-03-01T12:00:00Z", "2027-03-01T13:00:00Z", response="none", show_as="tentative")
    google.change(kept["id"], PAT, start="2027-03-01T10:30:00Z")

    away, party = events.list(calendarId="primary").execute()["items"]

    assert (away["summary"], away["eventType"]) == ("Dentist", "outOfOffice")
    assert away["start"]["dateTime"] == "2027-03-01T10:30:00Z"
    assert (party["id"], party["status"]) == (invited["id"], "tentative")
    assert party["attendees"][1] == {"email": PAT, "self": True, "responseStatus": "needsAction"}
    google.remove(kept["id"], PAT)
    assert listed(events) == [invited["id"]]


def test_an_invitation_is_answered_among_the_attendees(google, events):
    invited = google.book(PAT, "2027-03-01T12:00:00Z", "2027-03-01T13:00:00Z", response="none")
    answer = {"attendees": [{"email": PAT, "responseStatus": "declined"}]}

    events.patch(calendarId="primary", eventId=invited["id"], body=answer).execute()

    assert google.events(PAT)[0]["response"] == "declined"


def test_a_calendar_that_can_only_be_read_is_not_written(google, events):
    google.add_calendar(PAT, "holidays", "Holidays", can_write=False)

    assert refused(events.insert(calendarId="holidays", body=VISIT)) == (403, "requiredAccessLevel")
    assert events.list(calendarId="holidays").execute()["accessRole"] == "reader"


def test_a_calendar_of_somebody_else_is_not_there(google, people, events, insert):
    insert()
    sam = people(SAM, [f"{SCOPE}calendar.events"]).events()

    assert refused(sam.get(calendarId=PAT, eventId=VISIT["id"])) == (404, "notFound")
    assert refused(sam.insert(calendarId=PAT, body=VISIT)) == (404, "notFound")
