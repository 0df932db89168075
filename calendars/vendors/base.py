"""What findr needs of a calendar vendor: consent, tokens, busy times and events. Plain data in and out.

Adapters hold no state: tokens come with each call and no client outlives it, so one practice's credentials can never serve
another (lesson 29). Each call ends within `seconds` of wall clock, retries nothing and refreshes nothing: who calls decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from calendars.vendors.channels import ChannelRequest, OpenedChannel
from findr.vendors.errors import VendorError


@dataclass(frozen=True)
class Consent:
    """Where somebody is sent to give consent, and what must be kept until they come back (JSON values)."""

    url: str
    kept: dict[str, object]


@dataclass(frozen=True)
class Tokens:
    """What the vendor issued. `refresh_token` is blank if the old one stays in use."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """What a code was exchanged for: tokens, and whose account it is."""

    tokens: Tokens
    email: str
    is_personal: bool = False


@dataclass(frozen=True)
class Access:
    """What a call needs to be made on somebody's behalf."""

    token: str = field(repr=False)
    email: str
    is_personal: bool = False


@dataclass(frozen=True)
class VendorCalendar:
    """One calendar of an account."""

    id: str
    name: str
    is_primary: bool
    can_write: bool


@dataclass(frozen=True)
class BusyInterval:
    """[start, end), both UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class EventDraft:
    """An event as it should be.

    Attributes:
        key: our name for it, lower-case letters and digits of base32hex: the same visit always has the same, so that it
            can be found and is never made twice.
        timezone: the practice's IANA zone, for those who look at it.
    """

    key: str
    title: str
    description: str
    start: datetime
    end: datetime
    timezone: str


@dataclass(frozen=True)
class VendorEvent:
    """An event of ours as it stands at the vendor. `key` is ours (`EventDraft.key`)."""

    id: str
    key: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class MirroredEvent:
    """An event, or one occurrence of a series, as a mirror keeps it.

    Attributes:
        busy: None if it makes nobody busy (any more).
        series_id: of the series that it is an occurrence of.
    """

    id: str
    busy: BusyInterval | None = None
    series_id: str = ""


@dataclass(frozen=True)
class CalendarChanges:
    """What a calendar holds, or what has changed in it; `cursor` is where to go on from, the vendor's own."""

    events: list[MirroredEvent]
    cursor: str


class CalendarError(VendorError):
    """A call came to nothing. `code` is what is written down, and what staff read."""

    code: ClassVar[str] = "unavailable"
    retryable_by_default: ClassVar[bool] = True

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=self.retryable_by_default)


class Unavailable(CalendarError):
    """A time-out, a broken connection, a 5xx, an answer that makes no sense: nobody knows; it may work later."""


class NotConfigured(CalendarError):
    """findr has no client of its own at this vendor."""

    code, retryable_by_default = "not_configured", False


class RateLimited(CalendarError):
    """429, or Google's 403 of the same meaning. `retry_after`: seconds that the vendor wants to be left alone."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TokenRefused(CalendarError):
    """401: the access token is no good (any more). A fresh one may be."""

    code = "token_refused"


class GrantDead(CalendarError):
    """`invalid_grant` and its like: consent is gone, and only its owner can give it again."""

    code, retryable_by_default = "needs_reauth", False


class Forbidden(CalendarError):
    """403: the grant does not cover this, or the account's administrator forbids it."""

    code, retryable_by_default = "forbidden", False


class CalendarMissing(CalendarError):
    """The vendor does not know this calendar, or does not say a word about it."""

    code, retryable_by_default = "calendar_missing", False


class CursorGone(CalendarError):
    """The vendor cannot tell any more what has changed since (410), or too much has: read it from the beginning."""

    code = "cursor_gone"


class EventMissing(CalendarError):
    """The vendor has no such event (any more)."""

    code, retryable_by_default = "event_missing", False


class Rejected(CalendarError):
    """Another 4xx: the vendor has decided, and it will say the same again."""

    code, retryable_by_default = "rejected", False


class ExchangeFailed(CalendarError):
    """A code could not be exchanged for tokens."""

    code, retryable_by_default = "exchange_failed", False


class ConsentNarrowed(CalendarError):
    """Somebody allowed less than findr needs (lesson 52). `missing` names the scopes."""

    code, retryable_by_default = "access_denied", False

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"Not allowed: {', '.join(missing)}")
        self.missing = tuple(missing)


class CalendarVendor(Protocol):
    """One vendor. Every method but the first two calls it, and raises a CalendarError when it comes to nothing."""

    def is_configured(self) -> bool:
        """Whether findr has a client of its own there."""
        ...

    def consent(self, state: str) -> Consent:
        """Where to send somebody who wants to connect an account. Raises NotConfigured."""
        ...

    def exchange_code(self, kept: Mapping[str, object], answer: Mapping[str, str], *, seconds: float) -> Grant:
        """Tokens for the code of a callback.

        Args:
            kept: of the `Consent`.
            answer: the callback's parameters.

        Raises:
            ConsentNarrowed, ExchangeFailed, Unavailable
        """
        ...

    def refresh(self, refresh_token: str, *, seconds: float) -> Tokens:
        """A fresh access token. Raises GrantDead, Unavailable, RateLimited."""
        ...

    def revoke(self, refresh_token: str, *, seconds: float) -> None:
        """Take back the grant, where the vendor has a call for it; nothing if it is gone already."""
        ...

    def list_calendars(self, access: Access, *, seconds: float) -> list[VendorCalendar]:
        """The account's calendars, the primary one first."""
        ...

    def busy(
        self, access: Access, calendars: Sequence[str], start: datetime, end: datetime, *, seconds: float
    ) -> list[BusyInterval]:
        """When the owner is busy within [start, end), in these calendars together (lessons 25, 47): one call.

        Raises:
            CalendarMissing: not every calendar was answered for. Nothing at all is never "free".
        """
        ...

    def read_events(
        self, access: Access, calendar: str, start: datetime, end: datetime, *, seconds: float
    ) -> CalendarChanges:
        """Whatever overlaps [start, end), each occurrence of a series by itself; busy as `busy` has it (lesson 47)."""
        ...

    def read_changes(self, access: Access, calendar: str, cursor: str, *, seconds: float) -> CalendarChanges:
        """What has changed since a reading that gave this cursor. Some of it may lie outside of what was read then.

        Raises:
            CursorGone
        """
        ...

    def watch(self, access: Access, calendar: str, asked: ChannelRequest, *, seconds: float) -> OpenedChannel:
        """Have the vendor tell of changes of a calendar, for some days: nobody renews it."""
        ...

    def stop_watching(self, access: Access, channel: str, vendor_id: str, *, seconds: float) -> None:
        """Have it told no more; nothing if it is over already."""
        ...

    def create_event(self, access: Access, calendar: str, draft: EventDraft, *, seconds: float) -> str:
        """Write an event, without attendees; gives its id at the vendor. One that is there already is brought up to date."""
        ...

    def update_event(self, access: Access, calendar: str, event_id: str, draft: EventDraft, *, seconds: float) -> None:
        """Make it as the draft says. Raises EventMissing."""
        ...

    def delete_event(self, access: Access, calendar: str, event_id: str, *, seconds: float) -> None:
        """Delete it; nothing if it is gone already."""
        ...

    def find_event(self, access: Access, calendar: str, key: str, *, seconds: float) -> VendorEvent | None:
        """The event that bears our key; None if there is none, or it was deleted."""
        ...

    def our_events(
        self, access: Access, calendar: str, start: datetime, end: datetime, *, seconds: float
    ) -> list[VendorEvent]:
        """Every event of ours that begins within [start, end): for the books."""
        ...
