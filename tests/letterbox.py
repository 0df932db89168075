"""A transport of the tests' own: two boxes for each recipient, and a vendor that takes, refuses or asks to come later."""

from uuid import NAMESPACE_URL, uuid5

from notifications.models import Delivery


class Letterbox:
    """Keeps what it is sent. `answers` are given one after the other; None takes it, and at a SystemExit the process ends."""

    sent: list[Delivery] = []
    answers: list[Exception] = []
    boxes = ("hall", "desk")

    @classmethod
    def empty(cls):
        cls.sent, cls.answers = [], []

    def owed(self, notifications):
        """Boxes have ids of their own, the same each time."""
        return [
            Delivery(
                device_id=uuid5(NAMESPACE_URL, f"{notification.recipient}/{box}"),
                notification=notification,
                booking_id=notification.booking_id,
                transport="push",
            )
            for notification in notifications
            for box in self.boxes
        ]

    def send_each(self, deliveries):
        for delivery in deliveries:
            answer = self.answers.pop(0) if self.answers else None
            if isinstance(answer, SystemExit):
                raise answer
            yield {delivery.id: answer or self.take(delivery)}

    def take(self, delivery):
        self.sent.append(delivery)
        return f"letter {len(self.sent)}"
