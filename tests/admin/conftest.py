"""Browsers of the cast: the staff member's, signed in, and everybody else's."""

from contextlib import contextmanager
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.test import Client


@pytest.fixture
def console(staff):
    """The staff member's browser, signed in to the staff console; forms need their CSRF token."""
    client = Client()
    client.force_login(staff.user)
    return client


@pytest.fixture
def rival():
    """Somebody else, on another connection, who does something in a transaction and keeps it open for the block."""

    @contextmanager
    def at_work(step):
        ready, over = Event(), Event()

        def work():
            try:
                with transaction.atomic():
                    step()
                    ready.set()
                    over.wait(20)
            finally:
                connection.close()

        thread = Thread(target=work)
        thread.start()
        assert ready.wait(10)
        try:
            yield
        finally:
            over.set()
            thread.join()

    return at_work
