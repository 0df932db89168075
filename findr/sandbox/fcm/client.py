"""FCM as tests and commands control it: ``SandboxClient.fcm``."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from findr.sandbox.vendor_client import Object, VendorClient

SEND, TOKEN = "messages.send", "oauth.token"


class FcmControl(VendorClient):
    """Phones, what was sent to them, and how FCM treats its caller."""

    def messages(self, address: str = "") -> list[Object]:
        """What was sent to a device, or to all, oldest first: ``id``, ``address``, ``sent_at`` and ``message``."""
        answer = self.control("GET", f"messages?{urlencode({'address': address})}")
        return cast("list[Object]", answer["messages"])

    def banners(self, address: str) -> list[Object]:
        """What a phone shows now: messages that collapse are one, and one whose time is over is gone."""
        answer = self.control("GET", f"banners?{urlencode({'address': address})}")
        return cast("list[Object]", answer["banners"])

    def unregister(self, address: str) -> None:
        """The app was deleted from the phone: sending to it answers UNREGISTERED."""
        self.control("POST", "devices", {"address": address, "registered": False})

    def register(self, address: str) -> None:
        """It is there again."""
        self.control("POST", "devices", {"address": address, "registered": True})

    def give_to(self, address: str, project: str) -> None:
        """The device belongs to another project: sending to it answers SENDER_ID_MISMATCH."""
        self.control("POST", "devices", {"address": address, "project": project})

    def kill_account(self) -> None:
        """The service account's key is revoked, and every token with it."""
        self.control("POST", "account", {"alive": False})

    def revive_account(self) -> None:
        """The key is good again."""
        self.control("POST", "account", {"alive": True})

    def quota(self, messages: int | None, seconds: float = 60) -> None:
        """How many messages the project may send in any so many seconds; None: any number."""
        self.control("POST", "quota", {"messages": messages, "seconds": seconds})

    def fail(self, status: int, code: str | None = None, *, address: str = "*", **rule: Any) -> None:
        """Answer messages to a device with an error of FCM's; ``rule``: more of ``CallRule``."""
        code_given = {"code": code} if code else {}
        self.misbehave(
            {"action": "status", "status": status, "operation": SEND, "account": address, **code_given, **rule}
        )

    def fail_tokens(self, status: int, code: str | None = None, **rule: Any) -> None:
        """Answer the token endpoint with an error."""
        code_given = {"code": code} if code else {}
        self.misbehave({"action": "status", "status": status, "operation": TOKEN, **code_given, **rule})

    def calls(self, operation: str = SEND, address: str | None = None) -> list[Object]:
        """The log's entries of one operation, about one device or all."""
        found = cast("list[Object]", self._call("GET", "/__log?since=0")["calls"])
        return [
            call
            for call in found
            if call["vendor"] == self._name and call["operation"] == operation and address in (None, call["account"])
        ]
