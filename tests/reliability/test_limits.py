"""When something runs out (patience, connections, threads, room on the disk) the answer is a 503 and nothing is half done."""

import json
import resource
import secrets
import threading
import time as real_time
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from cast import Person, booking_of, fresh, wish_at
from concurrency.together import at_once
from django.db import connection
from reliability import process
from reliability.settling import settle
from reliability.story import told

from bookings import reconciliation as books
from bookings.models import Booking, BookingEvent, TimeHold
from findr.accounts.models import User

BUSY = (503, "temporarily_unavailable", "Please try again")
MEGABYTE = 1024 * 1024
# How many web threads may wait for the vendor at once.
PLACES = 16


@contextmanager
def session(**limits):
    """This thread's database session with other limits, in milliseconds."""
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"SHOW {name}").fetchone()[0] for name in limits}
        for name, milliseconds in limits.items():
            cursor.execute(f"SET {name} = {milliseconds}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name, value in before.items():
                cursor.execute(f"SET {name} = '{value}'")


def locked(booking):
    """A step for a rival: the booking's row."""
    return lambda: list(Booking.objects.select_for_update().filter(id=booking.id))


def until(condition):
    """Wait for it."""
    end = real_time.monotonic() + 20
    while not condition():
        assert real_time.monotonic() < end
        real_time.sleep(0.01)


def waiting_for_locks():
    """How many sessions of this database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


# --- Patience ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("action", ["confirm", "decline", "cancel-provider"])
def test_a_lock_that_is_not_to_be_had_is_a_503_and_nothing_changed(scene, rival, action):
    booking = scene.has_asked()
    before = told(scene.sandbox)

    with rival(locked(booking)), session(lock_timeout=200):
        answer = scene.provider.post(f"/api/bookings/{booking.id}/{action}", {"reason": "away"})

    assert answer.refusal == BUSY
    assert answer.headers["Retry-After"] == "1"
    assert told(scene.sandbox) == before
    assert books.check_books() == []


@pytest.fixture
def slow_database():
    """Each new line of history takes the database a second."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION slowly() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$ LANGUAGE plpgsql;
            CREATE TRIGGER slowly BEFORE INSERT ON bookings_bookingevent FOR EACH ROW EXECUTE FUNCTION slowly();
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION slowly CASCADE")


def test_a_statement_that_takes_too_long_is_a_503_and_nothing_changed(scene, slow_database):
    with session(statement_timeout=200):
        answer = scene.patient.asks()

    assert answer.refusal == BUSY
    assert told(scene.sandbox) == {
        "bookings": [],
        "to do": [],
        "strays": 0,
        "times": {"busy times": [], "channels": 0, "reservations": []},
    }
    assert scene.sandbox.log() == []


def test_after_the_money_was_asked_for_the_answer_is_202_and_never_503(scene, slow_database):
    """The first transaction has its second; then the database loses its patience."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_bookingevent DISABLE TRIGGER slowly")
    rule = {"method": "POST", "path": "/v1/payment_intents", "action": "delay", "seconds": 0.5}
    scene.sandbox.misbehave(rule)
    turn = threading.Thread(target=enable_slowness, args=[scene.sandbox])
    turn.start()

    with session(statement_timeout=400):
        answer = scene.patient.asks()

    turn.join()
    assert (answer.status, answer.body["processing"]) == (202, True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_bookingevent DISABLE TRIGGER slowly")
    settle(scene)
    assert fresh(answer.body["bookingId"]).state == "pending_confirmation"
    assert books.check_books() == []


def enable_slowness(sandbox):
    """Once the vendor has been asked, and takes its time."""
    until(lambda: sandbox.log())
    try:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_bookingevent ENABLE TRIGGER slowly")
    finally:
        connection.close()


# --- Connections and threads ------------------------------------------------------------------------------------------------
def ask(port, method, path, person, body=None):
    """One request over HTTP; its status, its code and how many seconds it took."""
    client, began = HTTPConnection("127.0.0.1", port, timeout=30), real_time.monotonic()
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    client.request(method, path, None if body is None else json.dumps(body), headers)
    response = client.getresponse()
    content = json.loads(response.read())
    client.close()
    return response.status, content.get("code"), real_time.monotonic() - began


def test_no_connection_left_is_a_503_until_there_is_one_again(scene, rival):
    """Two connections, both waiting for a lock; a third caller waits half a second for one."""
    booking, other = scene.has_asked(), scene.has_asked(**wish_at(days=9))
    path = f"/api/bookings/user/{scene.patient.id}"
    options = {"pool": {"min_size": 1, "max_size": 2, "timeout": 0.5}}

    with process.web(DATABASE_OPTIONS=options) as (_, port):
        assert ask(port, "GET", path, scene.patient)[0] == 200
        with rival(locked(booking)), rival(locked(other)):
            waiting = [
                lambda one=one: ask(port, "POST", f"/api/bookings/{one.id}/confirm", scene.provider, {})
                for one in (booking, other)
            ]

            def late():
                until(lambda: waiting_for_locks() == 2)  # They have both connections, and keep them for three seconds.
                return ask(port, "GET", path, scene.patient)

            *refused, third = at_once(*waiting, late)
        assert ask(port, "GET", path, scene.patient)[0] == 200

    assert [one[:2] for one in refused] == [BUSY[:2]] * 2
    assert third[:2] == BUSY[:2]
    assert third[2] < 2
    assert books.check_books() == []


def test_while_every_place_waits_for_stripe_others_are_turned_away_and_reads_go_on(scene):
    people = [
        Person(user)
        for user in User.objects.bulk_create(
            [User(email=f"crowd{number}@example.test", role="patient") for number in range(20)]
        )
    ]
    scene.sandbox.misbehave({"path": "/v1/*", "action": "delay", "seconds": 3.0, "times": None})

    with process.web() as (_, port):
        ask(port, "GET", f"/api/bookings/user/{scene.patient.id}", scene.patient)
        creates = [
            lambda number=number, person=person: ask(
                port, "POST", "/api/bookings", person, wish_at(days=2 + number, hour=9)
            )
            for number, person in enumerate(people)
        ]

        def read():
            until(lambda: len(scene.sandbox.log()) == PLACES)
            return ask(port, "GET", f"/api/bookings/user/{scene.patient.id}", scene.patient)

        *created, seen = at_once(*creates, read)

    made = [one for one in created if one[0] == 201]
    refused = [one for one in created if one[0] == 503]
    assert (len(made), len(refused)) == (PLACES, 20 - PLACES)
    assert {one[:2] for one in refused} == {BUSY[:2]}
    assert seen[0] == 200
    assert seen[2] < 2  # It waited for nobody: the vendor takes three seconds.
    assert Booking.objects.count() == PLACES
    assert books.check_books() == []


# --- Room ----------------------------------------------------------------------------------------------------------------------
@contextmanager
def disk_full():
    """This session's PostgreSQL process cannot make a table's file longer, as on a disk without room."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
        cursor.execute("SELECT pg_relation_size('bookings_bookingevent')")
        (size,) = cursor.fetchone()
    assert size > 16 * MEGABYTE  # Longer than a file of the write-ahead log, which has its room already.
    soft, hard = resource.prlimit(backend, resource.RLIMIT_FSIZE)
    resource.prlimit(backend, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(backend, resource.RLIMIT_FSIZE, (soft, hard))


def fill_every_page(booking):
    """So much history that its file is longer than 16 MB; the next line needs a new page, since all of them count as full."""
    lines = [
        BookingEvent(
            booking=booking,
            event_type="note",
            old_state=booking.state,
            new_state=booking.state,
            data={"filler": secrets.token_hex(850)},
            actor_role="system",
            source="system",
        )
        for _ in range(10_000)
    ]
    BookingEvent.objects.bulk_create(lines, batch_size=1_000)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_bookingevent SET (fillfactor = 10)")


def test_a_full_disk_is_a_503_and_nothing_is_half_done(scene):
    booking = scene.has_asked()
    fill_every_page(booking)

    with disk_full():
        refused = scene.patient.asks(**wish_at(days=40))
        confirmed = scene.provider.post(f"/api/bookings/{booking.id}/confirm")

    assert refused.refusal == confirmed.refusal == BUSY
    assert Booking.objects.get().state == "pending_confirmation"
    assert not TimeHold.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_bookingevent RESET (fillfactor)")
    again = scene.patient.asks(**wish_at(days=40))
    assert again.status == 201
    assert booking_of(again).state == "pending_confirmation"
    settle(scene)
    assert books.check_books() == []
