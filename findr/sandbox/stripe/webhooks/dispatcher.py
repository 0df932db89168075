"""Sends events to the endpoint: a task for each, so that no API answer waits, with Stripe's retries and a log."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import asdict, dataclass
from typing import Any

from findr.sandbox.clock import Clock
from findr.sandbox.ledger import Ledger, Object
from findr.sandbox.stripe.webhooks.endpoint import Endpoint, signature
from findr.sandbox.stripe.webhooks.post import NoAnswer, post
from findr.sandbox.stripe.webhooks.rules import Rule, Rules
from findr.sandbox.wire import Misused

# Events on their way, by id: what was not delivered before a restart is sent after it.
WAITING = "_webhook"
LOG_CAPACITY = 20_000
FORGER = "whsec_of_somebody_else"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of an event. A spoilt one (forged, or signed for another moment) is tried once only."""

    event: Object
    forged: bool = False
    shifted_seconds: int = 0

    @property
    def spoilt(self) -> bool:
        """Whether an honest receiver refuses it."""
        return self.forged or self.shifted_seconds != 0


class Webhooks:
    """Everything about events on their way out."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.started_with = Endpoint()
        self.rules = Rules()
        self._ledger = ledger
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._forget()

    def _forget(self) -> None:
        self._held: dict[str, None] = {}
        self._batches: dict[int, list[Delivery]] = {}
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_CAPACITY)
        self._count = 0
        self.use(self.started_with)

    def use(self, endpoint: Endpoint) -> None:
        """Send to this endpoint from now on."""
        self.endpoint = endpoint
        self._slots = asyncio.Semaphore(endpoint.at_once)

    def start_with(self, endpoint: Endpoint) -> None:
        """Send to this endpoint, after a reset too."""
        self.started_with = endpoint
        self.use(endpoint)

    def start(self) -> None:
        """Send again what was on its way when the sandbox last ended."""
        waiting = [self._ledger.get("event", identity) for identity in self._ledger.all(WAITING)]
        for event in waiting:
            if event and self.endpoint.url:
                self._run(self._send([Delivery(event)]))

    def announce(self, event: Object) -> None:
        """Send an event that has just happened, as far as the rules let us."""
        if not self.endpoint.wants(event["type"]):
            return
        self._expect(event)
        plan = self.rules.plan(event["type"])
        delivery = Delivery(event, plan.forged, plan.shifted_seconds)
        if plan.dropped:
            self._ledger.drop(WAITING, event["id"])
        elif plan.held:
            self._held[event["id"]] = None
        elif plan.batch:
            self._gather(plan.batch, [delivery] * plan.copies)
        else:
            for _ in range(plan.copies):
                self._run(self._send([delivery], plan.delay))

    def _expect(self, event: Object) -> None:
        event["pending_webhooks"] = 1
        self._ledger.put("event", event)
        self._ledger.put(WAITING, {"id": event["id"]})

    def _gather(self, rule: Rule, deliveries: list[Delivery]) -> None:
        batch = self._batches.setdefault(id(rule), [])
        batch.extend(deliveries)
        if len({one.event["id"] for one in batch}) >= rule.count:
            self._run(self._send(self._batches.pop(id(rule))[::-1]))

    def send(
        self,
        events: list[str] | None = None,
        *,
        copies: int = 1,
        reverse: bool = False,
        forged: bool = False,
        shifted_seconds: int = 0,
    ) -> list[str]:
        """Send these events (all that are held back) now, each after the one before was answered; gives their ids."""
        if self.endpoint.url is None:
            raise Misused("There is no endpoint to send to.")
        identities = list(self._held) if events is None else events
        chosen = [self._ledger.get("event", identity) for identity in (identities[::-1] if reverse else identities)]
        found = [event for event in chosen if event]
        if len(found) < len(chosen):
            raise Misused("There is no such event.")
        deliveries = [Delivery(event, forged, shifted_seconds) for event in found for _ in range(copies)]
        for event in found:
            if not (forged or shifted_seconds):
                self._held.pop(event["id"], None)
                self._expect(event)
        self._run(self._send(deliveries))
        return [event["id"] for event in found]

    def behave(self) -> None:
        """Drop every rule; what was being gathered for another order is held back."""
        self.rules.clear()
        for batch in self._batches.values():
            self._held.update(dict.fromkeys(one.event["id"] for one in batch))
        self._batches.clear()

    def state(self) -> dict[str, Any]:
        """The endpoint, what is held back, what is under way, delayed or to be tried again, and the rules in force."""
        return {
            "endpoint": asdict(self.endpoint),
            "held": list(self._held),
            "gathering": sum(len(batch) for batch in self._batches.values()),
            "under_way": len(self._tasks),
            "rules": [asdict(rule) for rule in self.rules.all if rule.times != 0],
        }

    def since(self, number: int) -> list[dict[str, Any]]:
        """The remembered attempts whose ``n`` is greater than the number."""
        return [entry for entry in self._log if entry["n"] > number]

    def reset(self) -> None:
        """Drop everything that is pending and forget the rest; the endpoint is the one of the start again."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.rules.clear()
        self._forget()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, deliveries: list[Delivery], delay: float = 0.0) -> None:
        """Send one after the other; what is refused is tried again without holding up the next."""
        await asyncio.sleep(delay)
        for one in deliveries:
            accepted = await self._attempt(one, 1)
            if one.spoilt:
                self._held[one.event["id"]] = None
            elif accepted:
                self._settle(one.event, delivered=True)
            else:
                self._run(self._try_again(one))

    async def _try_again(self, delivery: Delivery) -> None:
        accepted = False
        for number, pause in enumerate(self.endpoint.retry_seconds, start=2):
            await asyncio.sleep(pause)
            accepted = await self._attempt(delivery, number)
            if accepted:
                break
        self._settle(delivery.event, delivered=accepted)

    async def _attempt(self, delivery: Delivery, number: int) -> bool:
        """Whether the endpoint answered 2xx."""
        endpoint, event = self.endpoint, delivery.event
        if endpoint.url is None:
            return False
        async with self._slots:
            payload = json.dumps(event, indent=2).encode()
            at = self._clock.now() + delivery.shifted_seconds
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": signature(payload, FORGER if delivery.forged else endpoint.secret, at),
                "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            }
            entry = self._open(delivery, number, at)
            started = time.perf_counter()
            try:
                answer = await post(endpoint.url, payload, headers, endpoint.timeout_seconds)
                entry["status"], entry["said"] = answer
            except NoAnswer as error:
                entry["error"] = str(error)
            entry["duration_ms"] = round((time.perf_counter() - started) * 1000, 3)
        return 200 <= (entry["status"] or 0) < 300

    def _open(self, delivery: Delivery, number: int, at: int) -> dict[str, Any]:
        self._count += 1
        event = delivery.event
        entry = {
            "n": self._count,
            "at": time.time(),
            "event": event["id"],
            "type": event["type"],
            "object": event["data"]["object"].get("id"),
            "attempt": number,
            "url": self.endpoint.url,
            "timestamp": at,
            "forged": delivery.forged,
            "shifted_seconds": delivery.shifted_seconds,
            "status": None,
            "said": None,
            "error": None,
            "duration_ms": None,
        }
        self._log.append(entry)
        return entry

    def _settle(self, event: Object, *, delivered: bool) -> None:
        """The event arrived, or is given up; another copy of it may still be under way."""
        if delivered and self._ledger.get("event", event["id"]):
            event["pending_webhooks"] = 0
            self._ledger.put("event", event)
        self._ledger.drop(WAITING, event["id"])
        self._ledger.commit()
