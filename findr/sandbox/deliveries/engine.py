"""Delivers notices: a task for each, so that no API answer waits, with retries and a log."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from findr.sandbox.deliveries.notice import Notice, Parcel, Policy, Spoils, Supplier
from findr.sandbox.deliveries.post import NoAnswer, post
from findr.sandbox.deliveries.rules import DeliveryRule, DeliveryRules
from findr.sandbox.exchange import Misused
from findr.sandbox.ledger import VendorLedger
from findr.sandbox.numbered_log import NumberedLog, Stopwatch

# Notices on their way, by id: what was not delivered before a restart is sent after it.
WAITING = "_delivery"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of a notice. A spoilt one is tried once only."""

    notice: Notice
    spoils: Spoils = field(default_factory=dict)


class Deliveries:
    """Everything of one vendor that is on its way out."""

    def __init__(self, ledger: VendorLedger, supplier: Supplier, policy: Policy | None = None) -> None:
        self.spoils = supplier.spoils
        self.rules = DeliveryRules(self.spoils)
        self.log = NumberedLog()
        self._ledger = ledger
        self._supplier = supplier
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, None] = {}
        self._batches: dict[int, list[Delivery]] = {}
        self.use(policy or Policy())

    def use(self, policy: Policy) -> None:
        """Deliver in this manner from now on."""
        self._policy = policy
        self._slots = asyncio.Semaphore(policy.at_once)

    def start(self) -> None:
        """Send again what was on its way when the sandbox last ended."""
        for identity in list(self._ledger.all(WAITING)):
            notice = self._supplier.find(identity)
            if notice and self._supplier.parcel(notice, {}):
                self._run(self._send([Delivery(notice)]))

    def announce(self, notice: Notice) -> None:
        """Send what has just happened, as far as the rules let us."""
        self._expect(notice)
        plan = self.rules.plan(notice)
        delivery = Delivery(notice, plan.spoils)
        if plan.dropped:
            self._ledger.drop(WAITING, notice.id)
        elif plan.held:
            self._held[notice.id] = None
        elif plan.batch:
            self._gather(plan.batch, [delivery] * plan.copies)
        else:
            for _ in range(plan.copies):
                self._run(self._send([delivery], plan.delay))

    def _expect(self, notice: Notice) -> None:
        self._supplier.expected(notice)
        self._ledger.put(WAITING, {"id": notice.id})

    def _gather(self, rule: DeliveryRule, deliveries: list[Delivery]) -> None:
        batch = self._batches.setdefault(id(rule), [])
        batch.extend(deliveries)
        if len({one.notice.id for one in batch}) >= rule.count:
            self._run(self._send(self._batches.pop(id(rule))[::-1]))

    def send(
        self, ids: list[str] | None = None, *, copies: int = 1, reverse: bool = False, spoils: Spoils | None = None
    ) -> list[str]:
        """Send these notices (all that are held back) now, each after the one before was answered; gives their ids."""
        identities = list(self._held) if ids is None else ids
        notices = [self._sendable(identity) for identity in (identities[::-1] if reverse else identities)]
        deliveries = [Delivery(notice, spoils or {}) for notice in notices for _ in range(copies)]
        for notice in notices if not spoils else ():
            self._held.pop(notice.id, None)
            self._expect(notice)
        self._run(self._send(deliveries))
        return [notice.id for notice in notices]

    def _sendable(self, identity: str) -> Notice:
        notice = self._supplier.find(identity)
        if notice is None:
            raise Misused(f"There is nothing to send under the id {identity}.")
        if self._supplier.parcel(notice, {}) is None:
            raise Misused(f"There is nobody to send {identity} to.")
        return notice

    def behave(self) -> None:
        """Drop every rule; what was being gathered for another order is held back."""
        self.rules.clear()
        for batch in self._batches.values():
            self._held.update(dict.fromkeys(one.notice.id for one in batch))
        self._batches.clear()

    def state(self) -> dict[str, Any]:
        """What is held back, what is under way, delayed or to be tried again, and the rules in force."""
        return {
            "held": list(self._held),
            "gathering": sum(len(batch) for batch in self._batches.values()),
            "under_way": len(self._tasks),
            "rules": [asdict(rule) for rule in self.rules.all if rule.times != 0],
        }

    def reset(self) -> None:
        """Drop everything that is pending and forget the rest."""
        for task in self._tasks:
            task.cancel()
        for memory in (self._tasks, self._held, self._batches, self.rules):
            memory.clear()
        self.log.reset()
        self.use(self._policy)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, deliveries: Iterable[Delivery], delay: float = 0.0) -> None:
        """Send one after the other; what is refused is tried again without holding up the next."""
        await asyncio.sleep(delay)
        for one in deliveries:
            status = await self._attempt(one, 1)
            if one.spoils:
                self._held[one.notice.id] = None
            elif self._tries_again(one.notice, status):
                self._run(self._try_again(one))
            else:
                self._settle(one.notice, status)

    async def _try_again(self, delivery: Delivery) -> None:
        status = None
        for number, pause in enumerate(self._policy.retry_seconds, start=2):
            await asyncio.sleep(pause)
            status = await self._attempt(delivery, number)
            if not self._tries_again(delivery.notice, status):
                break
        self._settle(delivery.notice, status)

    def _tries_again(self, notice: Notice, status: int | None) -> bool:
        wanted = not _accepted(status) and self._policy.tries_again_after(status)
        return wanted and self._supplier.parcel(notice, {}) is not None

    async def _attempt(self, delivery: Delivery, number: int) -> int | None:
        """The status with which it was answered, None if it was not."""
        async with self._slots:
            parcel = self._supplier.parcel(delivery.notice, delivery.spoils)
            if parcel is None:
                return None
            entry, watch = self._open(delivery.notice, parcel, number), Stopwatch()
            try:
                entry["status"], entry["said"] = await post(
                    parcel.url, parcel.body, parcel.headers, self._policy.timeout_seconds
                )
            except NoAnswer as error:
                entry["error"] = str(error)
            watch.stop(entry)
        status: int | None = entry["status"]
        return status

    def _open(self, notice: Notice, parcel: Parcel, number: int) -> dict[str, Any]:
        silent = {"status": None, "said": None, "error": None}
        return self.log.open(**asdict(notice), attempt=number, url=parcel.url, **parcel.noted, **silent)

    def _settle(self, notice: Notice, status: int | None) -> None:
        """It arrived, or is given up; another copy of it may still be under way."""
        self._supplier.settled(notice, delivered=_accepted(status))
        self._ledger.drop(WAITING, notice.id)
        self._ledger.commit()


def _accepted(status: int | None) -> bool:
    return 200 <= (status or 0) < 300
