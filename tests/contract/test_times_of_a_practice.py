"""Notice and deadlines across a change of the clocks, and a practice that moves."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cast import HARBOR, HOUR, booking_of, fresh, wish_at
from contract.clocks import in_zone
from contract.scene import MOMENT
from django.db import connection

from bookings.models import TimeHold
from bookings.selectors.views import view_of
from bookings.states import Role
from bookings.wire.staff_view import staff_view
from providers import demo
from providers.models import Provider
from providers.wall_times import clock_face

HARBORS_HOUR = str(demo.demo_id(522))


def shown_times(value):
    """Every object of an answer that shows a wall time: the instant beside it, the wall time, the zone beside it."""
    if isinstance(value, list):
        return [found for one in value for found in shown_times(one)]
    if not isinstance(value, dict):
        return []
    rest = [found for one in value.values() for found in shown_times(one)]
    if "appointmentTime" not in value:
        return rest
    return [(value["appointmentDate"], value["appointmentTime"], value["providerTimezone"]), *rest]


# --- Notice and deadlines across a change ----------------------------------------------------------------------------
@pytest.fixture
def harbor(other_provider, patient):
    """Asks the practice in America/New_York, whose clocks go back on 2026-11-01 and forward on 2027-03-14."""

    def ask(day, wall, **practice):
        if practice:
            Provider.objects.filter(id=HARBOR).update(**practice)
        wish = {"providerId": str(HARBOR), "serviceId": HARBORS_HOUR, "appointmentDate": day, "appointmentTime": wall}
        return patient.asks(**wish)

    return ask


@pytest.mark.lesson(7, 20)
@pytest.mark.parametrize(
    ("asked_at", "day", "practice", "deadline", "wall", "message"),
    [
        ("2026-10-31T22:00Z", "2026-11-05", {}, "2026-11-01T22:00Z", "5:00 PM", "24 hours"),
        ("2027-03-13T22:00Z", "2027-03-18", {}, "2027-03-14T22:00Z", "6:00 PM", "24 hours"),
        # The lead before the start decides: ten hours, of which the wall clock shows nine, or eleven.
        ("2026-10-31T21:30Z", "2026-11-01", {"minimum_lead_minutes": 600}, "2026-11-01T05:00Z", "1:00 AM", "7 hours"),
        ("2027-03-13T21:30Z", "2027-03-14", {"minimum_lead_minutes": 600}, "2027-03-14T04:00Z", "11:00 PM", "6 hours"),
    ],
)
def test_a_deadline_is_counted_in_hours_and_not_on_the_wall_clock(
    asked_at, day, practice, deadline, wall, message, harbor, other_provider, time
):
    time.set(datetime.fromisoformat(asked_at))
    within = timedelta(seconds=0 if practice else 20)  # The moment of asking is read a little after it was set.
    due = datetime.fromisoformat(deadline)

    answer = harbor(day, "10:00 AM", **practice)
    expires_at = booking_of(answer).expires_at
    queued = other_provider.get("/api/bookings/provider/pending").body["bookings"][0]

    assert due <= expires_at <= due + within
    assert clock_face(expires_at.astimezone(ZoneInfo("America/New_York"))) == wall
    assert answer.body["message"] == f"Booking request sent. Provider will respond within {message}."
    left = (due - datetime.fromisoformat(asked_at)).total_seconds() / 3600
    assert float(queued["hoursUntilExpiry"]) == pytest.approx(left, abs=0.11)


@pytest.mark.lesson(7)
def test_a_request_over_a_change_waits_its_whole_24_hours(harbor, other_provider, time):
    asked_at = datetime(2026, 10, 31, 22, 0, tzinfo=UTC)
    time.set(asked_at)
    kept, late = (booking_of(harbor("2026-11-05", wall)) for wall in ("10:00 AM", "2:00 PM"))

    time.set(asked_at + timedelta(hours=24, seconds=-30))
    in_time = other_provider.post(f"/api/bookings/{kept.id}/confirm")
    time.set(late.expires_at)
    too_late = other_provider.post(f"/api/bookings/{late.id}/confirm")

    assert in_time.status == 200
    assert too_late.refusal[:2] == (400, "booking_not_pending")
    assert too_late.body["currentState"] == "expired"


@pytest.mark.lesson(7)
@pytest.mark.parametrize(
    ("asked_at", "day", "wall", "told"),
    [
        # 24 hours and a quarter of notice end on the day of the change: one hour later, or earlier, on the wall.
        ("2026-10-31T14:30Z", "2026-11-01", "09:46", (201, None)),
        ("2026-10-31T14:30Z", "2026-11-01", "09:44", (400, "too_soon")),
        ("2027-03-13T15:30Z", "2027-03-14", "11:46", (201, None)),
        ("2027-03-13T15:30Z", "2027-03-14", "11:44", (400, "too_soon")),
    ],
)
def test_a_notice_that_ends_on_change_day_is_counted_in_hours(asked_at, day, wall, told, harbor, time):
    time.set(datetime.fromisoformat(asked_at))

    answer = harbor(day, wall, minimum_lead_minutes=1440)

    assert (answer.status, answer.body.get("code")) == told


@pytest.mark.lesson(7)
@pytest.mark.parametrize(("wall", "status"), [("09:00", 201), ("09:01", 400)])
def test_how_far_ahead_is_counted_in_hours_too(wall, status, harbor, time):
    # Seven days from 10:00 in summer are 09:00 in winter.
    time.set(datetime(2026, 10, 28, 14, 0, tzinfo=UTC))

    assert harbor("2026-11-04", wall, maximum_advance_days=7).status == status


# --- A practice that moves ------------------------------------------------------------------------------------------
@pytest.mark.lesson(7)
def test_a_practice_that_changes_its_zone_moves_no_booking(patient, other_patient, provider, time):
    time.set(MOMENT)
    waits, stands = patient.has_asked(**wish_at(hour=9)), patient.has_asked(**wish_at(hour=12))
    assert provider.post(f"/api/bookings/{stands.id}/confirm").status == 200
    rows, holds = _columns(), list(TimeHold.objects.order_by("id").values_list("owner", "during"))

    in_zone(provider, "America/New_York")

    assert _columns() == rows
    assert list(TimeHold.objects.order_by("id").values_list("owner", "during")) == holds
    pages = [
        patient.get(f"/api/bookings/{waits.id}"),
        provider.get(f"/api/bookings/{waits.id}"),
        patient.get("/api/bookings/user?status=pending"),
        provider.get("/api/bookings/provider?status=pending"),
        provider.get("/api/bookings/provider/pending"),
    ]
    assert [shown_times(one.body) for one in pages] == [[("2026-12-08T16:00:00Z", "11:00 AM", "America/New_York")]] * 5
    assert shown_times(staff_view(view_of(fresh(stands.id), Role.STAFF))) == [
        ("2026-12-08T19:00:00Z", "2:00 PM", "America/New_York")
    ]
    assert {one["dateTime"]["providerTimezone"] for one in pages[2].body["bookings"]} == {"America/New_York"}
    # Its day, its queue and its time guard go by the same instants.
    assert provider.get("/api/bookings/provider?startDate=2026-12-08T11:00&endDate=2026-12-08T14:00").body[
        "totalCount"
    ] == len(rows)
    provider.provider.requests_hold_time = True
    provider.provider.save(update_fields=["requests_hold_time"])
    assert other_patient.asks(**wish_at(hour=14)).refusal[:2] == (409, "slot_taken")
    answered = provider.post(f"/api/bookings/{waits.id}/confirm").body["booking"]
    assert answered["dateTime"]["confirmedStart"] == answered["appointmentDate"] == "2026-12-08T16:00:00Z"


def _columns():
    """Every instant of every booking, as PostgreSQL keeps it."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT id, requested_start, requested_end, start, "end", confirmed_start, expires_at'
            " FROM bookings_booking ORDER BY id"
        )
        return cursor.fetchall()


@pytest.mark.lesson(7)
def test_every_wall_time_stands_beside_its_zone(patient, provider, time):
    time.set(MOMENT)
    created = patient.asks(serviceId=str(HOUR))
    path = f"/api/bookings/{created.body['bookingId']}"

    answers = [
        created,
        patient.get(path),
        provider.get(path),
        patient.get("/api/bookings/user"),
        provider.get("/api/bookings/provider"),
        provider.get("/api/bookings/provider/pending"),
        provider.post(f"{path}/confirm"),
    ]

    for answer in answers:
        ((instant, wall, zone),) = shown_times(answer.body)
        assert clock_face(datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))) == wall
        assert str(answer.body).count("AM'") + str(answer.body).count("PM'") == 1
