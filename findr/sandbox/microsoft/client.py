"""Microsoft as tests and commands control it: ``SandboxClient.microsoft``."""

from __future__ import annotations

from findr.sandbox.calendars.client import CalendarClient
from findr.sandbox.microsoft.mailbox import calendar_id


class MicrosoftControl(CalendarClient):
    """People's mailboxes at Microsoft, and how Graph treats its callers."""

    asks_busy = "getSchedule"
    says_unknown = "ErrorMailRecipientNotFound"

    def personal(self, account: str) -> None:
        """The account is a personal one (outlook.com), of which Graph serves less."""
        self.control("POST", "personal", {"account": account})

    def rotate(self, *, old_stays: bool) -> None:
        """Whether a refresh token works on after it was used (as at the real one, for a while) or not."""
        self.control("POST", "rotation", {"old_stays": old_stays})

    def at_once(self, most: int | None) -> None:
        """How many calls about one mailbox may be under way; None: any number. It is four, as at the real one."""
        self.control("POST", "at-once", {"most": most})

    def lifecycle(self, account: str, event: str) -> None:
        """Each subscription of an account is told of its own life: ``missed``, ``reauthorizationRequired`` and the like."""
        self.control("POST", "lifecycle", {"account": account, "event": event})

    def calendar_id(self, account: str, calendar: str = "primary") -> str:
        """Graph's id of a calendar that the rest of this client names as it was added."""
        return calendar_id(account if calendar == "primary" else calendar)
