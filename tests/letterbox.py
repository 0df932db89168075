"""A transport of the tests' own: two boxes for each recipient, and a vendor that takes, refuses or asks to come later."""

from uuid import NAMESPACE_URL, uuid5

from notifications.models import Delivery


class Letterbox:
    """Keeps what it is sent. `answers` are raised one after the other before anything is taken."""

    sent: list[Delivery] = []
    answers: list[Exception] = []
    boxes = ("hall", "desk")

    @classmethod
    def empty(cls):
        cls.sent, cls.answers = [], []

    def owed(self, notification):
        """Boxes have ids of their own, the same each time."""
        ids = [uuid5(NAMESPACE_URL, f"{notification.recipient}/{box}") for box in self.boxes]
        about = {"notification": notification, "booking_id": notification.booking_id, "transport": "push"}
        return [Delivery(device_id=one, **about) for one in ids]

    def send(self, delivery):
        if self.answers:
            raise self.answers.pop(0)
        self.sent.append(delivery)
        return f"letter {len(self.sent)}"
