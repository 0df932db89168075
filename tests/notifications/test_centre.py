"""The notification centre: one entry for each push, whoever has a device (contract 18.2)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from acts import confirm
from cast import run_jobs, wish_at
from django.db import connection

from findr import clock
from findr.api.times import instant
from notifications.models import Delivery, Notification
from notifications.selectors import entries_of
from notifications.services import delete_old_notifications


def centre(person, **query):
    kind = "provider" if person.provider else "user"
    words = "&".join(f"{name}={value}" for name, value in query.items())
    answer = person.get(f"/api/notifications/{kind}/{person.id}?{words}")
    assert answer.status == 200, answer.body
    return answer.body


def kinds(body):
    return [one["type"] for one in body["notifications"]]


def badge(person):
    kind = "provider" if person.provider else "user"
    return person.get(f"/api/notifications/unread-count/{kind}/{person.id}").body["unreadCount"]


def test_each_side_has_its_own_entries_newest_first(patient, provider, other_patient):
    booking = patient.has_asked()
    confirm(provider, booking)

    mine, theirs = centre(patient), centre(provider)

    assert kinds(mine) == ["booking_confirmed", "booking_pending"]
    assert kinds(theirs) == ["new_booking_request"]
    assert [(one["total"], one["unreadCount"], one["hasMore"]) for one in (mine, theirs)] == [
        (2, 2, False),
        (1, 1, False),
    ]
    assert theirs["notifications"][0]["recipientType"] == "Provider"
    assert theirs["notifications"][0]["data"] == {
        "bookingId": str(booking.id),
        "providerId": str(provider.id),
        "actionUrl": f"/booking/{booking.id}",
        "actionLabel": "Respond",
    }
    assert (kinds(centre(other_patient)), badge(other_patient)) == ([], 0)


def test_an_entry_and_its_event_are_of_one_moment_and_name_each_other(patient):
    patient.has_asked()

    (frame,), (entry,) = (
        patient.get("/api/notifications").body["events"],
        Notification.objects.filter(recipient=patient.id),
    )

    assert (str(entry.event_id), instant(entry.created_at)) == (frame["eventId"], frame["timestamp"])


def test_pages(patient):
    for day in (5, 6, 7):
        patient.has_asked(**wish_at(days=day))
    whole = centre(patient)["notifications"]

    pages = [centre(patient, limit=2), centre(patient, limit=2, offset=2), centre(patient, limit=2, skip=9)]

    assert [one["notifications"] for one in pages] == [whole[:2], whole[2:], []]
    assert [(one["total"], one["hasMore"]) for one in pages] == [(3, True), (3, False), (3, False)]
    refused = patient.get(f"/api/notifications/user/{patient.id}?limit=0").refusal
    assert refused == (400, "validation", "limit is invalid")


@pytest.mark.lesson(62)
def test_reading_lowers_the_badge_and_twice_is_once(patient, provider, time):
    booking = patient.has_asked()
    confirm(provider, booking)
    first = centre(patient)["notifications"][0]

    read = patient.call("PATCH", f"/api/notifications/{first['id']}/read").body["notification"]
    time.passes(hours=1)
    again = patient.call("PATCH", f"/api/notifications/{first['id']}/read").body["notification"]

    assert (read["read"], again) == (True, read)
    assert (badge(patient), centre(patient)["unreadCount"]) == (1, 1)
    unread = centre(patient, unreadOnly="true")
    assert (kinds(unread), unread["total"], centre(patient)["total"]) == (["booking_pending"], 1, 2)
    marked = [patient.call("PATCH", f"/api/notifications/read-all/user/{patient.id}").body for _ in range(2)]
    assert [one["markedAsRead"] for one in marked] == [1, 0]
    assert (badge(patient), badge(provider)) == (0, 1)
    assert centre(patient)["notifications"][0]["readAt"] == read["readAt"]


def test_what_is_deleted_is_shown_no_more_and_stays_known(patient, provider):
    patient.has_asked()
    (entry,) = centre(patient)["notifications"]
    path = f"/api/notifications/{entry['id']}"

    answers = [patient.call("DELETE", path), patient.call("DELETE", path), patient.call("PATCH", f"{path}/read")]

    assert [one.status for one in answers] == [200, 404, 404]
    assert (kinds(centre(patient)), badge(patient)) == ([], 0)
    row = Notification.objects.get(id=entry["id"])
    assert (row.deleted_at is not None, row.read_at) == (True, None)


@pytest.mark.lesson(38, 39)
def test_somebody_elses_entry_is_like_none_and_their_list_is_forbidden(
    patient, provider, other_patient, other_provider
):
    patient.has_asked()
    before = list(Notification.objects.order_by("id").values())
    mine, theirs = (Notification.objects.get(recipient=one.id) for one in (patient, provider))

    strangers = ((other_patient, mine), (provider, mine), (other_provider, theirs), (patient, theirs))
    answers = [
        who.call(method, f"/api/notifications/{entry.id}{word}").refusal
        for who, entry in strangers
        for method, word in (("PATCH", "/read"), ("DELETE", ""))
    ]
    lists = [
        other_patient.call(method, f"/api/notifications/{path}/{patient.id}?limit=nonsense").refusal
        for method, path in (("GET", "user"), ("GET", "unread-count/user"), ("PATCH", "read-all/user"))
    ]

    assert set(answers) == {(404, "notification_not_found", "Notification not found")}
    assert set(lists) == {(403, "forbidden", "Unauthorized")}
    assert provider.get(f"/api/notifications/user/{provider.id}").status == 403
    assert list(Notification.objects.order_by("id").values()) == before


def test_the_badge_and_the_list_come_from_their_indexes(stage, patient):
    """Of many, with figures just taken: what the planner thinks of a small table depends on when it last looked."""
    Notification.objects.bulk_create(
        Notification(
            recipient=patient.id if n % 50 == 0 else UUID(int=n % 50),
            recipient_type="User",
            type="booking_confirmed",
            title="Confirmed",
            body="Your visit is confirmed.",
            action_label="View",
            event_id=uuid4(),
            valid_until=clock.now(),
            created_at=clock.now() - timedelta(seconds=n),
            read_at=clock.now() if n % 200 else None,
        )
        for n in range(12_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_notification")
    entries = entries_of(patient.id)

    badge, list_ = entries.filter(read_at=None).order_by().explain(), entries[:50].explain()

    assert "notification_unread" in badge, badge
    assert "notification_list" in list_, list_
    assert "Sort" not in list_, list_


def test_what_is_old_is_deleted_with_what_was_sent_of_it_and_nothing_else(patient, letterbox, time, settings):
    patient.has_asked()
    run_jobs()
    time.passes(days=settings.NOTIFICATION_DAYS - 1)
    assert delete_old_notifications() == 0
    patient.has_asked()
    run_jobs()
    time.passes(days=2)

    assert delete_old_notifications() == 2
    assert kinds(centre(patient)) == ["booking_pending"]
    assert Delivery.objects.filter(transport="push").count() == 4
    assert Delivery.objects.filter(transport="mail").count() == 2  # They belong to no entry, and are as old.
