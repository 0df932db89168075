"""One call of a web process after the other: who waits for a vendor keeps nobody, and nobody waits for ever."""

import io
import json
import sys
import time as real_time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from cast import wish_at
from django.db import connection

from findr import concurrency
from findr.outbox.locks import locked
from findr.vendors.calls import VendorCalls
from findr.wsgi import page

SECONDS = 15


@pytest.fixture
def somebody():
    """Another thread, which has no call yet."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda work: pool.submit(work)


def ask(method, path, token, body=b""):
    """A request as a web server hands it over: status, body."""
    status, _, content = page(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "findr",
            "SERVER_PORT": "80",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {token}",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
            "REMOTE_ADDR": "127.0.0.1",
        }
    )
    return int(status[:3]), content


def works_at_once(work):
    """Whether `work` gets a permit now: it says when it has begun."""
    began = Event()

    def begin():
        with concurrency.permit():
            began.set()

    done = work(begin)
    return began, done


def test_the_second_call_waits_for_the_first(somebody, settings):
    settings.WEB_QUEUE_SECONDS = SECONDS
    with concurrency.permit():
        began, done = works_at_once(somebody)
        assert not began.wait(0.2)

    done.result(timeout=SECONDS)
    assert began.is_set()


def test_whoever_has_waited_long_enough_goes_on_without_a_permit(somebody, settings):
    settings.WEB_QUEUE_SECONDS = 0.05
    with concurrency.permit():
        began, done = works_at_once(somebody)
        done.result(timeout=SECONDS)
        assert began.is_set()
    # And takes none away from others.
    settings.WEB_QUEUE_SECONDS = SECONDS
    with concurrency.permit():
        began, done = works_at_once(somebody)
        assert not began.wait(0.2)
    done.result(timeout=SECONDS)


def test_a_call_that_fails_gives_its_permit_back(somebody, settings):
    settings.WEB_QUEUE_SECONDS = SECONDS

    def fail():
        with concurrency.permit():
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the one above
        fail()
    began, done = works_at_once(somebody)
    done.result(timeout=SECONDS)
    assert began.is_set()


def test_whoever_waits_for_a_vendor_keeps_neither_permit_nor_connection(stage, somebody, settings):
    settings.WEB_QUEUE_SECONDS = SECONDS
    seen = []

    def vendor():
        began, done = works_at_once(somebody)
        done.result(timeout=SECONDS)
        seen.append(began.is_set())
        return 7

    with concurrency.permit():
        connection.ensure_connection()
        before = connection.connection
        pool = connection.pool
        assert pool.get_stats()["pool_available"] < pool.get_stats()["pool_size"]
        assert VendorCalls("Toy").within(SECONDS, vendor) == 7
        assert connection.connection is None
        connection.ensure_connection()
        after, is_open = connection.connection, not connection.connection.closed

    assert seen == [True]
    assert before is not None
    assert after is not None
    assert is_open


def test_a_transaction_keeps_its_connection(stage):
    from django.db import transaction

    with concurrency.permit(), transaction.atomic():
        connection.ensure_connection()
        before = connection.connection
        VendorCalls("Toy").within(SECONDS, lambda: 7)
        assert connection.connection is before


def locks_held():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return cursor.fetchone()[0]


def test_a_session_that_holds_a_lock_keeps_its_connection(stage):
    with concurrency.permit():
        with locked("toy"):
            before = connection.connection
            assert VendorCalls("Toy").within(SECONDS, locks_held_elsewhere) == 1
            assert connection.connection is before
        assert locks_held() == 0
        VendorCalls("Toy").within(SECONDS, lambda: 7)
        assert connection.connection is None


def locks_held_elsewhere():
    try:
        return locks_held()
    finally:
        connection.close()


def test_a_wallet_is_locked_for_a_call_and_no_longer(patient):
    """Its lock is of a session: given back with the connection, it would stay for ever."""
    status, content = ask("POST", "/api/payments/setup-intent", patient.token, b"{}")

    assert status == 200, content
    assert locks_held() == 0


def test_a_job_keeps_its_connection_which_may_hold_a_lock(stage):
    connection.ensure_connection()
    before = connection.connection

    VendorCalls("Toy").within(SECONDS, lambda: 7)

    assert connection.connection is before


def test_creates_wait_for_the_vendor_together(patient, other_patient, sandbox, settings):
    """One after the other they would take as long as the vendor takes for both."""
    settings.WEB_QUEUE_SECONDS = SECONDS
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "delay", "seconds": 1.5, "times": None})
    wishes = [(patient.token, wish_at(hour=9)), (other_patient.token, wish_at(hour=11))]

    began = real_time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: ask("POST", "/api/bookings", one[0], json.dumps(one[1]).encode()), wishes))
    took = real_time.monotonic() - began

    assert [status for status, _ in answers] == [201, 201]
    assert took < 2.9


def test_a_page_of_the_console_needs_no_permit(stage, somebody, settings):
    settings.WEB_QUEUE_SECONDS = SECONDS
    with concurrency.permit():
        status, _ = somebody(lambda: ask("GET", "/admin/login/", "")).result(timeout=SECONDS / 2)

    assert status == 200
