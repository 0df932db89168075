"""One web process for each module, whose waits are short."""

import pytest
from web import started

SHORT = {"SOCKET_LOOK_SECONDS": "0.3", "SOCKET_AUTHENTICATE_SECONDS": "1"}


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, tmp_path_factory, request):
    """The Procfile's `all`, or the process and the settings that its module names."""
    log, process = tmp_path_factory.mktemp("live") / "log", getattr(request.module, "PROCESS", "all")
    variables = SHORT | getattr(request.module, "SETTINGS", {})
    with django_db_blocker.unblock(), started(log, process, **variables) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_is_on_its_way(stage):
    """What a test announced has left before the next one counts from 1 again."""
    from notifications.realtime.broadcast import wait_until_sent

    yield
    assert wait_until_sent(10)
