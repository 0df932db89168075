"""What tests of telling people begin with."""

import pytest
from letterbox import Letterbox


@pytest.fixture
def letterbox(stage, settings):
    """Notifications are sent into it."""
    settings.TRANSPORTS = {**settings.TRANSPORTS, "push": "letterbox.Letterbox"}
    Letterbox.empty()
    yield Letterbox
    Letterbox.empty()
