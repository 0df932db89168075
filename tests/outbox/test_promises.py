"""A job exists exactly when the change does that promised it, in a worker too."""

import pytest
from cast import promised
from django.db import transaction
from procrastinate.contrib.django import app

from findr.outbox.jobs import promise, promise_each
from findr.outbox.worker import own_connector


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
