"""Many people with a phone each, all told of one booking; and an FCM that refuses some of them, each once or for ever."""

from collections import Counter

from django.db import transaction

from bookings.pushes import to_patient
from findr.accounts.models import User
from notifications.models import Delivery, Device
from notifications.models.device import hash_of
from notifications.services import Frame, publish

# Of a thousand phones: how many FCM knows no more, and to how many it says first 429 and 500.
SHARES = {"dead": 20, "quota": 30, "error": 20}
RETRY_AFTER = 2


def kind_of(index):
    """What becomes of this phone's first message; the kinds are spread over all of them."""
    place = index * 7 % 1000
    for kind, share in SHARES.items():
        if place < share:
            return kind
        place -= share
    return "fine"


def make_crowd(number):
    """Their accounts, each with one phone."""
    people = User.objects.bulk_create(
        User(email=f"crowd{index}@example.test", role="patient", first_name="Lo", last_name="Ad")
        for index in range(number)
    )
    addresses = [f"crowd:{index:05}:{kind_of(index)}" for index in range(number)]
    Device.objects.bulk_create(
        Device(address=address, address_hash=hash_of(address), kind="token", recipient=user.id, recipient_type="User")
        for user, address in zip(people, addresses, strict=True)
    )
    return people, addresses


def misbehave(fcm, addresses):
    """So many phones are gone, and so many first messages are refused; how many of each kind."""
    counts = Counter(address.rpartition(":")[2] for address in addresses)
    for address in addresses:
        if address.endswith(":dead"):
            fcm.unregister(address)
    fcm.fail(429, address="crowd:*:quota", times=counts["quota"], headers={"Retry-After": str(RETRY_AFTER)})
    fcm.fail(500, address="crowd:*:error", times=counts["error"])
    return counts


def tell(people, booking):
    """One change's transaction: frame and notification of each of them, and the promise that these are delivered."""
    push = to_patient("booking_pending", booking)
    with transaction.atomic():
        publish(Frame(one.id, "booking_pending", booking.id, {"message": "", "data": {}}, push) for one in people)


def outcomes():
    """How many pushes stand in each state."""
    return dict(Counter(Delivery.objects.filter(transport="push").values_list("state", flat=True)))
