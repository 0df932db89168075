"""The feed: who is told what of each change, in exact frames, and the REST twin that gives them out (15.3-15.6, 18.1)."""

from datetime import timedelta

import pytest
from cast import HOUR, fresh
from django.db import connection
from frames import feed, path

from bookings import reconciliation as books
from findr import clock
from findr.transactions import durable
from notifications.models import FeedCounter, FeedEvent
from notifications.services import Frame, delete_old_events, publish


# --- In the transaction of the change ----------------------------------------------------------------------------------
@pytest.mark.lesson(33)
def test_a_change_that_is_rolled_back_leaves_no_event(patient, provider):
    """The counter too goes back: the number is given to the next change that commits."""
    booking = patient.has_asked()
    before = FeedEvent.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE notifications_feedevent ADD CONSTRAINT broken CHECK (type <> 'booking.cancelled' OR seq < 0)"
        )
    try:
        answer = provider.post(path(booking, "decline"), {"reason": "no"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE notifications_feedevent DROP CONSTRAINT broken")

    assert answer.status == 500
    assert (fresh(booking.id).state, FeedEvent.objects.count()) == ("pending_confirmation", before)
    assert provider.post(path(booking, "decline"), {"reason": "no"}).status == 200
    assert [frame["seq"] for frame in feed(patient)["events"]] == [1, 2]
    assert books.check_books() == []


def test_a_frame_is_written_in_a_transaction_or_not_at_all(patient):
    with pytest.raises(RuntimeError):
        publish([Frame(patient.id, "booking_pending", None, {})])

    assert not FeedEvent.objects.exists()


def test_a_frame_never_changes_afterwards(patient, provider):
    booking = patient.has_asked()
    before = feed(provider)["events"][0]

    provider.post(path(booking, "confirm"))

    assert feed(provider)["events"][0] == before


# --- The REST twin -----------------------------------------------------------------------------------------------------
@pytest.fixture
def five(patient):
    """Five events of a patient, and as many of somebody else."""

    @durable
    def write():
        publish([Frame(who, "test", None, {"number": number}) for number in range(1, 6) for who in (patient.id, HOUR)])

    write()
    return patient


def numbers(found):
    return [frame["number"] for frame in found["events"]]


@pytest.mark.parametrize(
    ("query", "expected", "next_since", "has_more"),
    [
        ("", [1, 2, 3, 4, 5], 5, False),
        ("?since=2", [3, 4, 5], 5, False),
        ("?since=2&limit=2", [3, 4], 4, True),
        ("?limit=5", [1, 2, 3, 4, 5], 5, False),
        ("?limit=1000", [1, 2, 3, 4, 5], 5, False),
        ("?since=5", [], 5, False),
    ],
)
def test_the_events_after_a_position(five, query, expected, next_since, has_more):
    found = five.get(f"/api/notifications{query}").body

    assert numbers(found) == [frame["seq"] for frame in found["events"]] == expected
    assert (found["lastSeq"], found["nextSince"], found["hasMore"], found["reload"]) == (5, next_since, has_more, False)


@pytest.mark.parametrize("since", [6, 10**30])
def test_a_position_that_nobody_gave_out_means_reload(five, since):
    found = feed(five, since)

    assert found == {
        "success": True,
        "events": [],
        "lastSeq": 5,
        "nextSince": 5,
        "hasMore": False,
        "reload": True,
    }


def test_nobody_has_missed_anything_at_first(patient):
    assert feed(patient) == {
        "success": True,
        "events": [],
        "lastSeq": 0,
        "nextSince": 0,
        "hasMore": False,
        "reload": False,
    }
    assert feed(patient, 1)["reload"] is True


def test_what_is_no_longer_kept_means_reload(five, settings):
    FeedEvent.objects.filter(seq__lte=3).update(created_at=clock.now() - timedelta(days=settings.FEED_DAYS, seconds=1))

    assert delete_old_events() == 6

    assert [feed(five, since)["reload"] for since in range(6)] == [True, True, True, False, False, False]
    assert numbers(feed(five, 3)) == [4, 5]
    assert books.check_books() == []


def test_a_hole_is_never_passed_over(five):
    FeedEvent.objects.filter(seq=4).delete()

    assert feed(five, 2) == {
        "success": True,
        "events": [],
        "lastSeq": 5,
        "nextSince": 5,
        "hasMore": False,
        "reload": True,
    }
    assert numbers(feed(five, 2, limit=1)) == [3]


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=1.5", "limit=0", "limit=x"])
def test_what_is_no_position_is_refused(patient, query):
    answer = patient.get(f"/api/notifications?{query}")

    name = query.partition("=")[0]
    assert answer.refusal == (400, "validation", f"{name} is invalid")


@pytest.mark.lesson(38)
def test_the_token_says_whose_events_they_are(patient, other_patient, provider, other_provider, staff):
    patient.has_asked()

    assert [len(feed(person)["events"]) for person in (patient, provider, other_patient, other_provider)] == [
        1,
        1,
        0,
        0,
    ]
    assert len(feed(other_patient, userId=patient.id)["events"]) == 0
    assert other_patient.get("/api/notifications", **{"x-user-id": str(patient.id)}).status == 403
    assert staff.get("/api/notifications").status == 403


def test_every_recipient_has_a_counter(patient, provider):
    patient.has_asked()

    assert dict(FeedCounter.objects.values_list("recipient", "last_seq")) == {patient.id: 1, provider.id: 1}
