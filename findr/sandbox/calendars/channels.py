"""Who is told when a calendar changes: Google's watch channels and Graph's subscriptions, in the vendor's ledger.

A channel is ``{id, account, calendar, url, token, expires, extra}``; ``calendar`` is the ledger's id of it, ``expires`` in
seconds since the epoch. Each change of a calendar is a push to each of its channels, delivered by the engine of
``findr.sandbox.deliveries``, so that pushes can be held, dropped, delayed and doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.deliveries.control import delivery_routes
from findr.sandbox.deliveries.engine import Deliveries
from findr.sandbox.deliveries.notice import Notice, Parcel, Policy, Spoils
from findr.sandbox.exchange import Misused, Request, given_fields
from findr.sandbox.ledger import Object
from findr.sandbox.vendor import Context, ControlRoutes

CHANNEL, PUSH = "_channel", "_push"
CHANGED = "changed"
FORGED = "of-somebody-else"
# Who answers 2xx has been told; else it is tried again for a while.
POLICY = Policy(retry_seconds=(1.0, 5.0))
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ACCOUNT: dict[str, type] = {"account": str}

# A channel, and the push ``{id, channel, number, type, about}``, as a vendor writes it.
Letter = Callable[[Object, Object], Parcel]


class Channels:
    """The channels of one vendor; supplies the deliveries with pushes. A forged one has another token."""

    spoils: ClassVar[tuple[str, ...]] = ("forge",)

    def __init__(self, context: Context, calendars: Calendars, letter: Letter) -> None:
        self._ledger = context.ledger
        self._clock = context.clock
        self._letter = letter
        self.deliveries = Deliveries(context.ledger, self, POLICY)
        calendars.changed = self._changed

    def open(self, channel: Object) -> Object:
        """Tell this channel from now on."""
        self._ledger.put(CHANNEL, {"pushes": 0, "extra": {}, **channel})
        return self._ledger.all(CHANNEL)[channel["id"]]

    def get(self, identity: str) -> Object | None:
        """A channel that is open, as long as it has not expired."""
        channel = self._ledger.get(CHANNEL, identity)
        return channel if channel and channel["expires"] > self._clock.now() else None

    def all(self) -> list[Object]:
        """Those that are open."""
        return [one for one in self._ledger.all(CHANNEL).values() if one["expires"] > self._clock.now()]

    def change(self, channel: Object, **fields: Any) -> Object:
        """Another end, perhaps."""
        self._ledger.put(CHANNEL, {**channel, **fields})
        return self._ledger.all(CHANNEL)[channel["id"]]

    def close(self, channel: Object) -> None:
        """Nobody is told any more."""
        self._ledger.drop(CHANNEL, channel["id"])

    def tell(self, channel: Object, kind: str, about: str = "") -> None:
        """One push of this kind."""
        number = channel["pushes"] + 1
        self.change(channel, pushes=number)
        push = {"id": f"{channel['id']}:{number}", "channel": channel["id"], "number": number, "type": kind}
        self._ledger.put(PUSH, {**push, "about": about})
        self.deliveries.announce(_notice(self._ledger.all(PUSH)[push["id"]]))

    def _changed(self, calendar: Object, event: Object) -> None:
        for channel in self.all():
            if channel["calendar"] == calendar["id"]:
                self.tell(channel, CHANGED, str(event["id"]))

    # --- For the deliveries ---------------------------------------------------------------------------------------------
    def find(self, identity: str) -> Notice | None:
        """A push that was made."""
        push = self._ledger.get(PUSH, identity)
        return _notice(push) if push else None

    def parcel(self, notice: Notice, spoils: Spoils) -> Parcel | None:
        """In the vendor's shape; None once its channel is closed or over."""
        push, channel = self._ledger.get(PUSH, notice.id), self.get(notice.to)
        if push is None or channel is None:
            return None
        return self._letter({**channel, "token": FORGED} if "forge" in spoils else channel, push)

    def expected(self, notice: Notice) -> None:
        """Nobody counts them."""

    def settled(self, notice: Notice, *, delivered: bool) -> None:
        """Nobody counts them."""

    # --- For the control interface --------------------------------------------------------------------------------------
    def routes(self) -> ControlRoutes:
        """What is open, ends that come early, and the deliveries."""
        return {
            ("GET", "channels"): lambda _request: {"channels": self.all()},
            ("POST", "channels/expire"): self._expire,
            **delivery_routes(self.deliveries, "pushes"),
        }

    def _expire(self, request: Request) -> Any:
        return {"expired": [self.change(one, expires=self._clock.now())["id"] for one in self.of_account(request)]}

    def of_account(self, request: Request) -> Iterator[Object]:
        """The open channels of the account that a control request names."""
        account = given_fields(request, ACCOUNT, "channels").get("account")
        if not account:
            raise Misused("Say which account.")
        return (one for one in self.all() if one["account"] == account)


def is_address(url: str) -> bool:
    """Whether pushes can go there: https, or a loopback address, for which nobody has a certificate."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _notice(push: Object) -> Notice:
    return Notice(push["id"], push["type"], push["channel"], push["about"] or None)
