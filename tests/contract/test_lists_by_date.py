"""The lists by pages, and by dates on the wall of the practice (11.1)."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.models import Booking


# --- Pages ----------------------------------------------------------------------------------------------------------
def test_pages_cover_the_list_once(ask, patient, provider):
    ids = [str(ask().id) for _ in range(23)][::-1]

    def page(query):
        answers = [patient.get(f"/api/bookings/user?{query}"), provider.get(f"/api/bookings/provider?{query}")]
        for one in answers:
            assert one.body.get("total", one.body.get("totalCount")) == one.body["pagination"]["total"] == 23
        (found,) = {
            (tuple(ids.index(each["id"]) for each in one.body["bookings"]), *one.body["pagination"].values())
            for one in answers
        }
        return found

    assert page("") == (tuple(range(20)), 23, 20, 0)
    assert page("offset=20") == (tuple(range(20, 23)), 23, 20, 20)
    assert page("limit=5&skip=5") == (tuple(range(5, 10)), 23, 5, 5)
    assert page("limit=1&skip=9&offset=2") == ((2,), 23, 1, 2)
    assert page("limit=101") == (tuple(range(23)), 23, 100, 0)
    assert page("limit=99999999999999999999999") == (tuple(range(23)), 23, 100, 0)
    assert page("offset=23") == ((), 23, 20, 23)
    assert page("limit=100&offset=2147483647") == ((), 23, 100, 2147483647)


@pytest.mark.parametrize("name", ["limit", "offset", "skip"])
def test_a_page_that_is_no_number_is_refused(name, patient, provider):
    for value in ("x", "-1", "1.5", "1e2", "", "%20", "0x1", "٣", "1%00", "true"):
        answers = [
            patient.get(f"/api/bookings/user?{name}={value}"),
            provider.get(f"/api/bookings/provider?{name}={value}"),
        ]
        assert {one.refusal for one in answers} == {(400, "validation", f"{name} is invalid")}, value


def test_a_limit_of_zero_is_refused(patient):
    assert patient.get("/api/bookings/user?limit=0").refusal == (400, "validation", "limit is invalid")


def test_too_many_query_parameters_are_a_bad_request(patient):
    assert patient.get("/api/bookings/user?" + "&".join("a=1" for _ in range(1001))).refusal[:2] == (400, "validation")


# --- Dates, in the provider zone (11.1) -----------------------------------------------------------------------------
MIDNIGHTS = ("2026-12-08T06:30Z", "2026-12-08T07:00Z", "2026-12-09T06:30Z", "2026-12-09T07:00Z")


FOUND = {
    "startDate=2026-12-08&endDate=2026-12-08": [1, 2],
    "startDate=2026-12-08": [1, 2, 3],
    "endDate=2026-12-07": [0],
    "startDate=2026-12-08T07:00:00Z&endDate=2026-12-09T06:30:00Z": [1, 2],
    "startDate=2026-12-08T07:01:00Z&endDate=2026-12-09T06:29:00Z": [],
    "startDate=2026-12-08T00:00:00&endDate=2026-12-08T23:30:00": [1, 2],
    "startDate=2026-12-08T00:00:00-07:00&endDate=2026-12-08T23:30:00-07:00": [1, 2],
    "startDate=2026-12-08T06:30:01Z&endDate=2026-12-09T06:59:59.999Z": [1, 2],
    "startDate=&endDate=": [0, 1, 2, 3],
    "startDate=2026-12-09&endDate=2026-12-08": [],
    "startDate=2026-12-08&endDate=2026-12-08&status=pending": [1, 2],
}


def test_dates_are_the_practices_and_inclusive(ask, provider):
    for moment in MIDNIGHTS:
        start = datetime.fromisoformat(moment)
        Booking.objects.filter(id=ask().id).update(start=start, end=start + timedelta(minutes=30))

    for query, found in FOUND.items():
        answer = provider.get(f"/api/bookings/provider?{query}")

        starts = sorted(one["appointmentDate"] for one in answer.body["bookings"])
        assert starts == [MIDNIGHTS[number].replace("Z", ":00Z") for number in found], query
        assert answer.body["totalCount"] == len(found), query


@pytest.mark.lesson(7)
def test_a_day_whose_last_hour_repeats_ends_with_the_second_one(ask, provider):
    # Clocks in Cairo go back from midnight to 23:00 on 2026-10-29: 21:30Z is the second 23:30 of that day.
    provider.provider.timezone = "Africa/Cairo"
    provider.provider.save(update_fields=["timezone"])
    start = datetime(2026, 10, 29, 21, 30, tzinfo=UTC)
    Booking.objects.filter(id=ask().id).update(start=start, end=start + timedelta(minutes=30))

    assert provider.get("/api/bookings/provider?endDate=2026-10-29").body["totalCount"] == 1
    assert provider.get("/api/bookings/provider?startDate=2026-10-30").body["totalCount"] == 0


NO_DATES = (
    *("x", "2026-13-01", "2026-02-30", "2026-12-8", "2026-12-08T25:00", "2026-12-08%2010:00", "1", "%00"),
    "9999-01-01",
)


@pytest.mark.parametrize("name", ["startDate", "endDate"])
def test_a_bound_that_is_no_date_is_refused(name, provider):
    for value in NO_DATES:
        answer = provider.get(f"/api/bookings/provider?{name}={value}")
        assert answer.refusal == (400, "validation", f"{name} is invalid"), value
