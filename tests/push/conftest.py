"""Phones of the cast, and pushes as the sandbox gets them."""

from collections.abc import Callable
from typing import Any

import pytest

from notifications.models import Delivery
from notifications.push.message import PushMessage
from notifications.services import delivering

PHONE = "phone-of-pat:0001"
TABLET = "tablet-of-pat:0002"
DESK = "desk-of-ridge:0001"


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


@pytest.fixture
def phones(patient: Any, provider: Any) -> None:
    """Pat has a phone and a tablet, Ridge has a desk."""
    for person, address in ((patient, PHONE), (patient, TABLET), (provider, DESK)):
        assert person.post("/api/users/fcm-token", {"token": address}).status == 200


@pytest.fixture
def sweep() -> Callable[[], None]:
    """What the worker does every five seconds."""
    return lambda: delivering.send_all(delivering.open_deliveries(Delivery.Transport.PUSH))


@pytest.fixture
def deliveries() -> Callable[..., list[tuple[str, str]]]:
    """State, and reason or error, of every push delivery of these filters, oldest first."""

    def ended(**filters: Any) -> list[tuple[str, str]]:
        rows = Delivery.objects.filter(transport="push", **filters).order_by("created_at", "id")
        return [(row.state, row.reason or row.error) for row in rows]

    return ended
