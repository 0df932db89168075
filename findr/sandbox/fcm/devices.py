"""Phones: whether FCM still knows them, what was sent to each, and what its owner sees of it."""

from __future__ import annotations

from findr.sandbox.clock import Clock
from findr.sandbox.fcm.errors import FcmRefusal
from findr.sandbox.ledger import Object, VendorLedger

DEVICE, MESSAGE, COUNTER = "device", "message", "counter"


class Devices:
    """Every well-formed address is a phone of the project, until its app is deleted or it belongs to another project."""

    def __init__(self, ledger: VendorLedger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def send(self, address: str, message: Object, project: str, *, validate_only: bool) -> str:
        """Deliver one message; the name that FCM gives it.

        Raises:
            FcmRefusal: UNREGISTERED, SENDER_ID_MISMATCH
        """
        device = self._ledger.get(DEVICE, address) or {}
        if device.get("project", project) != project:
            raise FcmRefusal(403, "SenderId mismatch", "SENDER_ID_MISMATCH")
        if not device.get("registered", True):
            raise FcmRefusal(404, "Requested entity was not found.", "UNREGISTERED")
        if validate_only:
            return f"projects/{project}/messages/fake_message_id"
        number = self._next_number()
        name = f"projects/{project}/messages/{number}"
        sent = {"id": name, "address": address, "sent_at": self._clock.now(), "message": message}
        self._ledger.put(MESSAGE, sent)
        return name

    def _next_number(self) -> int:
        counter = {"id": MESSAGE, "last": (self._ledger.get(COUNTER, MESSAGE) or {"last": 0})["last"] + 1}
        self._ledger.put(COUNTER, counter)
        return int(counter["last"])

    def change(self, address: str, **facts: object) -> Object:
        """``registered`` False: the app was deleted. ``project``: another one's, so that this one may not send to it."""
        device = {**(self._ledger.get(DEVICE, address) or {"registered": True}), "id": address, **facts}
        self._ledger.put(DEVICE, device)
        return device

    def messages(self, address: str = "") -> list[Object]:
        """What was sent to a phone, or to all, oldest first."""
        if not address:
            return list(self._ledger.all(MESSAGE).values())
        return list(self._ledger.newest_first(MESSAGE, address=address))[::-1]

    def banners(self, address: str) -> list[Object]:
        """What the phone's owner sees now: of those that collapse the latest, and none whose time is over."""
        shown: dict[str, Object] = {}
        for sent in self.messages(address):
            key = (sent["message"].get("android") or {}).get("collapseKey") or sent["id"]
            shown.pop(key, None)
            shown[key] = sent
        return [one for one in shown.values() if self._lasts(one)]

    def _lasts(self, sent: Object) -> bool:
        ttl = (sent["message"].get("android") or {}).get("ttl")
        return ttl is None or self._clock.now() <= sent["sent_at"] + ttl

    def view(self) -> dict[str, Object]:
        """The phones that something is known of, and every message by its name."""
        return {"devices": self._ledger.all(DEVICE), "messages": self._ledger.all(MESSAGE)}
