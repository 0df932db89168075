"""Pushes as the sandbox gets them."""

from collections.abc import Callable
from typing import Any

import pytest

from notifications.push.message import PushMessage

PHONE = "phone-of-pat:0001"


@pytest.fixture
def message() -> Callable[..., PushMessage]:
    """A push to Pat's phone, with changes."""

    def make(**changes: Any) -> PushMessage:
        said = {
            "address": PHONE,
            "is_installation": False,
            "title": "Booking Confirmed",
            "body": "Your appointment with Ridge PT is confirmed",
            "data": {"type": "booking_confirmed"},
            "collapse_id": "9f2d7c41",
            "ttl": 86400,
            "badge": 1,
        }
        return PushMessage(**(said | changes))

    return make
