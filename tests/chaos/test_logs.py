"""The reader of a run's logs: what it excuses, and what it must not."""

import json
import time
from datetime import UTC, datetime

import pytest
from chaos import logs
from chaos.outages import Outage

# On the monotonic clock, long ago.
BEGAN = time.monotonic() - 1_000.0
LOST = "psycopg.OperationalError: server closed the connection unexpectedly"
CAPTURED = "Booking 1 was captured out of turn: refunded."


def entry(after, message, *, cause="", level="ERROR"):
    """A line so many seconds after the outage began."""
    moment = datetime.fromtimestamp(BEGAN + after + time.time() - time.monotonic(), UTC)
    line = {"at": moment.isoformat(timespec="milliseconds"), "level": level, "logger": "findr", "message": message}
    return json.dumps(line | ({"traceback": f"Traceback\n{cause}\nDETAIL: long"} if cause else {}))


@pytest.fixture
def found(tmp_path):
    """What is found in a log of these lines, after these outages."""

    def look(lines, *outages):
        (tmp_path / "web-1.log").write_text("\n".join(lines))
        return logs.unexpected(tmp_path, outages)

    return look


def away(target="postgres", seconds=5.0, how="killed"):
    return Outage(target, BEGAN, BEGAN + seconds, how)


@pytest.mark.parametrize("after", [-0.5, 0.1, 4.9, 24.0])
def test_a_lost_connection_is_excused_while_the_database_is_away_and_shortly_after(found, after):
    assert found([entry(after, "An endpoint failed.", cause=LOST)], away()) == []


def test_a_message_however_long_does_not_hide_the_exception(found):
    assert found([entry(1, "Deliveries of many could not be sent. " * 20, cause=LOST)], away()) == []


@pytest.mark.parametrize("after", [-2.0, 26.0, 300.0])
def test_it_is_a_finding_at_any_other_time(found, after):
    assert found([entry(after, "An endpoint failed.", cause=LOST)], away()) == [
        f"logged 1 times: findr: An endpoint failed. | {LOST}"
    ]


def test_an_outage_that_is_not_over_excuses_all_that_follows(found):
    assert found([entry(500, "x", cause=LOST)], Outage("postgres", BEGAN)) == []


@pytest.mark.parametrize(
    "outage", [away("redis"), away("web"), away("vendor", how="misbehaves"), away("clock", how="moved")]
)
def test_another_outage_excuses_nothing(found, outage):
    assert len(found([entry(1, "x", cause=LOST)], outage)) == 1


def test_without_any_outage_everything_is_a_finding(found):
    lines = [entry(1, "x", cause=LOST), entry(2, CAPTURED), entry(3, "Service Unavailable: /api/bookings")]

    assert len(found(lines)) == 3


@pytest.mark.parametrize(
    "cause",
    [
        "django.db.utils.OperationalError: deadlock detected",
        "django.db.utils.IntegrityError: duplicate key value violates unique constraint",
        "django.db.utils.ProgrammingError: relation does not exist",
        "psycopg.OperationalError: FATAL: sorry, too many clients already",
        "KeyError: 'booking'",
    ],
)
def test_a_defect_is_a_finding_even_while_the_database_is_away(found, cause):
    """Its class alone, or that the database was talked to, says nothing."""
    assert found([entry(1, "An endpoint failed.", cause=cause)], away()) == [
        f"logged 1 times: findr: An endpoint failed. | {cause}"
    ]


def test_money_that_was_taken_out_of_turn_has_somebody_who_took_it(found):
    assert found([entry(20, CAPTURED)], away("vendor", 0.0, how="capture")) == []
    assert len(found([entry(20, CAPTURED)], away("vendor", 0.0, how="refund"))) == 1
    assert len(found([entry(950, CAPTURED)], away("vendor", 0.0, how="capture"))) == 1


def test_a_refund_that_is_too_much_follows_another_ones(found):
    refused = "refund of booking 1: Stripe answered 400"
    assert found([entry(20, refused)], away("vendor", 0.0, how="refund")) == []
    assert len(found([entry(20, refused)], away("vendor", 0.0, how="capture"))) == 1


def test_equal_lines_are_told_once_and_those_below_an_error_not_at_all(found):
    lines = [entry(1, f"Booking {number} is lost.") for number in range(3)]

    assert found([*lines, entry(1, "careful", level="WARNING"), '{"at": "half a li']) == [
        "logged 3 times: findr: Booking # is lost."
    ]
