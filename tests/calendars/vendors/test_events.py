"""The event of a visit: written once, kept up to date, deleted, found again; with nothing in it that is nobody's business."""

from datetime import timedelta

import pytest

from calendars.vendors.base import CalendarMissing, EventMissing, Forbidden, Unavailable, VendorEvent

from .people import HOUR, NOON, PAT, SECONDS, draft

DAY = timedelta(days=1)
OTHER = draft(key="findrffffffffffffffffffffffffffffffff")


@pytest.fixture
def act(account, access):
    """Calls the adapter about the primary calendar of the account."""
    primary = account.primary(access)

    def call(name, *given, calendar=primary):
        return getattr(account.adapter, name)(access, calendar, *given, seconds=SECONDS)

    return call


@pytest.fixture
def events(account):
    """What stands in the vendor's calendar now."""

    def read(calendar="primary"):
        return [event for event in account.control.events(PAT, calendar) if not event["deleted"]]

    return read


def at(start, end):
    return {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "end": end.strftime("%Y-%m-%dT%H:%M:%SZ")}


# --- Writing --------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(30)
def test_an_event_is_private_busy_and_neutral_and_nobody_is_invited_or_reminded(account, act, events):
    act("create_event", draft())

    (event,) = events()
    wanted = {
        "title": "findr visit",
        "description": "FB-1042",
        "show_as": "busy",
        "status": "confirmed",
        "all_day": False,
    }
    assert {name: event[name] for name in wanted} == wanted
    assert {name: event[name] for name in ("start", "end")} == at(NOON, NOON + HOUR)
    assert event["response"] == "organizer"
    if account.name == "google":
        assert event["extra"] == {"visibility": "private", "reminders": {"useDefault": False}}
        assert event["time_zone"] == "America/New_York"
    else:
        extra = {name: event["extra"][name] for name in ("sensitivity", "isReminderOn", "contentType")}
        assert extra == {"sensitivity": "private", "isReminderOn": False, "contentType": "text"}
    (sent,) = account.calls("create")
    assert not {"attendees", "location", "guests"} & set(sent.get("body") or sent.get("sent"))


def test_what_was_written_makes_its_time_busy(account, access, act):
    act("create_event", draft())

    (found,) = account.adapter.busy(access, [account.primary(access)], NOON, NOON + HOUR, seconds=SECONDS)
    assert (found.start, found.end) == (NOON, NOON + HOUR)


@pytest.mark.lesson(26)
def test_the_same_visit_is_never_there_twice(act, events):
    first = act("create_event", draft())
    again = act("create_event", draft())

    assert first == again
    assert len(events()) == 1


@pytest.mark.lesson(26)
def test_creating_what_is_there_brings_it_up_to_date(act, events):
    first = act("create_event", draft())
    again = act("create_event", draft(title="Haircut", start=NOON + DAY, end=NOON + DAY + HOUR))

    (event,) = events()
    assert first == again
    assert event["title"] == "Haircut"
    assert {name: event[name] for name in ("start", "end")} == at(NOON + DAY, NOON + DAY + HOUR)


@pytest.mark.lesson(26)
def test_an_event_that_was_written_unheard_is_there_once_in_the_end(account, act, events, sandbox):
    account.control.misbehave({"operation": account.words["create"], "action": "drop_after", "times": None})
    with pytest.raises(Unavailable):
        act("create_event", draft())
    assert len(events()) == 1
    sandbox.behave()

    identity = act("create_event", draft())

    assert [event["id"] for event in events()] == [identity]


@pytest.mark.lesson(26)
def test_an_event_that_somebody_deleted_by_hand_is_written_anew(account, act, events):
    act("create_event", draft())
    account.control.remove(events()[0]["id"], PAT)

    identity = act("create_event", draft())

    assert [event["id"] for event in events()] == [identity]
    assert {name: events()[0][name] for name in ("start", "end")} == at(NOON, NOON + HOUR)


@pytest.mark.lesson(26)
def test_a_visit_that_graph_remembers_but_has_no_more_is_written_without_its_memory(vendors):
    side = vendors["microsoft"]
    access = side.access(PAT)
    side.control.fail(409, "ErrorDuplicateTransactionId", operation="events.create")

    identity = side.adapter.create_event(access, "primary", draft(), seconds=SECONDS)

    assert [event["id"] for event in side.control.events(PAT)] == [identity]


def test_events_go_into_the_calendar_that_is_named(account, access, act, events):
    second = account.calendar(access, "second")

    act("create_event", draft(), calendar=second)

    assert (len(events("second")), len(events())) == (1, 0)


def test_a_calendar_that_is_only_read_is_forbidden(account, access, act):
    account.control.add_calendar(PAT, "theirs", "theirs", can_write=False)
    calendars = {one.name: one for one in account.adapter.list_calendars(access, seconds=SECONDS)}

    assert not calendars["theirs"].can_write
    with pytest.raises(Forbidden):
        act("create_event", draft(), calendar=calendars["theirs"].id)


def test_an_unknown_calendar_takes_no_event(account, access, act):
    second = account.calendar(access, "second")
    account.control.remove_calendar(PAT, "second")

    with pytest.raises(CalendarMissing):
        act("create_event", draft(), calendar=second)


# --- Changing and deleting ------------------------------------------------------------------------------------------
def test_an_update_makes_it_as_the_draft_says(act, events):
    identity = act("create_event", draft())

    act("update_event", identity, draft(title="Haircut", description="", start=NOON + HOUR, end=NOON + 3 * HOUR))

    (event,) = events()
    assert (event["title"], event["description"]) == ("Haircut", "")
    assert {name: event[name] for name in ("start", "end")} == at(NOON + HOUR, NOON + 3 * HOUR)


def test_an_event_that_somebody_made_a_whole_day_gets_its_time_back(account, act, events):
    identity = act("create_event", draft())
    day = NOON.date()
    account.control.change(identity, PAT, all_day=True, start=day, end=day + DAY)

    act("update_event", identity, draft())

    assert not events()[0]["all_day"]
    assert {name: events()[0][name] for name in ("start", "end")} == at(NOON, NOON + HOUR)


def test_an_event_that_never_was_cannot_be_updated(act):
    with pytest.raises(EventMissing):
        act("update_event", "findrnothere", draft())


@pytest.mark.lesson(22)
def test_a_deleted_event_is_gone_and_deleting_it_again_is_nothing(account, access, act, events):
    identity = act("create_event", draft())

    act("delete_event", identity)
    act("delete_event", identity)

    assert events() == []
    assert act("find_event", draft().key) is None
    assert account.adapter.busy(access, [account.primary(access)], NOON, NOON + HOUR, seconds=SECONDS) == []


def test_deleting_what_never_was_is_nothing(act):
    act("delete_event", "findrnothere")


# --- Finding --------------------------------------------------------------------------------------------------------
def test_an_event_is_found_by_our_key(act):
    identity = act("create_event", draft())

    assert act("find_event", draft().key) == VendorEvent(identity, draft().key, NOON, NOON + HOUR)
    assert act("find_event", OTHER.key) is None


def test_an_event_that_somebody_moved_by_hand_is_found_where_it_is(account, act):
    identity = act("create_event", draft())
    account.control.change(identity, PAT, start=NOON + DAY, end=NOON + DAY + HOUR)

    assert act("find_event", draft().key) == VendorEvent(identity, draft().key, NOON + DAY, NOON + DAY + HOUR)


def test_the_books_list_our_events_of_a_time_and_no_others(account, act):
    inside = act("create_event", draft())
    act("create_event", draft(key="findr00", start=NOON - HOUR, end=NOON + HOUR))  # Began before.
    act("create_event", draft(key="findr01", start=NOON + 2 * HOUR, end=NOON + 3 * HOUR))  # Begins at the end.
    gone = act("create_event", OTHER)
    act("delete_event", gone)
    account.control.book(PAT, NOON, NOON + HOUR, title="findr visit", properties={"findr": "somebody else's"})

    found = act("our_events", NOON, NOON + 2 * HOUR)

    assert found == [VendorEvent(inside, draft().key, NOON, NOON + HOUR)]


def test_the_books_turn_every_page(account, act):
    for minute in range(101 if account.name == "microsoft" else 251):
        account.control.book(PAT, NOON, NOON + timedelta(minutes=1 + minute % 50), properties={"findr": "visit"})
    identity = act("create_event", draft(start=NOON + HOUR, end=NOON + 2 * HOUR))
    before = len(account.calls("ours"))

    found = act("our_events", NOON, NOON + 2 * HOUR)

    assert identity in [event.id for event in found]
    assert len(account.calls("ours")) == before + 2


def test_calendars_are_listed_with_the_primary_one_first(account, access):
    for name in ("apple", "zebra"):
        account.control.add_calendar(PAT, name, name)

    found = account.adapter.list_calendars(access, seconds=SECONDS)

    assert [(one.is_primary, one.can_write) for one in found] == [(True, True), (False, True), (False, True)]
    assert [one.name for one in found[1:]] == ["apple", "zebra"]
    assert len({one.id for one in found}) == 3


def test_two_hundred_and_sixty_calendars_are_all_listed(account, access):
    for number in range(260):
        account.control.add_calendar(PAT, f"c{number}", f"c{number}")

    assert len(account.adapter.list_calendars(access, seconds=SECONDS)) == 261
