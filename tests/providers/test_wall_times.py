"""Times as clients write them (contract 2.3): every form that is taken, every form that is not."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from providers import wall_times
from providers.wall_times import TimeDoesNotExist

DENVER = ZoneInfo("America/Denver")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2:00 PM", time(14)),
        ("02:00 pm", time(14)),
        ("2:00PM", time(14)),
        ("2:00Pm", time(14)),
        ("14:00", time(14)),
        ("00:00", time(0)),
        ("23:59", time(23, 59)),
        ("12:00 AM", time(0)),
        ("12:30 am", time(0, 30)),
        ("12:00 PM", time(12)),
        ("11:59 PM", time(23, 59)),
        ("  9:05 AM  ", time(9, 5)),
        ("2:00\u202fPM", time(14)),
        ("02:00\u202fpm", time(14)),
        ("2:00\u00a0PM", time(14)),
        ("\u00a02:00PM\u202f", time(14)),
        ("\u202f14:00\u00a0", time(14)),
    ],
)
def test_wall_times_that_are_taken(text, wall):
    assert wall_times.parse_wall_time(text) == wall


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "2",
            "2 PM",
            "2:0 PM",
            "2:00  PM",
            "2:00\u202f PM",
            "2:00\u00a0\u00a0PM",
            "2:00 P.M.",
            "2.00 PM",
            "200 PM",
        ),
        *("0:30 AM", "00:30 AM", "13:00 PM", "14:00 PM", "2:60 PM", "24:00", "12:60", "9:30", "123:00", "-1:00"),
        *(
            "14:00:00",
            "14:00Z",
            "14:00+01:00",
            "noon",
            "\u0662:00 PM",
            "\uff12:00 PM",
            "14:\u0660\u0660",
            "2:00 PM\n3:00 PM",
            "2:00\u2009PM",
            "2:00\u200bPM",
            "2:00\tPM",
            "2:00 P\u202fM",
            "14\u202f:00",
        ),
    ],
)
def test_wall_times_that_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        wall_times.parse_wall_time(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-08T16:30:00Z", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T16:30Z", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T16:30:00.000Z", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T16:30:00.0Z", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T09:30:00-07:00", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T22:00:00+05:30", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T22:15+05:45", utc(2026, 12, 8, 16, 30)),
        ("2026-12-09T06:30:00+14:00", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T16:30:00+00:00", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T09:30:00", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T09:30", utc(2026, 12, 8, 16, 30)),
        ("2028-02-29T09:30:00", utc(2028, 2, 29, 16, 30)),
    ],
)
def test_date_times_that_are_taken(text, instant):
    assert wall_times.parse_date_time(text).resolve(DENVER) == instant


NO_DATE_TIMES = [
    *("", "2026-12-08", "2026-12-08 09:30", "2026-12-08t09:30", "2026-12-08T9:30", "2026-12-08T09", "2026-12-08T0930"),
    *("2026-13-08T09:30", "2026-02-29T09:30", "2026-00-08T09:30", "2026-12-00T09:30", "2026-12-32T09:30"),
    *("2026-12-08T24:00", "2026-12-08T09:60", "2026-12-08T09:30:60", "2026-12-08T09:30:00.", "2026-12-08T09:30."),
    *("2026-12-08T09:30z", "2026-12-08T09:30+0530", "2026-12-08T09:30+05", "2026-12-08T09:30+24:00"),
    *("2026-12-08T09:30+05:60", "2026-12-08T09:30 Z", " 2026-12-08T09:30", "2026-12-08T09:30\n", "20261208T0930"),
    *(
        "26-12-08T09:30",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "\uff12026-12-08T09:30",
        "2026-W50-2T09:30",
        "1795341562",
    ),
]


@pytest.mark.parametrize("text", NO_DATE_TIMES)
def test_date_times_that_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        wall_times.parse_date_time(text)
    with pytest.raises(ValueError, match=r"."):
        wall_times.parse_moment(text)


@pytest.mark.parametrize("seconds", ["01", "00.001", "00.0000001", "59.999"])
def test_a_visit_begins_on_a_whole_minute_and_a_filter_need_not(seconds):
    text = f"2026-12-08T16:30:{seconds}Z"

    moment = wall_times.parse_moment(text).resolve(DENVER)

    assert moment.replace(second=0, microsecond=0) == utc(2026, 12, 8, 16, 30)
    with pytest.raises(ValueError, match="not a whole minute"):
        wall_times.parse_date_time(text)


def test_a_moment_is_kept_to_the_microsecond():
    assert wall_times.parse_moment("2026-12-08T16:30:59.999Z").value == utc(2026, 12, 8, 16, 30, 59, 999_000)


@pytest.mark.parametrize(
    ("day", "wall", "instant"),
    [
        ("2026-12-08", "9:30 AM", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T00:00:00", "9:30 AM", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T23:30:00Z", "09:30", utc(2026, 12, 8, 16, 30)),
        ("2026-12-08T00:00:00.000Z", "9:30AM", utc(2026, 12, 8, 16, 30)),
        ("2026-07-08", "9:30 AM", utc(2026, 7, 8, 15, 30)),
        ("2026-12-08", "5:00 PM", utc(2026, 12, 9, 0, 0)),
    ],
)
def test_a_date_and_a_time_are_read_in_the_provider_zone(day, wall, instant):
    assert wall_times.parse_date_and_time(day, wall).resolve(DENVER) == instant


@pytest.mark.parametrize(
    "day", ["2026-12-8", "12/08/2026", "2026-12-08 or so", "2026-12-08T", "2026-02-30", "", "today"]
)
def test_a_date_that_is_none_is_refused(day):
    with pytest.raises(ValueError, match=r"."):
        wall_times.parse_date_and_time(day, "9:30 AM")


def test_a_date_is_a_date():
    assert wall_times.parse_date("2026-12-08") == date(2026, 12, 8)
    for text in ("2026-12-08T00:00", "20261208", "2026-12-08 ", "2026-W50-2"):
        with pytest.raises(ValueError, match=r"."):
            wall_times.parse_date(text)


# --- Changes of the clocks ------------------------------------------------------------------------------------------
@pytest.mark.lesson(7)
@pytest.mark.parametrize(
    ("zone", "text", "message"),
    [
        ("America/Denver", "2027-03-14T02:00", "2:00 AM does not exist on 2027-03-14 in America/Denver."),
        ("America/Denver", "2027-03-14T02:59", "2:59 AM does not exist on 2027-03-14 in America/Denver."),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2:15 AM does not exist on 2026-10-04 in Australia/Lord_Howe."),
        ("Africa/Cairo", "2027-04-30T00:30", "12:30 AM does not exist on 2027-04-30 in Africa/Cairo."),
    ],
)
def test_a_wall_time_that_is_skipped_does_not_exist(zone, text, message):
    with pytest.raises(TimeDoesNotExist, match=message):
        wall_times.parse_date_time(text).resolve(ZoneInfo(zone))


@pytest.mark.lesson(7)
@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("America/Denver", "2027-03-14T01:59", utc(2027, 3, 14, 8, 59)),
        ("America/Denver", "2027-03-14T03:00", utc(2027, 3, 14, 9, 0)),
        ("America/Denver", "2026-11-01T01:30", utc(2026, 11, 1, 7, 30)),
        ("America/Denver", "2026-11-01T01:30-06:00", utc(2026, 11, 1, 7, 30)),
        ("America/Denver", "2026-11-01T01:30-07:00", utc(2026, 11, 1, 8, 30)),
        ("America/Denver", "2026-11-01T02:00", utc(2026, 11, 1, 9, 0)),
        ("Australia/Lord_Howe", "2026-10-04T02:30", utc(2026, 10, 3, 15, 30)),
        ("Australia/Lord_Howe", "2027-04-04T01:45", utc(2027, 4, 3, 14, 45)),
        ("Asia/Kolkata", "2026-12-08T09:30", utc(2026, 12, 8, 4, 0)),
        ("Asia/Kathmandu", "2026-12-08T09:30", utc(2026, 12, 8, 3, 45)),
        ("Pacific/Apia", "2026-12-08T09:30", utc(2026, 12, 7, 20, 30)),
    ],
)
def test_wall_times_around_a_change_and_in_odd_zones(zone, text, instant):
    assert wall_times.parse_date_time(text).resolve(ZoneInfo(zone)) == instant


@pytest.mark.parametrize(
    ("hour", "minute", "face"),
    [
        (0, 0, "12:00 AM"),
        (0, 5, "12:05 AM"),
        (9, 30, "9:30 AM"),
        (12, 0, "12:00 PM"),
        (14, 0, "2:00 PM"),
        (23, 59, "11:59 PM"),
    ],
)
def test_a_clock_face_has_no_leading_zero(hour, minute, face):
    assert wall_times.clock_face(datetime(2026, 12, 8, hour, minute, tzinfo=DENVER)) == face


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 7))
def test_what_is_shown_is_read_back_the_same(minutes):
    wall = time(minutes // 60, minutes % 60)

    face = wall_times.clock_face(datetime.combine(date(2026, 12, 8), wall, tzinfo=DENVER))

    assert wall_times.parse_wall_time(face) == wall


def test_zones_are_the_names_of_the_iana_list_each_of_which_can_be_read():
    names = wall_times.zone_names()

    assert {"America/Denver", "US/Eastern", "Asia/Kolkata", "Asia/Calcutta", "Etc/GMT+5", "UTC"} <= names
    assert not names & {"localtime", "posixrules", "leapseconds", "tzdata.zi", "", "."}
    assert all(ZoneInfo(name).key == name for name in names)
