"""Times over the wire: read in the provider zone, kept as instants, counted as instants (contract 2.3, 6.5)."""

from datetime import UTC, datetime

import pytest
from cast import fresh, promised, wish_at
from contract.clocks import in_zone
from contract.scene import MOMENT

from bookings.models import Booking
from findr.accounts.models import User

VISIT = "2026-12-08T16:30:00Z"


def asked(patient, headers=None, **times):
    """A create at Ridge that names its time in just these fields."""
    body = {name: value for name, value in wish_at().items() if not name.startswith("appointment")}
    return patient.post("/api/bookings", {**body, **times}, **(headers or {}))


# --- Reading --------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(7, 8)
@pytest.mark.parametrize(
    "times",
    [
        {"appointmentDate": "2026-12-08", "appointmentTime": "9:30 AM"},
        {"appointmentDate": "2026-12-08", "appointmentTime": "09:30"},
        {"appointmentDate": "2026-12-08", "appointmentTime": "9:30\u202fAM"},
        {"appointmentDate": "2026-12-08T23:59:00Z", "appointmentTime": "09:30\u00a0am"},
        {"appointmentDate": "2026-12-08T23:59:00Z", "appointmentTime": "9:30am"},
        {"appointmentDate": "2026-12-08T09:30:00"},
        {"appointmentDate": "2026-12-08T16:30:00.000Z"},
        {"startTime": "2026-12-08T09:30:00"},
        {"startTime": VISIT},
        {"startTime": "2026-12-09T01:30:00+09:00"},
        {"startTime": "2026-12-08T22:15:00+05:45", "appointmentDate": "2026-12-08", "appointmentTime": "9:30 AM"},
    ],
    ids=lambda times: " ".join(times.values()),
)
def test_a_time_is_the_providers_unless_it_has_an_offset(times, patient, time, settings):
    settings.TIME_ZONE = "Pacific/Auckland"  # The server's own, which nothing is ever read in.
    time.set(MOMENT)

    shown = asked(patient, {"x-timezone": "Asia/Tokyo"}, **times).body["booking"]

    assert (shown["appointmentDate"], shown["appointmentTime"]) == (VISIT, "9:30 AM")
    assert (shown["providerTimezone"], shown["patientTimezone"]) == ("America/Denver", "Asia/Tokyo")
    assert fresh(shown["id"]).start == datetime(2026, 12, 8, 16, 30, tzinfo=UTC)


@pytest.mark.lesson(8)
def test_two_forms_that_name_different_instants_are_refused(patient, time):
    time.set(MOMENT)

    # The same digits, once as the provider's wall time and once as an instant.
    answer = asked(patient, appointmentDate="2026-12-08", appointmentTime="9:30 AM", startTime="2026-12-08T09:30:00Z")

    assert answer.refusal == (400, "validation", "startTime is invalid")


def test_the_patients_zone_is_the_one_last_named(patient, other_patient, time):
    time.set(MOMENT)

    def zone_with(who, day, name):
        headers = {} if name is None else {"x-timezone": name}
        answer = who.post("/api/bookings", wish_at(days=day), **headers)
        return answer.body["booking"]["patientTimezone"]

    named = ("Europe/Paris", None, "Mars/Olympus", "", "asia/tokyo", "Asia/Tokyo", None)
    zones = [zone_with(patient, 3 + number, name) for number, name in enumerate(named)]

    assert zones == ["Europe/Paris"] * 5 + ["Asia/Tokyo"] * 2
    assert User.objects.get(id=patient.id).timezone == "Asia/Tokyo"
    assert [zone_with(other_patient, 20, None), zone_with(other_patient, 21, "../etc")] == ["America/Denver"] * 2


@pytest.mark.parametrize("name", ["US/Eastern", "Asia/Calcutta", "Etc/GMT+5", "EST5EDT", "UTC"])
def test_a_link_of_the_iana_list_is_a_zone(patient, time, name):
    time.set(MOMENT)

    answer = patient.post("/api/bookings", wish_at(), **{"x-timezone": name})

    assert answer.body["booking"]["patientTimezone"] == name


@pytest.mark.parametrize(
    "name",
    ["localtime", "posixrules", "posix/America/Denver", "right/UTC", "/etc/localtime", "america/denver", "tzdata"],
)
def test_a_file_of_this_machine_is_no_zone(patient, time, name):
    """`localtime` would be whatever the server's own zone is, and another one on the next server."""
    time.set(MOMENT)

    answer = patient.post("/api/bookings", wish_at(), **{"x-timezone": name})

    assert answer.body["booking"]["patientTimezone"] == "America/Denver"
    assert User.objects.get(id=patient.id).timezone == ""


# --- Changes of the clocks ------------------------------------------------------------------------------------------
@pytest.mark.lesson(7)
@pytest.mark.parametrize(
    "times",
    [
        {"appointmentDate": "2027-03-14", "appointmentTime": "2:30 AM"},
        {"appointmentDate": "2027-03-14T00:00:00Z", "appointmentTime": "02:00"},
        {"startTime": "2027-03-14T02:59:00"},
        {"appointmentDate": "2027-03-14T02:30:00"},
    ],
    ids=lambda times: " ".join(times.values()),
)
def test_a_wall_time_that_the_clocks_skip_is_refused_and_nothing_is_written(times, patient, sandbox, time):
    time.set(datetime(2027, 3, 10, 15, 0, tzinfo=UTC))

    answer = asked(patient, {"x-timezone": "America/Phoenix"}, **times)

    assert answer.refusal == (400, "time_does_not_exist", "This time does not exist on that day")
    assert (Booking.objects.count(), promised(), sandbox.log()) == (0, [], [])


@pytest.mark.lesson(7)
def test_around_the_skipped_hour_an_instant_is_still_an_instant(patient, time):
    time.set(datetime(2027, 3, 10, 15, 0, tzinfo=UTC))

    answers = [asked(patient, startTime=text) for text in ("2027-03-14T01:00", "2027-03-14T02:00-07:00")]

    assert [(one.body["booking"]["appointmentDate"], one.body["booking"]["appointmentTime"]) for one in answers] == [
        ("2027-03-14T08:00:00Z", "1:00 AM"),
        ("2027-03-14T09:00:00Z", "3:00 AM"),
    ]
    assert answers[0].body["booking"]["dateTime"]["requestedEnd"] == "2027-03-14T09:00:00Z"


@pytest.mark.lesson(7)
def test_a_wall_time_that_comes_twice_is_the_first_and_an_offset_names_the_second(patient, provider, time):
    time.set(datetime(2026, 10, 25, 15, 0, tzinfo=UTC))

    first = asked(patient, appointmentDate="2026-11-01", appointmentTime="1:30 AM")
    again = asked(patient, startTime="2026-11-01T01:30:00-06:00")
    second = asked(patient, startTime="2026-11-01T01:30:00-07:00")

    shown = [
        (one.body["booking"]["appointmentDate"], one.body["booking"]["appointmentTime"]) for one in (first, second)
    ]
    assert shown == [("2026-11-01T07:30:00Z", "1:30 AM"), ("2026-11-01T08:30:00Z", "1:30 AM")]
    assert again.refusal[:2] == (409, "duplicate_booking")
    # Both lie on that day, and the first ends when the second begins: an hour is an hour.
    assert first.body["booking"]["dateTime"]["requestedEnd"] == "2026-11-01T08:30:00Z"
    assert provider.get("/api/bookings/provider?startDate=2026-11-01&endDate=2026-11-01").body["totalCount"] == 2


@pytest.mark.lesson(7)
@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("Asia/Kolkata", "2026-12-08", "2026-12-08T04:00:00Z"),
        ("Asia/Kathmandu", "2026-12-08", "2026-12-08T03:45:00Z"),
        ("America/St_Johns", "2026-12-08", "2026-12-08T13:00:00Z"),
        ("Australia/Lord_Howe", "2026-12-08", "2026-12-07T22:30:00Z"),
        ("Pacific/Chatham", "2026-12-08", "2026-12-07T19:45:00Z"),
    ],
)
def test_zones_off_the_hour(zone, day, instant, patient, provider, time):
    time.set(MOMENT)
    in_zone(provider, zone)

    shown = asked(patient, appointmentDate=day, appointmentTime="9:30 AM").body["booking"]
    listed = provider.get(f"/api/bookings/provider?startDate={day}&endDate={day}").body["bookings"]

    assert [(one["appointmentDate"], one["appointmentTime"], one["providerTimezone"]) for one in (shown, *listed)] == [
        (instant, "9:30 AM", zone)
    ] * 2
