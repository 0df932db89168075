"""What is set about accounts through the control interface, beside what the calendars know of them."""

from __future__ import annotations

from findr.sandbox.ledger import VendorLedger
from findr.sandbox.oauth.settings import Rotation

PERSONAL, SETTING = "_personal", "_setting"


class Accounts:
    """Which accounts are personal ones, and what a refresh does to the token before it."""

    def __init__(self, ledger: VendorLedger) -> None:
        self._ledger = ledger

    def make_personal(self, account: str) -> None:
        """It is an outlook.com account, not one of an organisation."""
        self._ledger.put(PERSONAL, {"id": account})

    def is_personal(self, account: str) -> bool:
        """Whether it was made one."""
        return self._ledger.get(PERSONAL, account) is not None

    def personal(self) -> list[str]:
        """All personal ones."""
        return list(self._ledger.all(PERSONAL))

    @property
    def rotation(self) -> Rotation:
        """As the real platform does it: a new refresh token each time, and the old one works on for a while."""
        kept = self._ledger.get(SETTING, "rotation")
        return Rotation(kept["how"]) if kept else Rotation.KEEPS_OLD

    @rotation.setter
    def rotation(self, how: Rotation) -> None:
        self._ledger.put(SETTING, {"id": "rotation", "how": how.value})
