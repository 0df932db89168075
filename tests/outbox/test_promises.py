"""A job exists exactly when the change does that promised it, in a worker too."""

import pytest
from cast import promised
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from findr.outbox.jobs import promise, promise_each
from findr.outbox.worker import own_connector
from findr.transactions import before_commit, durable


class Undone(Exception):
    pass


def change(*, undone):
    with transaction.atomic():
        promise("bookings.process_event", event_id="evt_1")
        promise_each("bookings.process_event", [{"event_id": "evt_2"}, {"event_id": "evt_3"}])
        if undone:
            raise Undone


@pytest.mark.lesson(33)
def test_what_is_rolled_back_has_promised_nothing_in_a_worker_either(transactional_db):
    """Found by killed workers: there the queue has connections of its own, on which a job outlived its change."""
    with app.replace_connector(own_connector()):
        with pytest.raises(Undone):
            change(undone=True)
        assert promised() == []
        change(undone=False)

    assert promised() == ["bookings.process_event"] * 3
    with pytest.raises(Undone):
        change(undone=True)
    assert len(promised()) == 3


@durable
def service(*, undone=False):
    promise("bookings.process_event", event_id="evt_1")
    with transaction.atomic():
        promise("bookings.run_operation", operation_id="1")
        transaction.set_rollback(True)
    promise("calendars.sync_event", event_id="2")
    before_commit(lambda: promise("calendars.read_mirror", connection_id="3"))
    if undone:
        raise Undone


def test_what_a_service_promises_is_written_at_its_end_in_one_statement(transactional_db):
    """But for what stands in a savepoint, which may be undone alone."""
    with pytest.raises(Undone):
        service(undone=True)
    assert promised() == []

    with CaptureQueriesContext(connection) as captured:
        service()

    statements = [query["sql"] for query in captured if "INTO procrastinate_jobs" in query["sql"]]
    assert sorted(promised()) == ["bookings.process_event", "calendars.read_mirror", "calendars.sync_event"]
    assert ["bookings.run_operation" in one for one in statements] == [True, False]
