"""Idempotency keys (https://docs.stripe.com/api/idempotent_requests): one executed answer per key, for 24 hours."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer
from findr.sandbox.ledger import Object, VendorLedger
from findr.sandbox.stripe.errors import StripeRefusal, bad_parameter, error_body

KIND = "_idempotency"
KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


def fingerprint(method: str, path: str, form: dict[str, Any]) -> str:
    """What makes two requests the same: path and parameters, in any order."""
    return hashlib.sha256(f"{method} {path} {json.dumps(form, sort_keys=True)}".encode()).hexdigest()


class IdempotencyKeys:
    """The keys that were used and the answers they got."""

    def __init__(self, ledger: VendorLedger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._busy: set[str] = set()

    def claim(self, key: str) -> None:
        """Take the key for a request; 409 while another request holds it."""
        if len(key) > LONGEST_KEY:
            raise bad_parameter(f"Idempotency keys are limited to {LONGEST_KEY} characters.")
        if key in self._busy:
            message = (
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                "submitted twice, and the other request is still going through). Please try again later."
            )
            body = error_body("invalid_request_error", message, code="idempotency_key_in_use")
            raise StripeRefusal(409, body, executed=False)
        self._busy.add(key)

    def let_go(self, key: str) -> None:
        """The request is over."""
        self._busy.discard(key)

    def replay(self, key: str, wanted: str) -> Answer | None:
        """The stored answer, or None for a new key; 400 if the key was used for another request."""
        self._prune()
        stored = self._ledger.get(KIND, key)
        if stored is None:
            return None
        if stored["fingerprint"] != wanted:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise StripeRefusal(400, error_body("idempotency_error", message), executed=False)
        headers = {**stored["headers"], "Idempotent-Replayed": "true"}
        return Answer(stored["status"], stored["body"].encode(), headers, replayed=True)

    def store(self, key: str, wanted: str, answer: Answer) -> None:
        """Remember the first executed answer."""
        record: Object = {
            "id": key,
            "at": self._clock.now(),
            "fingerprint": wanted,
            "status": answer.status,
            "headers": {"Original-Request": answer.headers.get("Request-Id", "")},
            "body": answer.body.decode(),
        }
        self._ledger.put(KIND, record)

    def _prune(self) -> None:
        oldest = self._clock.now() - KEPT_SECONDS
        gone = []
        for key, record in self._ledger.all(KIND).items():
            if record["at"] > oldest:
                break
            gone.append(key)
        for key in gone:
            self._ledger.drop(KIND, key)

    def reset(self) -> None:
        """Let go of every key held."""
        self._busy.clear()
